/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/record/seal.h"

#include "proto/base/assert.h"
#include "proto/base/hash.h"
#include "proto/base/secret.h"

#define SIZES 8 /* u32 plain size || u32 zstd size */
#define TAG   crypto_aead_xchacha20poly1305_ietf_ABYTES
_Static_assert(sizeof(struct ph_nonce) == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce");
_Static_assert(sizeof(struct ph_hash) == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key");

struct ph_hash ph_key_commitment(const struct ph_audience_key *key)
{
    return ph_hash_one("key commitment", ph_bytes(key->b, sizeof(key->b)));
}

static bool is_framed(enum ph_record_type type)
{
    switch (type) {
    case PH_RECORD_CONTENT:
    case PH_RECORD_BLOB:
    case PH_RECORD_RECEIPT:
        return true;
    case PH_RECORD_GRANT:
    case PH_RECORD_RETRACT:
    case PH_RECORD_ANCHOR:
        return false;
    }
    return false;
}

static uint32_t plain_max(const struct ph_header *header)
{
    return header->type == PH_RECORD_BLOB ? PH_BLOB_PIECE_MAX : PH_PLAIN_MAX;
}

/* The commitment closes what XChaCha20-Poly1305 leaves open: one ciphertext that opens under two
 * keys to two readings. */
static enum ph_err check_key(const struct ph_header *header, const struct ph_audience_key *key,
                             struct ph_why *why)
{
    if (!is_framed(header->type))
        return ph_fail(why, PH_ERR_MISFIT, "the body of a %s record is not sealed",
                       ph_record_type_text(header->type));
    if (!ph_header_is_sealed(header))
        return key ? ph_fail(why, PH_ERR_KEY, "CLEAR has no key") : PH_OK;
    if (!key)
        return ph_fail(why, PH_ERR_KEY, "sealed, and there is no key for it");
    struct ph_hash commitment = ph_key_commitment(key);
    if (!header->has_key || !header->has_nonce ||
        !ph_hash_equal(&commitment, &header->key_commitment))
        return ph_fail(why, PH_ERR_KEY, "not the audience key that the header commits to");
    return PH_OK;
}

/* A key of its own for each record. The label is in it as well as in the associated data, so that a
 * body opens under no other label even for a reader that forgets the latter. */
static struct ph_hash record_key(const struct ph_header *header, const struct ph_audience_key *key)
{
    uint8_t label = (uint8_t)header->label;
    const struct ph_bytes pieces[] = {
        ph_bytes(&label, 1),
        ph_bytes(header->nonce.b, sizeof(header->nonce.b)),
    };
    return ph_hash_keyed("record key", key->b, pieces, PH_LEN(pieces));
}

/* Sizes, frame and, where it will be encrypted, zeros up to the Padmé length. */
static enum ph_err frame(struct ph_buf *out, struct ph_zstd *zstd, struct ph_bytes plain,
                         bool is_padded)
{
    uint8_t *sizes;
    enum ph_err err = ph_buf_extend(out, SIZES, &sizes);
    if (!err)
        err = ph_compress(out, zstd, plain);
    if (err)
        return err;
    sizes = out->p;
    ph_put_be32(sizes, (uint32_t)plain.n);
    ph_put_be32(sizes + 4, (uint32_t)(out->n - SIZES));
    if (!is_padded)
        return PH_OK;
    size_t more = (size_t)(ph_padme(out->n) - out->n);
    uint8_t *zeros;
    err = ph_buf_extend(out, more, &zeros);
    if (!err && more)
        memset(zeros, 0, more);
    return err;
}

static enum ph_err encrypt(struct ph_buf *out, const struct ph_header *header,
                           struct ph_bytes padded, const struct ph_audience_key *key)
{
    struct ph_buf aad = ph_buf(PH_HEADER_MAX);
    enum ph_err err = ph_header_encode_aad(&aad, header);
    uint8_t *to = NULL;
    if (!err)
        err = ph_buf_extend(out, padded.n + TAG, &to);
    if (!err) {
        struct ph_hash secret = record_key(header, key);
        unsigned long long n;
        int rc = crypto_aead_xchacha20poly1305_ietf_encrypt(to, &n, padded.p, padded.n, aad.p,
                                                            aad.n, NULL, header->nonce.b, secret.b);
        ph_wipe(&secret, sizeof(secret));
        PH_ASSERT(rc == 0 && n == padded.n + TAG);
    }
    ph_buf_done(&aad);
    return err;
}

enum ph_err ph_seal_with(struct ph_buf *out, struct ph_zstd *zstd, const struct ph_header *header,
                         struct ph_bytes plain, const struct ph_audience_key *key,
                         struct ph_why *why)
{
    enum ph_err err = check_key(header, key, why);
    if (err)
        return err;
    if (plain.n > plain_max(header))
        return ph_fail(why, PH_ERR_LIMIT, "plain body is %zu bytes, limit is %u", plain.n,
                       (unsigned)plain_max(header));
    struct ph_buf framed = ph_buf(key ? PH_BODY_MAX - TAG : PH_BODY_MAX);
    err = frame(&framed, zstd, plain, key != NULL);
    if (!err)
        err = key ? encrypt(out, header, ph_buf_bytes(&framed), key)
                  : ph_buf_add(out, ph_buf_bytes(&framed));
    ph_buf_wipe(&framed);
    if (err)
        return ph_fail(why, err, "cannot seal %zu bytes into a body of at most %d: %s", plain.n,
                       PH_BODY_MAX, ph_err_text(err));
    return PH_OK;
}

static enum ph_err decrypt(struct ph_buf *out, const struct ph_header *header,
                           struct ph_bytes sealed, const struct ph_audience_key *key,
                           struct ph_why *why)
{
    if (sealed.n < TAG)
        return ph_fail(why, PH_ERR_FORGED, "body is shorter than its tag");
    struct ph_buf aad = ph_buf(PH_HEADER_MAX);
    enum ph_err err = ph_header_encode_aad(&aad, header);
    uint8_t *to = NULL;
    if (!err)
        err = ph_buf_extend(out, sealed.n - TAG, &to);
    if (err) {
        err = ph_fail(why, err, "no memory to open a body");
    } else {
        struct ph_hash secret = record_key(header, key);
        if (crypto_aead_xchacha20poly1305_ietf_decrypt(to, NULL, NULL, sealed.p, sealed.n, aad.p,
                                                       aad.n, header->nonce.b, secret.b) != 0)
            err = ph_fail(why, PH_ERR_FORGED, "seal does not verify: body or header was altered");
        ph_wipe(&secret, sizeof(secret));
    }
    ph_buf_done(&aad);
    return err;
}

static bool is_zero(const uint8_t *p, size_t n)
{
    uint8_t any = 0;
    for (size_t i = 0; i < n; i++)
        any |= p[i];
    return any == 0;
}

static enum ph_err unframe(struct ph_buf *out, struct ph_zstd *zstd, const struct ph_header *header,
                           struct ph_bytes framed, bool is_padded, struct ph_why *why)
{
    if (framed.n < SIZES)
        return ph_fail(why, PH_ERR_FORMAT, "body is too short for its sizes");
    uint32_t plain_size = ph_get_be32(framed.p);
    uint32_t zstd_size = ph_get_be32(framed.p + 4);
    if (plain_size > plain_max(header))
        return ph_fail(why, PH_ERR_LIMIT, "plain body would be %u bytes, limit is %u",
                       (unsigned)plain_size, (unsigned)plain_max(header));
    uint64_t used = SIZES + (uint64_t)zstd_size;
    if (framed.n != (is_padded ? ph_padme(used) : used))
        return ph_fail(why, PH_ERR_FORMAT, "sizes in the body do not add up");
    if (!is_zero(framed.p + used, framed.n - (size_t)used))
        return ph_fail(why, PH_ERR_FORMAT, "padding is not zero");
    return ph_decompress(out, zstd, ph_bytes(framed.p + SIZES, zstd_size), plain_size, why);
}

enum ph_err ph_unseal_with(struct ph_buf *out, struct ph_zstd *zstd, const struct ph_header *header,
                           struct ph_bytes sealed, const struct ph_audience_key *key,
                           struct ph_why *why)
{
    enum ph_err err = check_key(header, key, why);
    if (err)
        return err;
    if (sealed.n > PH_BODY_MAX)
        return ph_fail(why, PH_ERR_LIMIT, "body is %zu bytes, limit is %d", sealed.n, PH_BODY_MAX);
    if (!key)
        return unframe(out, zstd, header, sealed, false, why);
    struct ph_buf framed = ph_buf(PH_BODY_MAX);
    err = decrypt(&framed, header, sealed, key, why);
    if (!err)
        err = unframe(out, zstd, header, ph_buf_bytes(&framed), true, why);
    ph_buf_wipe(&framed);
    return err;
}

enum ph_err ph_seal(struct ph_buf *out, const struct ph_header *header, struct ph_bytes plain,
                    const struct ph_audience_key *key, struct ph_why *why)
{
    struct ph_zstd zstd = {0};
    enum ph_err err = ph_seal_with(out, &zstd, header, plain, key, why);
    ph_zstd_done(&zstd);
    return err;
}

enum ph_err ph_unseal(struct ph_buf *out, const struct ph_header *header, struct ph_bytes sealed,
                      const struct ph_audience_key *key, struct ph_why *why)
{
    struct ph_zstd zstd = {0};
    enum ph_err err = ph_unseal_with(out, &zstd, header, sealed, key, why);
    ph_zstd_done(&zstd);
    return err;
}
