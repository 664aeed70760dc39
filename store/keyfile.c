/* SPDX-License-Identifier: Apache-2.0 */
#include "store/keyfile.h"

#include <sodium.h>

#include "proto/base/assert.h"
#include "proto/base/hash.h"
#include "proto/base/reader.h"
#include "proto/base/writer.h"

#define PH_KEYFILE_MAGIC "posthorn key 1"
#define PH_TAG           crypto_aead_xchacha20poly1305_ietf_ABYTES

/* A file is believed within these bounds only, so that a forged one cannot make us take all memory.
 */
#define PH_PASSES_MAX 16
#define PH_MEMORY_MAX (UINT64_C(1) << 30)

_Static_assert(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES == 24, "nonce");
_Static_assert(crypto_pwhash_SALTBYTES == 16, "salt");

size_t ph__secret_len(enum ph_secret_kind kind)
{
    switch (kind) {
    case PH_SECRET_NODE:
    case PH_SECRET_ORG:
    case PH_SECRET_STEWARD:
        return 64;
    case PH_SECRET_STORE:
    case PH_SECRET_TRANSPORT:
    case PH_SECRET_READING:
    case PH_SECRET_PERSON:
        return 32;
    }
    return 32;
}

static enum ph_err derive(uint8_t key[static 32], const struct ph__keyfile *file,
                          const uint8_t *store_key, struct ph_bytes passphrase, struct ph_why *why)
{
    if (file->wrap == PH_WRAP_STORE_KEY) {
        uint8_t kind = (uint8_t)file->kind;
        struct ph_bytes piece = ph_bytes(&kind, 1);
        struct ph_hash hash = ph_hash_keyed("wrap secret", store_key, &piece, 1);
        memcpy(key, hash.b, 32);
        ph_wipe(&hash, sizeof(hash));
        return PH_OK;
    }
    const char *text = passphrase.n ? (const char *)passphrase.p : "";
    if (crypto_pwhash(key, 32, text, passphrase.n, file->salt, file->passes, (size_t)file->memory,
                      crypto_pwhash_ALG_ARGON2ID13) != 0) {
        enum ph_err err = ph_fail(why, PH_ERR_NOMEM, "no memory to check the passphrase");
        ph_hint(why, "It takes %llu MiB.", (unsigned long long)(file->memory >> 20));
        return err;
    }
    return PH_OK;
}

static enum ph_err write_head(struct ph_buf *out, const struct ph__keyfile *file)
{
    struct ph_writer w = ph_writer(out);
    ph_write_array(&w, 8);
    ph_write_str(&w, PH_KEYFILE_MAGIC);
    ph_write_uint(&w, (uint64_t)file->kind);
    ph_write_bin(&w, ph_bytes(file->public_key, 32));
    ph_write_uint(&w, (uint64_t)file->wrap);
    if (file->wrap == PH_WRAP_PASSPHRASE)
        ph_write_bin(&w, ph_bytes(file->salt, sizeof(file->salt)));
    else
        ph_write_nil(&w);
    ph_write_uint(&w, file->passes);
    ph_write_uint(&w, file->memory);
    if (file->wrap == PH_WRAP_PLAIN)
        ph_write_nil(&w);
    else
        ph_write_bin(&w, ph_bytes(file->nonce, sizeof(file->nonce)));
    return ph_writer_end(&w);
}

static enum ph_err seal_secret(uint8_t *out, size_t *out_n, const struct ph__keyfile *file,
                               struct ph_bytes head, const uint8_t *secret,
                               const uint8_t *store_key, struct ph_bytes passphrase,
                               struct ph_why *why)
{
    size_t n = ph__secret_len(file->kind);
    if (file->wrap == PH_WRAP_PLAIN) {
        memcpy(out, secret, n);
        *out_n = n;
        return PH_OK;
    }
    uint8_t key[32];
    enum ph_err err = derive(key, file, store_key, passphrase, why);
    if (!err)
        crypto_aead_xchacha20poly1305_ietf_encrypt(out, NULL, secret, n, head.p, head.n, NULL,
                                                   file->nonce, key);
    ph_wipe(key, sizeof(key));
    *out_n = n + PH_TAG;
    return err;
}

enum ph_err ph__keyfile_seal(struct ph_buf *out, enum ph_secret_kind kind, enum ph__wrap wrap,
                             const uint8_t public_key[static 32], const uint8_t *secret,
                             const uint8_t *store_key, struct ph_bytes passphrase,
                             struct ph_why *why)
{
    struct ph__keyfile file = {.kind = kind, .wrap = wrap};
    uint8_t sealed[64 + PH_TAG];
    size_t n = 0;
    memcpy(file.public_key, public_key, 32);
    if (wrap == PH_WRAP_PASSPHRASE) {
        randombytes_buf(file.salt, sizeof(file.salt));
        file.passes = crypto_pwhash_OPSLIMIT_MODERATE;
        file.memory = crypto_pwhash_MEMLIMIT_MODERATE;
    }
    if (wrap != PH_WRAP_PLAIN)
        randombytes_buf(file.nonce, sizeof(file.nonce));
    struct ph_buf head = ph_buf(PH_KEYFILE_MAX);
    enum ph_err err = write_head(&head, &file);
    if (!err)
        err =
            seal_secret(sealed, &n, &file, ph_buf_bytes(&head), secret, store_key, passphrase, why);
    if (!err) {
        struct ph_writer w = ph_writer(out);
        ph_write_array(&w, 2);
        ph_write_raw(&w, ph_buf_bytes(&head));
        ph_write_bin(&w, ph_bytes(sealed, n));
        err = ph_writer_end(&w);
    }
    ph_wipe(sealed, sizeof(sealed));
    ph_buf_done(&head);
    return err;
}

static void read_fields(struct ph__keyfile *out, struct ph_reader *r)
{
    ph_read_array_exact(r, 8);
    struct ph_bytes magic = ph_read_text(r, 32);
    if (!ph_bytes_equal(magic, ph_bytes_str(PH_KEYFILE_MAGIC)))
        ph_read_fail(r, PH_ERR_FORMAT, "not a key file of this version");
    out->kind = (enum ph_secret_kind)ph_read_uint(r, PH_SECRET_PERSON);
    ph_read_bin_exact(r, out->public_key, 32);
    out->wrap = (enum ph__wrap)ph_read_uint(r, PH_WRAP_PASSPHRASE);
    if (out->wrap == PH_WRAP_PASSPHRASE)
        ph_read_bin_exact(r, out->salt, sizeof(out->salt));
    else if (!ph_read_nil(r))
        ph_read_fail(r, PH_ERR_FORMAT, "salt without a passphrase");
    out->passes = ph_read_uint(r, PH_PASSES_MAX);
    out->memory = ph_read_uint(r, PH_MEMORY_MAX);
    if (out->wrap != PH_WRAP_PLAIN)
        ph_read_bin_exact(r, out->nonce, sizeof(out->nonce));
    else if (!ph_read_nil(r))
        ph_read_fail(r, PH_ERR_FORMAT, "nonce without a seal");
}

enum ph_err ph__keyfile_parse(struct ph__keyfile *out, enum ph_secret_kind kind,
                              struct ph_bytes bytes, struct ph_why *why)
{
    struct ph__keyfile file = {.kind = PH_SECRET_STORE, .wrap = PH_WRAP_PLAIN};
    struct ph_reader r = ph_reader(bytes);
    ph_read_array_exact(&r, 2);
    file.head = ph_read_raw(&r);
    file.secret = ph_read_bin(&r, 64 + PH_TAG);
    struct ph_why inner = {.code = PH_OK};
    enum ph_err err = ph_reader_end(&r, &inner);
    if (!err) {
        struct ph_reader h = ph_reader(file.head);
        read_fields(&file, &h);
        err = ph_reader_end(&h, &inner);
    }
    if (err)
        return ph_fail(why, PH_ERR_CORRUPT, "not a key file, or damaged: %.120s", inner.what);
    size_t n = ph__secret_len(kind) + (file.wrap == PH_WRAP_PLAIN ? 0 : PH_TAG);
    if (file.kind != kind || file.secret.n != n ||
        (file.wrap == PH_WRAP_PLAIN) != (kind == PH_SECRET_STORE))
        return ph_fail(why, PH_ERR_CORRUPT, "holds another kind of key than its name says");
    *out = file;
    return PH_OK;
}

enum ph_err ph__keyfile_open(uint8_t *out, const struct ph__keyfile *file, const uint8_t *store_key,
                             struct ph_bytes passphrase, struct ph_why *why)
{
    if (file->wrap == PH_WRAP_PLAIN) {
        memcpy(out, file->secret.p, file->secret.n);
        return PH_OK;
    }
    PH_ASSERT(store_key || file->wrap == PH_WRAP_PASSPHRASE);
    uint8_t key[32];
    enum ph_err err = derive(key, file, store_key, passphrase, why);
    if (!err && crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, file->secret.p,
                                                           file->secret.n, file->head.p,
                                                           file->head.n, file->nonce, key) != 0)
        err = file->wrap == PH_WRAP_PASSPHRASE
                  ? ph_fail(why, PH_ERR_PASS, "wrong passphrase")
                  : ph_fail(why, PH_ERR_KEY, "was made under another store key, or is damaged");
    ph_wipe(key, sizeof(key));
    return err;
}
