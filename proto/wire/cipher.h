/* SPDX-License-Identifier: Apache-2.0
 *
 * One direction of an established Noise session: a key, a nonce that only goes up,
 * ChaCha20-Poly1305.
 *
 * This is the CipherState of the Noise specification (revision 34, section 5.1), with no associated
 * data, as its transport messages have none. The nonce never repeats and never wraps: 2^64-1 is
 * kept for REKEY, and a cipher that has reached it refuses to go on. A failed decryption leaves the
 * nonce where it was; the session is over then in any case. Made by ph_noise_split(), used by
 * frame.c. */
#ifndef PH_WIRE_CIPHER_H
#define PH_WIRE_CIPHER_H

#include "proto/base/error.h"

/** Key and next nonce of one direction. Wipe with ph_cipher_done(). */
struct ph_cipher {
    uint8_t key[32];
    uint64_t nonce;
};

/** A cipher with @key and nonce 0. */
void ph_cipher_init(struct ph_cipher *cipher, const uint8_t key[static 32]);
/** Wipes the key. Takes zeroed and already done ciphers. */
void ph_cipher_done(struct ph_cipher *cipher);

/** Encrypt @plain and put the PH_NOISE_TAG bytes of tag behind it.
 *
 * @out  plain.n + PH_NOISE_TAG bytes; may be the same memory as @plain, for work in place.
 *
 * PH_ERR_LIMIT  the nonce has run out: the session needs a new handshake; nothing was written */
enum ph_err ph_cipher_encrypt(struct ph_cipher *cipher, uint8_t *out, struct ph_bytes plain);

/** Decrypt @sealed, which ends in its tag.
 *
 * @out  sealed.n - PH_NOISE_TAG bytes; may be the same memory as @sealed. Zeroed on PH_ERR_FORGED.
 *
 * PH_ERR_TRUNCATED  shorter than a tag
 * PH_ERR_LIMIT      the nonce has run out
 * PH_ERR_FORGED     altered, replayed, out of order, or under another key */
enum ph_err ph_cipher_decrypt(struct ph_cipher *cipher, uint8_t *out, struct ph_bytes sealed);

/** Replace the key by REKEY(k): the first 32 bytes of ENCRYPT(k, 2^64-1, "", 32 zero bytes). The
 * nonce goes on (Noise, section 11.3), so both sides need to do it at the same message. */
void ph_cipher_rekey(struct ph_cipher *cipher);

/* With associated data, for the handshake only (noise.c). */
enum ph_err ph__cipher_encrypt(struct ph_cipher *cipher, struct ph_bytes ad, uint8_t *out,
                               struct ph_bytes plain);
enum ph_err ph__cipher_decrypt(struct ph_cipher *cipher, struct ph_bytes ad, uint8_t *out,
                               struct ph_bytes sealed);

#endif
