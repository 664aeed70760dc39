/* SPDX-License-Identifier: Apache-2.0
 *
 * The few words that every other file speaks: byte views, milliseconds, attributes.
 *
 * Nothing here allocates or fails. A `struct ph_bytes` is a view: it never owns, is never freed,
 * and is good only as long as what it looks at. Times are milliseconds since 1970 (UTC) unless a
 * name says `mono`, which is milliseconds of a monotonic clock with an arbitrary start. */
#ifndef PH_BASE_BASE_H
#define PH_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* C11 readers of these headers have no [[nodiscard]]; C23 builds do, and dropping an error stops
 * them. */
#if defined(__STDC_VERSION__) && __STDC_VERSION__ > 201710L
#    define PH_NODISCARD [[nodiscard]]
#else
#    define PH_NODISCARD
#endif

/** Lets the compiler check a printf format: @f is the format's argument number, @a the first
 * value's. */
#define PH_PRINTF(f, a) __attribute__((format(printf, f, a)))

/** Number of elements of a real array (not of a pointer). */
#define PH_LEN(array) (sizeof(array) / sizeof((array)[0]))

#define PH_MIN(a, b)  ((a) < (b) ? (a) : (b))
#define PH_MAX(a, b)  ((a) > (b) ? (a) : (b))

/** Milliseconds since 1970-01-01T00:00:00Z, or of a monotonic clock where the name says so. */
typedef uint64_t ph_ms;

/** No deadline: later than everything. */
#define PH_NEVER_MS UINT64_MAX

/** A view of @n bytes at @p. @p may be NULL when @n is 0. Never owned, never freed. */
struct ph_bytes {
    const uint8_t *p;
    size_t n;
};

static inline struct ph_bytes ph_bytes(const void *p, size_t n)
{
    return (struct ph_bytes){.p = (const uint8_t *)p, .n = n};
}

/** View of a NUL-terminated string, without its NUL. */
static inline struct ph_bytes ph_bytes_str(const char *s)
{
    return ph_bytes(s, s ? strlen(s) : 0);
}

/** Equality of public bytes; secrets are compared with ph_secret_equal(). */
static inline bool ph_bytes_equal(struct ph_bytes a, struct ph_bytes b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/** A BLAKE2b-256 hash of public data: of a document, a body, a header. */
struct ph_hash {
    uint8_t b[32];
};

static inline bool ph_hash_equal(const struct ph_hash *a, const struct ph_hash *b)
{
    return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

static inline bool ph_hash_is_zero(const struct ph_hash *a)
{
    static const struct ph_hash zero;
    return ph_hash_equal(a, &zero);
}

/** A record's id: `created` as 6 bytes big-endian, then 26 bytes of the header's hash. Sorts by
 * time. */
struct ph_id {
    uint8_t b[32];
};

static inline int ph_id_cmp(const struct ph_id *a, const struct ph_id *b)
{
    return memcmp(a->b, b->b, sizeof(a->b));
}

static inline bool ph_id_equal(const struct ph_id *a, const struct ph_id *b)
{
    return ph_id_cmp(a, b) == 0;
}

/** The `created` time that an id begins with. */
static inline ph_ms ph_id_created(const struct ph_id *id)
{
    ph_ms ms = 0;
    for (size_t i = 0; i < 6; i++)
        ms = ms << 8 | id->b[i];
    return ms;
}

/* Big-endian numbers of fixed size, for keys that sort and for lengths on the wire. */
static inline void ph_put_be16(uint8_t *out, uint16_t v)
{
    out[0] = (uint8_t)(v >> 8);
    out[1] = (uint8_t)v;
}

static inline void ph_put_be32(uint8_t *out, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(v >> (24 - 8 * i));
}

static inline void ph_put_be64(uint8_t *out, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)(v >> (56 - 8 * i));
}

static inline uint16_t ph_get_be16(const uint8_t *p)
{
    return (uint16_t)((unsigned)p[0] << 8 | p[1]);
}

static inline uint32_t ph_get_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static inline uint64_t ph_get_be64(const uint8_t *p)
{
    return (uint64_t)ph_get_be32(p) << 32 | ph_get_be32(p + 4);
}

#endif
