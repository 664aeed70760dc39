/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/wire/noise.h"

#include <sodium.h>

#include "proto/base/assert.h"
#include "proto/base/secret.h"

#define HASHLEN  64  /* BLAKE2b, Noise section 12.8 */
#define BLOCKLEN 128 /* likewise */
#define DHLEN    32

static const char PROTOCOL_NAME[] = "Noise_IK_25519_ChaChaPoly_BLAKE2b";
_Static_assert(sizeof(PROTOCOL_NAME) - 1 <= HASHLEN, "the name is h itself, zero-padded");

static void hash_two(uint8_t out[static HASHLEN], struct ph_bytes a, struct ph_bytes b)
{
    crypto_generichash_state state;

    crypto_generichash_init(&state, NULL, 0, HASHLEN);
    crypto_generichash_update(&state, a.p, a.n);
    crypto_generichash_update(&state, b.p, b.n);
    crypto_generichash_final(&state, out, HASHLEN);
    ph_wipe(&state, sizeof(state));
}

/* HMAC (RFC 2104) over BLAKE2b, as Noise asks for, not BLAKE2b's own keyed form. */
static void hmac(uint8_t out[static HASHLEN], const uint8_t key[static HASHLEN], struct ph_bytes a,
                 struct ph_bytes b)
{
    uint8_t pad[BLOCKLEN];
    uint8_t inner[HASHLEN];
    crypto_generichash_state state;

    memset(pad, 0x36, sizeof(pad));
    for (size_t i = 0; i < HASHLEN; i++)
        pad[i] ^= key[i];
    crypto_generichash_init(&state, NULL, 0, HASHLEN);
    crypto_generichash_update(&state, pad, sizeof(pad));
    crypto_generichash_update(&state, a.p, a.n);
    crypto_generichash_update(&state, b.p, b.n);
    crypto_generichash_final(&state, inner, HASHLEN);

    memset(pad, 0x5c, sizeof(pad));
    for (size_t i = 0; i < HASHLEN; i++)
        pad[i] ^= key[i];
    hash_two(out, ph_bytes(pad, sizeof(pad)), ph_bytes(inner, sizeof(inner)));

    ph_wipe(pad, sizeof(pad));
    ph_wipe(inner, sizeof(inner));
    ph_wipe(&state, sizeof(state));
}

/* Noise, section 4.3: HKDF with two outputs. */
static void hkdf2(uint8_t out1[static HASHLEN], uint8_t out2[static HASHLEN],
                  const uint8_t chaining_key[static HASHLEN], struct ph_bytes material)
{
    static const uint8_t one = 1, two = 2;
    uint8_t temp[HASHLEN];

    hmac(temp, chaining_key, material, ph_bytes(NULL, 0));
    hmac(out1, temp, ph_bytes(&one, 1), ph_bytes(NULL, 0));
    hmac(out2, temp, ph_bytes(out1, HASHLEN), ph_bytes(&two, 1));
    ph_wipe(temp, sizeof(temp));
}

static void mix_hash(struct ph_noise *hs, struct ph_bytes data)
{
    hash_two(hs->hash, ph_bytes(hs->hash, HASHLEN), data);
}

/* MixKey(DH(secret, public)). libsodium refuses a result of all zeros. */
static enum ph_err mix_dh(struct ph_noise *hs, const uint8_t secret[static DHLEN],
                          const uint8_t public_key[static DHLEN])
{
    uint8_t shared[DHLEN];
    uint8_t next[HASHLEN];
    uint8_t key[HASHLEN];

    if (crypto_scalarmult(shared, secret, public_key) != 0) {
        ph_wipe(shared, sizeof(shared));
        return PH_ERR_FORGED;
    }
    hkdf2(next, key, hs->chaining_key, ph_bytes(shared, sizeof(shared)));
    memcpy(hs->chaining_key, next, HASHLEN);
    ph_cipher_init(&hs->cipher, key);
    hs->has_key = true;
    ph_wipe(shared, sizeof(shared));
    ph_wipe(next, sizeof(next));
    ph_wipe(key, sizeof(key));
    return PH_OK;
}

/* EncryptAndHash. In IK every payload and static key is encrypted: a DH always comes before. */
static enum ph_err put_sealed(struct ph_noise *hs, struct ph_bytes plain, struct ph_buf *out)
{
    uint8_t *sealed;
    enum ph_err err;

    PH_ASSERT(hs->has_key);
    err = ph_buf_extend(out, plain.n + PH_NOISE_TAG, &sealed);
    if (err)
        return err;
    err = ph__cipher_encrypt(&hs->cipher, ph_bytes(hs->hash, HASHLEN), sealed, plain);
    if (err)
        return err;
    mix_hash(hs, ph_bytes(sealed, plain.n + PH_NOISE_TAG));
    return PH_OK;
}

/* DecryptAndHash; @plain holds sealed.n - PH_NOISE_TAG bytes and may not overlap @sealed, which is
 * hashed afterwards. */
static enum ph_err get_sealed(struct ph_noise *hs, struct ph_bytes sealed, uint8_t *plain)
{
    enum ph_err err;

    PH_ASSERT(hs->has_key);
    err = ph__cipher_decrypt(&hs->cipher, ph_bytes(hs->hash, HASHLEN), plain, sealed);
    if (err)
        return err;
    mix_hash(hs, sealed);
    return PH_OK;
}

/* Everything before the first message; IK's pre-message is the responder's static key. */
static void begin(struct ph_noise *hs, struct ph_bytes prologue, const uint8_t *own_secret,
                  const uint8_t *ephemeral_secret)
{
    memset(hs, 0, sizeof(*hs));
    memcpy(hs->hash, PROTOCOL_NAME, sizeof(PROTOCOL_NAME) - 1);
    memcpy(hs->chaining_key, hs->hash, HASHLEN);
    mix_hash(hs, prologue);
    memcpy(hs->own_secret, own_secret, DHLEN);
    memcpy(hs->ephemeral_secret, ephemeral_secret, DHLEN);
    crypto_scalarmult_base(hs->own_public, own_secret);
    crypto_scalarmult_base(hs->ephemeral_public, ephemeral_secret);
}

enum ph_err ph_noise_initiate(struct ph_noise *hs, struct ph_bytes prologue,
                              const uint8_t own_secret[static 32],
                              const struct ph_transport_key *remote,
                              const uint8_t ephemeral_secret[static 32], struct ph_why *why)
{
    if (!ph_x25519_is_valid(remote->b)) {
        memset(hs, 0, sizeof(*hs));
        return ph_fail(why, PH_ERR_KEY, "transport key of the node to call is not a valid key");
    }
    begin(hs, prologue, own_secret, ephemeral_secret);
    hs->initiator = true;
    hs->remote = *remote;
    hs->has_remote = true;
    mix_hash(hs, ph_bytes(remote->b, DHLEN));
    hs->state = PH_NOISE_WRITE1;
    return PH_OK;
}

enum ph_err ph_noise_respond(struct ph_noise *hs, struct ph_bytes prologue,
                             const uint8_t own_secret[static 32],
                             const uint8_t ephemeral_secret[static 32], struct ph_why *why)
{
    (void)why; /* nothing can fail yet; the argument is there so that callers treat both sides alike
                */
    begin(hs, prologue, own_secret, ephemeral_secret);
    mix_hash(hs, ph_bytes(hs->own_public, DHLEN));
    hs->state = PH_NOISE_READ1;
    return PH_OK;
}

/* -> e, es, s, ss, payload */
static enum ph_err write_message1(struct ph_noise *hs, struct ph_bytes payload, struct ph_buf *out)
{
    enum ph_err err;

    err = ph_buf_add(out, ph_bytes(hs->ephemeral_public, DHLEN));
    if (err)
        return err;
    mix_hash(hs, ph_bytes(hs->ephemeral_public, DHLEN));
    err = mix_dh(hs, hs->ephemeral_secret, hs->remote.b);
    if (err)
        return err;
    err = put_sealed(hs, ph_bytes(hs->own_public, DHLEN), out);
    if (err)
        return err;
    err = mix_dh(hs, hs->own_secret, hs->remote.b);
    if (err)
        return err;
    return put_sealed(hs, payload, out);
}

/* <- e, ee, se, payload */
static enum ph_err write_message2(struct ph_noise *hs, struct ph_bytes payload, struct ph_buf *out)
{
    enum ph_err err;

    err = ph_buf_add(out, ph_bytes(hs->ephemeral_public, DHLEN));
    if (err)
        return err;
    mix_hash(hs, ph_bytes(hs->ephemeral_public, DHLEN));
    err = mix_dh(hs, hs->ephemeral_secret, hs->remote_ephemeral);
    if (err)
        return err;
    err = mix_dh(hs, hs->ephemeral_secret, hs->remote.b);
    if (err)
        return err;
    return put_sealed(hs, payload, out);
}

/* The "e" token: the other side's ephemeral key, in clear. */
static enum ph_err read_ephemeral(struct ph_noise *hs, struct ph_bytes message)
{
    if (!ph_x25519_is_valid(message.p))
        return PH_ERR_KEY;
    memcpy(hs->remote_ephemeral, message.p, DHLEN);
    mix_hash(hs, ph_bytes(hs->remote_ephemeral, DHLEN));
    return PH_OK;
}

static enum ph_err read_message1(struct ph_noise *hs, struct ph_bytes message, uint8_t *payload)
{
    struct ph_transport_key remote;
    struct ph_bytes sealed_key = ph_bytes(message.p + DHLEN, DHLEN + PH_NOISE_TAG);
    size_t head = DHLEN + sealed_key.n;
    enum ph_err err;

    err = read_ephemeral(hs, message);
    if (err)
        return err;
    err = mix_dh(hs, hs->own_secret, hs->remote_ephemeral);
    if (err)
        return err;
    err = get_sealed(hs, sealed_key, remote.b);
    if (err)
        return err;
    if (!ph_x25519_is_valid(remote.b))
        return PH_ERR_KEY;
    err = mix_dh(hs, hs->own_secret, remote.b);
    if (err)
        return err;
    err = get_sealed(hs, ph_bytes(message.p + head, message.n - head), payload);
    if (err)
        return err;
    hs->remote = remote;
    hs->has_remote = true; /* only now is it proved that the sender holds it */
    return PH_OK;
}

static enum ph_err read_message2(struct ph_noise *hs, struct ph_bytes message, uint8_t *payload)
{
    enum ph_err err;

    err = read_ephemeral(hs, message);
    if (err)
        return err;
    err = mix_dh(hs, hs->ephemeral_secret, hs->remote_ephemeral);
    if (err)
        return err;
    err = mix_dh(hs, hs->own_secret, hs->remote_ephemeral);
    if (err)
        return err;
    return get_sealed(hs, ph_bytes(message.p + DHLEN, message.n - DHLEN), payload);
}

/* The handshake is over with an error: no second try, no secret left. */
static enum ph_err dead(struct ph_noise *hs, enum ph_err err, struct ph_why *why, const char *what)
{
    ph_noise_done(hs);
    return ph_fail(why, err, "handshake: %s: %s", what, ph_err_text(err));
}

enum ph_err ph_noise_write(struct ph_noise *hs, struct ph_bytes payload, struct ph_buf *out,
                           struct ph_why *why)
{
    size_t before = out->n;
    enum ph_err err;

    if (hs->state != PH_NOISE_WRITE1 && hs->state != PH_NOISE_WRITE2)
        return dead(hs, PH_ERR_PROTOCOL, why, "not our turn to write");
    if (payload.n > PH_HANDSHAKE_PAYLOAD_MAX)
        return dead(hs, PH_ERR_LIMIT, why, "payload to send");
    if (hs->state == PH_NOISE_WRITE1) {
        err = write_message1(hs, payload, out);
        hs->state = PH_NOISE_READ2;
    } else {
        err = write_message2(hs, payload, out);
        hs->state = PH_NOISE_SPLIT;
    }
    if (err) {
        out->n = before;
        return dead(hs, err, why, "cannot write");
    }
    return PH_OK;
}

enum ph_err ph_noise_read(struct ph_noise *hs, struct ph_bytes message, struct ph_buf *payload,
                          struct ph_why *why)
{
    bool first = hs->state == PH_NOISE_READ1;
    size_t least = first ? PH_NOISE_MESSAGE1_MIN : PH_NOISE_MESSAGE2_MIN;
    size_t before = payload->n;
    uint8_t *plain;
    enum ph_err err;

    if (!first && hs->state != PH_NOISE_READ2)
        return dead(hs, PH_ERR_PROTOCOL, why, "not their turn to write");
    if (message.n < least)
        return dead(hs, PH_ERR_TRUNCATED, why, "message");
    if (message.n - least > PH_HANDSHAKE_PAYLOAD_MAX)
        return dead(hs, PH_ERR_LIMIT, why, "message");
    err = ph_buf_extend(payload, message.n - least, &plain);
    if (err)
        return dead(hs, err, why, "payload");
    err = first ? read_message1(hs, message, plain) : read_message2(hs, message, plain);
    if (err) {
        payload->n = before;
        return dead(hs, err, why, first ? "message 1" : "message 2");
    }
    hs->state = first ? PH_NOISE_WRITE2 : PH_NOISE_SPLIT;
    return PH_OK;
}

const struct ph_transport_key *ph_noise_remote(const struct ph_noise *hs)
{
    return hs->has_remote ? &hs->remote : NULL;
}

bool ph_noise_is_complete(const struct ph_noise *hs)
{
    return hs->state == PH_NOISE_SPLIT;
}

void ph_noise_hash(const struct ph_noise *hs, uint8_t out[static 64])
{
    memcpy(out, hs->hash, HASHLEN);
}

enum ph_err ph_noise_split(struct ph_noise *hs, struct ph_cipher *tx, struct ph_cipher *rx)
{
    uint8_t key1[HASHLEN];
    uint8_t key2[HASHLEN];

    if (hs->state != PH_NOISE_SPLIT)
        return PH_ERR_PROTOCOL;
    hkdf2(key1, key2, hs->chaining_key, ph_bytes(NULL, 0));
    /* Noise, section 7.4: the first cipher is "for encrypting messages from the initiator". */
    ph_cipher_init(hs->initiator ? tx : rx, key1);
    ph_cipher_init(hs->initiator ? rx : tx, key2);
    ph_wipe(key1, sizeof(key1));
    ph_wipe(key2, sizeof(key2));
    ph_noise_done(hs);
    return PH_OK;
}

void ph_noise_done(struct ph_noise *hs)
{
    ph_wipe(hs, sizeof(*hs)); /* PH_NOISE_DEAD is 0 */
}
