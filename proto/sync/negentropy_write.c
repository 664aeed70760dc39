/* SPDX-License-Identifier: Apache-2.0
 *
 * Negentropy Protocol V1: asking the set, with its bill, and writing ranges of it. */
#include "proto/sync/negentropy_priv.h"

#define BUCKETS    16
#define LIST_BELOW (2 * BUCKETS) /* ranges with fewer items are listed, not split */
#define CHUNK      64            /* items asked of the set at once */

static enum ph_err charge(struct ph_negentropy *ne, uint64_t work)
{
    ne->work += work;
    return ne->work_max && ne->work > ne->work_max ? PH_ERR_LIMIT : PH_OK;
}

enum ph_err ph__neg_sum(struct ph_negentropy *ne, const struct ph_bound *from,
                        const struct ph_bound *to, struct ph_sum *out)
{
    enum ph_err err = charge(ne, 1);

    *out = (struct ph_sum){.count = 0};
    if (err || ph_bound_cmp(from, to) == 0)
        return err;
    return ne->set.sum(ne->set.ctx, from, to, out);
}

enum ph_err ph__neg_select(struct ph_negentropy *ne, const struct ph_bound *from, uint64_t k,
                           struct ph_item *out)
{
    enum ph_err err = charge(ne, 1);

    return err ? err : ne->set.select(ne->set.ctx, from, k, out);
}

static enum ph_err set_list(struct ph_negentropy *ne, const struct ph_bound *from,
                            const struct ph_bound *to, size_t max, struct ph_item *out,
                            size_t *out_n)
{
    enum ph_err err = ne->set.list(ne->set.ctx, from, to, max, out, out_n);

    return err ? err : charge(ne, *out_n);
}

/* Calls @each for every item of a range, in order. */
enum ph_err ph__neg_each(struct ph_negentropy *ne, const struct ph_bound *from,
                         const struct ph_bound *to, void *ctx,
                         enum ph_err (*each)(void *ctx, const struct ph_item *item))
{
    struct ph_item items[CHUNK + 1];
    struct ph_bound at = *from;
    size_t known = 0; /* the first item of a further chunk is the last one of the chunk before */

    for (;;) {
        size_t n;
        enum ph_err err = set_list(ne, &at, to, CHUNK + known, items, &n);

        if (err)
            return err;
        for (size_t i = known; i < n; i++) {
            err = each(ctx, &items[i]);
            if (err)
                return err;
        }
        if (n < CHUNK + known)
            return PH_OK;
        at = ph_bound_at(&items[n - 1]);
        known = 1;
    }
}

static enum ph_err put_id(void *ctx, const struct ph_item *item)
{
    struct ph__neg_out *out = ctx;

    return ph__neg_put_bytes(out, item->id.b, sizeof(item->id.b));
}

enum ph_err ph__neg_put_fingerprint(struct ph__neg_out *out, const struct ph_bound *upper,
                                    const struct ph_sum *sum)
{
    uint8_t fingerprint[PH_FINGERPRINT_LEN];
    enum ph_err err = ph__neg_put_range(out, upper, PH__MODE_FINGERPRINT);

    ph_fingerprint(fingerprint, sum);
    return err ? err : ph__neg_put_bytes(out, fingerprint, sizeof(fingerprint));
}

/* All @n items of a range as its IdList. */
enum ph_err ph__neg_put_list(struct ph_negentropy *ne, struct ph__neg_out *out,
                             const struct ph_bound *from, const struct ph_bound *to, uint64_t n)
{
    size_t before;
    enum ph_err err = ph__neg_put_range(out, to, PH__MODE_IDLIST);

    if (!err)
        err = ph__neg_put_number(out, n);
    if (err || n == 0)
        return err;
    before = out->buf->n;
    err = ph__neg_each(ne, from, to, out, put_id);
    if (!err && out->buf->n - before != n * sizeof(struct ph_id))
        err = PH_ERR_INTERNAL; /* the set's sum and its list disagree */
    return err;
}

/* The bound between the @n-th item at or above @from and the one after it, below @to. */
static enum ph_err bound_after(struct ph_negentropy *ne, const struct ph_bound *from,
                               const struct ph_bound *to, uint64_t n, struct ph_bound *out)
{
    struct ph_item pair[2];
    struct ph_bound at;
    size_t got;
    enum ph_err err = ph__neg_select(ne, from, n - 1, &pair[0]);

    if (err)
        return err;
    at = ph_bound_at(&pair[0]);
    err = set_list(ne, &at, to, 2, pair, &got);
    if (err)
        return err;
    if (got != 2)
        return PH_ERR_INTERNAL; /* likewise */
    *out = ph__neg_bound_between(&pair[0], &pair[1]);
    return PH_OK;
}

/* A range of @n items: as a list when they are few, else as fingerprints of 16 parts of equal size.
 */
enum ph_err ph__neg_put_split(struct ph_negentropy *ne, struct ph__neg_out *out,
                              const struct ph_bound *from, const struct ph_bound *to, uint64_t n)
{
    struct ph_bound lower = *from;

    if (n < LIST_BELOW)
        return ph__neg_put_list(ne, out, from, to, n);
    for (uint64_t i = 0; i < BUCKETS; i++) {
        uint64_t size = n / BUCKETS + (i < n % BUCKETS ? 1 : 0);
        struct ph_bound upper = *to;
        struct ph_sum sum;
        enum ph_err err = PH_OK;

        if (i < BUCKETS - 1)
            err = bound_after(ne, &lower, to, size, &upper);
        if (!err)
            err = ph__neg_sum(ne, &lower, &upper, &sum);
        if (!err)
            err = ph__neg_put_fingerprint(out, &upper, &sum);
        if (err)
            return err;
        lower = upper;
    }
    return PH_OK;
}
