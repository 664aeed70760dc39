/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/hash.h"

#include <stdlib.h>

#include "proto/base/assert.h"
#include "proto/base/secret.h"

_Static_assert(sizeof(struct ph_hash) == crypto_generichash_BYTES, "hashes are BLAKE2b-256");
_Static_assert(crypto_sign_BYTES == 64 && crypto_sign_PUBLICKEYBYTES == 32, "Ed25519");

/* "posthorn <name> 1" NUL. The NUL keeps one name from being the beginning of another. */
#define DOMAIN_HEAD     "posthorn "
#define DOMAIN_TAIL     " 1"
#define DOMAIN_NAME_MAX 32
#define DOMAIN_MAX      (sizeof(DOMAIN_HEAD) - 1 + DOMAIN_NAME_MAX + sizeof(DOMAIN_TAIL))

static size_t domain(uint8_t out[static DOMAIN_MAX], const char *name)
{
    size_t length = strlen(name);
    PH_ASSERT(length > 0 && length <= DOMAIN_NAME_MAX);
    uint8_t *p = out;
    memcpy(p, DOMAIN_HEAD, sizeof(DOMAIN_HEAD) - 1);
    p += sizeof(DOMAIN_HEAD) - 1;
    memcpy(p, name, length);
    p += length;
    memcpy(p, DOMAIN_TAIL, sizeof(DOMAIN_TAIL)); /* with its NUL */
    p += sizeof(DOMAIN_TAIL);
    return (size_t)(p - out);
}

static void begin(struct ph_hasher *h, const char *use, const uint8_t *key, size_t key_len)
{
    uint8_t prefix[DOMAIN_MAX];
    size_t n = domain(prefix, use);
    int rc = crypto_generichash_init(&h->state, key, key_len, sizeof(struct ph_hash));
    PH_ASSERT(rc == 0); /* fails for lengths out of range only */
    ph_hasher_add(h, ph_bytes(prefix, n));
}

void ph_hasher_init(struct ph_hasher *h, const char *use)
{
    begin(h, use, NULL, 0);
}

void ph_hasher_add(struct ph_hasher *h, struct ph_bytes bytes)
{
    int rc = crypto_generichash_update(&h->state, bytes.p, bytes.n);
    PH_ASSERT(rc == 0);
}

struct ph_hash ph_hasher_end(struct ph_hasher *h)
{
    struct ph_hash out;
    int rc = crypto_generichash_final(&h->state, out.b, sizeof(out.b));
    PH_ASSERT(rc == 0);
    ph_wipe(h, sizeof(*h)); /* the state may hold a key */
    return out;
}

static struct ph_hash finish(struct ph_hasher *h, const struct ph_bytes *pieces, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ph_hasher_add(h, pieces[i]);
    return ph_hasher_end(h);
}

struct ph_hash ph_hash_of(const char *use, const struct ph_bytes *pieces, size_t n)
{
    struct ph_hasher h;
    ph_hasher_init(&h, use);
    return finish(&h, pieces, n);
}

struct ph_hash ph_hash_one(const char *use, struct ph_bytes piece)
{
    return ph_hash_of(use, &piece, 1);
}

struct ph_hash ph_hash_keyed(const char *use, const uint8_t key[static 32],
                             const struct ph_bytes *pieces, size_t n)
{
    struct ph_hasher h;
    begin(&h, use, key, 32);
    return finish(&h, pieces, n);
}

/* The bytes that a signature covers: in @small where they fit, else allocated. libsodium's detached
 * signatures want them in one piece. NULL when memory runs out. */
struct message {
    uint8_t small[1024];
    uint8_t *large;
    const uint8_t *p;
    size_t n;
};

static bool message_init(struct message *m, const char *kind, const struct ph_hash *community,
                         struct ph_bytes bytes)
{
    static const struct ph_hash none;
    uint8_t prefix[DOMAIN_MAX];
    size_t n = domain(prefix, kind);
    size_t fixed = n + sizeof(none);
    if (bytes.n > SIZE_MAX - fixed)
        return false;
    m->n = fixed + bytes.n;
    m->large = m->n > sizeof(m->small) ? malloc(m->n) : NULL;
    if (m->n > sizeof(m->small) && !m->large)
        return false;
    uint8_t *p = m->large ? m->large : m->small;
    memcpy(p, prefix, n);
    memcpy(p + n, community ? community->b : none.b, sizeof(none));
    if (bytes.n)
        memcpy(p + fixed, bytes.p, bytes.n);
    m->p = p;
    return true;
}

static void message_done(struct message *m)
{
    free(m->large);
}

bool ph_sign(uint8_t out[static 64], const char *kind, const struct ph_hash *community,
             struct ph_bytes bytes, const uint8_t secret[static 64])
{
    struct message m;
    if (!message_init(&m, kind, community, bytes))
        return false;
    int rc = crypto_sign_detached(out, NULL, m.p, m.n, secret);
    message_done(&m);
    PH_ASSERT(rc == 0);
    return true;
}

enum ph_err ph_signature_check(const uint8_t signature[static 64], const char *kind,
                               const struct ph_hash *community, struct ph_bytes bytes,
                               const uint8_t public_key[static 32])
{
    struct message m;
    if (!message_init(&m, kind, community, bytes))
        return PH_ERR_NOMEM;
    int rc = crypto_sign_verify_detached(signature, m.p, m.n, public_key);
    message_done(&m);
    return rc == 0 ? PH_OK : PH_ERR_FORGED;
}

bool ph_signature_is_valid(const uint8_t signature[static 64], const char *kind,
                           const struct ph_hash *community, struct ph_bytes bytes,
                           const uint8_t public_key[static 32])
{
    return ph_signature_check(signature, kind, community, bytes, public_key) == PH_OK;
}
