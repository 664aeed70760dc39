/* SPDX-License-Identifier: Apache-2.0
 *
 * Negentropy Protocol V1: items, bounds and their encoding. Quotations are from its specification.
 */
#include "proto/sync/negentropy_priv.h"

#define ID_LEN sizeof(struct ph_id)

int ph_item_cmp(const struct ph_item *a, const struct ph_item *b)
{
    if (a->created != b->created)
        return a->created < b->created ? -1 : 1;
    return ph_id_cmp(&a->id, &b->id);
}

/* "If the idPrefix length is less than 32 then the omitted trailing bytes are implicitly 0 bytes."
 */
int ph_bound_cmp(const struct ph_bound *a, const struct ph_bound *b)
{
    if (a->created != b->created)
        return a->created < b->created ? -1 : 1;
    return memcmp(a->prefix, b->prefix, sizeof(a->prefix));
}

struct ph_bound ph_bound_at(const struct ph_item *item)
{
    struct ph_bound bound = {.created = item->created, .len = ID_LEN};

    memcpy(bound.prefix, item->id.b, ID_LEN);
    return bound;
}

bool ph_item_is_below(const struct ph_item *item, const struct ph_bound *bound)
{
    if (item->created != bound->created)
        return item->created < bound->created;
    return memcmp(item->id.b, bound->prefix, ID_LEN) < 0;
}

/* "If these records' timestamps differ, then the length should be 0, otherwise it should be the
 * byte-length of their common ID-prefix plus 1." */
struct ph_bound ph__neg_bound_between(const struct ph_item *prev, const struct ph_item *next)
{
    struct ph_bound bound = {.created = next->created};

    if (prev->created != next->created)
        return bound;
    while (bound.len < ID_LEN - 1 && prev->id.b[bound.len] == next->id.b[bound.len])
        bound.len++;
    bound.len++;
    memcpy(bound.prefix, next->id.b, bound.len);
    return bound;
}

void ph__neg_fail(struct ph__neg_in *in, enum ph_err err, const char *what)
{
    if (in->err)
        return;
    in->err = err;
    in->what = what;
    in->n = 0;
}

struct ph_bytes ph__neg_read_bytes(struct ph__neg_in *in, size_t n)
{
    struct ph_bytes out;

    if (n > in->n) {
        ph__neg_fail(in, PH_ERR_TRUNCATED, "ends too early");
        return ph_bytes(NULL, 0);
    }
    out = ph_bytes(in->p, n);
    in->p += n;
    in->n -= n;
    return out;
}

uint64_t ph__neg_read_number(struct ph__neg_in *in)
{
    uint64_t v = 0;
    uint8_t digit;

    do {
        struct ph_bytes byte = ph__neg_read_bytes(in, 1);

        if (in->err)
            return 0;
        digit = byte.p[0];
        if (digit == 0x80 && v == 0) {
            ph__neg_fail(in, PH_ERR_FORMAT, "number has more digits than it needs");
            return 0;
        }
        if (v > UINT64_MAX >> 7) {
            ph__neg_fail(in, PH_ERR_FORMAT, "number is over 64 bits");
            return 0;
        }
        v = v << 7 | (digit & 0x7f);
    } while (digit & 0x80);
    return v;
}

/* "The infinity timestamp is encoded as 0. All other values are encoded as 1 + offset, where offset
 * is the difference between this timestamp and the previously encoded timestamp." */
static uint64_t read_created(struct ph__neg_in *in)
{
    uint64_t v = ph__neg_read_number(in);

    if (v == 0) {
        in->created = UINT64_MAX;
        return UINT64_MAX;
    }
    if (v - 1 >= UINT64_MAX - in->created) {
        ph__neg_fail(in, PH_ERR_FORMAT, "timestamp at or past infinity");
        return 0;
    }
    in->created += v - 1;
    return in->created;
}

void ph__neg_read_bound(struct ph__neg_in *in, struct ph_bound *out)
{
    struct ph_bound bound = {.created = read_created(in)};
    uint64_t len = ph__neg_read_number(in);
    struct ph_bytes prefix;

    if (len > ID_LEN)
        ph__neg_fail(in, PH_ERR_FORMAT, "id prefix is longer than an id");
    else if (len > 0 && bound.created == UINT64_MAX)
        ph__neg_fail(in, PH_ERR_FORMAT, "infinity with an id prefix");
    if (in->err)
        return;
    prefix = ph__neg_read_bytes(in, (size_t)len);
    if (in->err)
        return;
    bound.len = (uint8_t)len;
    if (prefix.n)
        memcpy(bound.prefix, prefix.p, prefix.n);
    *out = bound;
}

enum ph_err ph__neg_put_bytes(struct ph__neg_out *out, const uint8_t *p, size_t n)
{
    return ph_buf_add(out->buf, ph_bytes(p, n));
}

enum ph_err ph__neg_put_number(struct ph__neg_out *out, uint64_t v)
{
    uint8_t digits[PH_VARINT_MAX];

    return ph__neg_put_bytes(out, digits, ph__varint_encode(digits, v));
}

enum ph_err ph__neg_put_range(struct ph__neg_out *out, const struct ph_bound *upper, uint64_t mode)
{
    uint64_t created = upper->created == UINT64_MAX ? 0 : upper->created - out->created + 1;
    enum ph_err err;

    out->created = upper->created;
    err = ph__neg_put_number(out, created);
    if (!err)
        err = ph__neg_put_number(out, upper->len);
    if (!err)
        err = ph__neg_put_bytes(out, upper->prefix, upper->len);
    return err ? err : ph__neg_put_number(out, mode);
}
