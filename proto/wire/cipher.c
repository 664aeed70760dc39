/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/wire/cipher.h"

#include <sodium.h>

#include "proto/base/limits.h"
#include "proto/base/secret.h"

_Static_assert(PH_NOISE_TAG == crypto_aead_chacha20poly1305_ietf_ABYTES, "Noise tags are 16 bytes");
_Static_assert(sizeof(((struct ph_cipher *)0)->key) == crypto_aead_chacha20poly1305_ietf_KEYBYTES,
               "Noise keys are 32 bytes");

/* Kept for REKEY: never a message's nonce. */
#define NONCE_REKEY UINT64_MAX

/* Noise, section 12.3: "The 96-bit nonce is formed by encoding 32 bits of zeros followed by
 * little-endian encoding of n." */
static void nonce_bytes(uint8_t out[static crypto_aead_chacha20poly1305_ietf_NPUBBYTES], uint64_t n)
{
    memset(out, 0, 4);
    for (unsigned i = 0; i < 8; i++)
        out[4 + i] = (uint8_t)(n >> (8 * i));
}

void ph_cipher_init(struct ph_cipher *cipher, const uint8_t key[static 32])
{
    memcpy(cipher->key, key, sizeof(cipher->key));
    cipher->nonce = 0;
}

void ph_cipher_done(struct ph_cipher *cipher)
{
    ph_wipe(cipher, sizeof(*cipher));
}

enum ph_err ph__cipher_encrypt(struct ph_cipher *cipher, struct ph_bytes ad, uint8_t *out,
                               struct ph_bytes plain)
{
    uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];

    if (cipher->nonce == NONCE_REKEY)
        return PH_ERR_LIMIT;
    nonce_bytes(nonce, cipher->nonce);
    crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, plain.p, plain.n, ad.p, ad.n, NULL, nonce,
                                              cipher->key);
    cipher->nonce++;
    return PH_OK;
}

enum ph_err ph__cipher_decrypt(struct ph_cipher *cipher, struct ph_bytes ad, uint8_t *out,
                               struct ph_bytes sealed)
{
    uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];

    if (sealed.n < PH_NOISE_TAG)
        return PH_ERR_TRUNCATED;
    if (cipher->nonce == NONCE_REKEY)
        return PH_ERR_LIMIT;
    nonce_bytes(nonce, cipher->nonce);
    if (crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed.p, sealed.n, ad.p, ad.n,
                                                  nonce, cipher->key) != 0)
        return PH_ERR_FORGED;
    cipher->nonce++;
    return PH_OK;
}

enum ph_err ph_cipher_encrypt(struct ph_cipher *cipher, uint8_t *out, struct ph_bytes plain)
{
    return ph__cipher_encrypt(cipher, ph_bytes(NULL, 0), out, plain);
}

enum ph_err ph_cipher_decrypt(struct ph_cipher *cipher, uint8_t *out, struct ph_bytes sealed)
{
    return ph__cipher_decrypt(cipher, ph_bytes(NULL, 0), out, sealed);
}

void ph_cipher_rekey(struct ph_cipher *cipher)
{
    static const uint8_t zeros[32];
    uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];
    uint8_t out[sizeof(zeros) + PH_NOISE_TAG];

    nonce_bytes(nonce, NONCE_REKEY);
    crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, zeros, sizeof(zeros), NULL, 0, NULL, nonce,
                                              cipher->key);
    memcpy(cipher->key, out, sizeof(cipher->key));
    ph_wipe(out, sizeof(out));
}
