/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sums.h"

#include <stdlib.h>

#include "store/store_priv.h"

#define PH_SUMS_BITS 6

/* A bucket: the ids whose first 64 bits, shifted, are @bucket. */
struct place {
    const uint8_t *channel;
    unsigned level;
    uint64_t bucket;
};

static unsigned shift_of(unsigned level)
{
    return 64 - PH_SUMS_BITS * level;
}

static uint64_t bucket_of(const uint8_t id[static 32], unsigned level)
{
    return level == 0 ? 0 : ph_get_be64(id) >> shift_of(level);
}

/* The smallest id of the bucket. */
static void place_start(const struct place *p, uint8_t out[static 32])
{
    memset(out, 0, 32);
    if (p->level > 0)
        ph_put_be64(out, p->bucket << shift_of(p->level));
}

static bool place_has(const struct place *p, const uint8_t id[static 32])
{
    return bucket_of(id, p->level) == p->bucket;
}

static enum ph_err get(struct ph__txn *txn, const struct place *p, struct ph_sum *out)
{
    uint8_t key[PH_SUMS_KEY];
    struct ph_bytes value;
    bool found;
    ph__sums_key(key, p->channel, p->level, p->bucket);
    enum ph_err err = ph__db_get(txn, PH_DB_SUMS, ph_bytes(key, sizeof(key)), &value, &found);
    if (err)
        return err;
    *out = (struct ph_sum){0};
    return found && ph__sums_decode(out, value) ? ph__corrupt(txn, PH_DB_SUMS) : PH_OK;
}

static enum ph_err put(struct ph__txn *txn, const struct place *p, const struct ph_sum *sum)
{
    uint8_t key[PH_SUMS_KEY];
    uint8_t value[PH_SUMS_VALUE];
    ph__sums_key(key, p->channel, p->level, p->bucket);
    ph__sums_encode(value, sum);
    return ph__db_put(txn, PH_DB_SUMS, ph_bytes(key, sizeof(key)), ph_bytes(value, sizeof(value)));
}

/* The id at @c while it is in @channel, else NULL. */
static const uint8_t *id_at(const struct ph__cursor *c,
                            const uint8_t channel[static PH_CHANNEL_KEY])
{
    if (!c->at || c->key.n != PH_CHANNELS_KEY || memcmp(c->key.p, channel, PH_CHANNEL_KEY) != 0)
        return NULL;
    return c->key.p + PH_CHANNEL_KEY;
}

static enum ph_err seek_id(struct ph__cursor *c, const uint8_t channel[static PH_CHANNEL_KEY],
                           const uint8_t id[static 32])
{
    uint8_t key[PH_CHANNELS_KEY];
    memcpy(key, channel, PH_CHANNEL_KEY);
    memcpy(key + PH_CHANNEL_KEY, id, 32);
    return ph__cursor_seek(c, ph_bytes(key, sizeof(key)));
}

static void add_raw(struct ph_sum *sum, const uint8_t id[static 32])
{
    struct ph_id copy;
    memcpy(copy.b, id, 32);
    ph_sum_add_id(sum, &copy);
}

/* What happens to the buckets below one that got too many ids for a scan. */
typedef enum ph_err (*child_fn)(struct ph__txn *txn, void *ctx, const struct place *p,
                                const struct ph_sum *sum);

/* Calls @fn with every non-empty child of @p, summed up from `channels`. */
static enum ph_err each_child(struct ph__txn *txn, const struct place *p, child_fn fn, void *ctx)
{
    struct ph__cursor c;
    enum ph_err err = ph__cursor_open(&c, txn, PH_DB_CHANNELS);
    if (err)
        return err;
    uint8_t start[32];
    uint8_t resume[32];
    place_start(p, start);
    err = seek_id(&c, p->channel, start);
    const uint8_t *id = err ? NULL : id_at(&c, p->channel);
    while (!err && id && place_has(p, id)) {
        struct place child = {p->channel, p->level + 1, bucket_of(id, p->level + 1)};
        struct ph_sum sum = {0};
        for (; !err && id && place_has(&child, id); id = err ? NULL : id_at(&c, p->channel)) {
            add_raw(&sum, id);
            err = ph__cursor_next(&c);
        }
        if (id)
            memcpy(resume, id, 32);
        if (!err)
            err = fn(txn, ctx, &child, &sum);
        /* @fn writes: what the cursor showed may be gone. */
        if (!err && id) {
            err = seek_id(&c, p->channel, resume);
            id = id_at(&c, p->channel);
        }
    }
    ph__cursor_close(&c);
    return err;
}

static bool splits(unsigned level, const struct ph_sum *sum)
{
    return sum->count > PH_SUMS_SPLIT && level + 1 < PH_SUMS_LEVELS;
}

static enum ph_err build(struct ph__txn *txn, void *ctx, const struct place *p,
                         const struct ph_sum *sum)
{
    enum ph_err err = put(txn, p, sum);
    if (!err && splits(p->level, sum))
        err = each_child(txn, p, build, ctx);
    return err;
}

static enum ph_err apply(struct ph__txn *txn, const struct place *p,
                         const struct ph__sums_item *items, size_t n)
{
    struct ph_sum old;
    enum ph_err err = get(txn, p, &old);
    if (err)
        return err;
    struct ph_sum sum = old;
    for (size_t i = 0; i < n; i++)
        add_raw(&sum, items[i].key + PH_CHANNEL_KEY);
    err = put(txn, p, &sum);
    if (err || !splits(p->level, &sum))
        return err;
    if (!splits(p->level, &old))
        return each_child(txn, p, build, NULL);
    for (size_t from = 0, to; from < n && !err; from = to) {
        struct place child = {p->channel, p->level + 1,
                              bucket_of(items[from].key + PH_CHANNEL_KEY, p->level + 1)};
        for (to = from + 1; to < n && place_has(&child, items[to].key + PH_CHANNEL_KEY);)
            to++;
        err = apply(txn, &child, items + from, to - from);
    }
    return err;
}

enum ph_err ph__sums_add(struct ph__sums_batch *batch, const uint8_t key[static PH_CHANNELS_KEY])
{
    if (batch->n == batch->cap) {
        size_t cap = batch->cap ? batch->cap * 2 : 256;
        void *p = realloc(batch->items, cap * sizeof(*batch->items));
        if (!p)
            return PH_ERR_NOMEM;
        batch->items = p;
        batch->cap = cap;
    }
    memcpy(batch->items[batch->n++].key, key, PH_CHANNELS_KEY);
    return PH_OK;
}

static int cmp_items(const void *a, const void *b)
{
    return memcmp(a, b, PH_CHANNELS_KEY);
}

enum ph_err ph__sums_flush(struct ph__txn *txn, struct ph__sums_batch *batch)
{
    enum ph_err err = PH_OK;
    if (batch->n)
        qsort(batch->items, batch->n, sizeof(*batch->items), cmp_items);
    for (size_t from = 0, to; from < batch->n && !err; from = to) {
        const uint8_t *channel = batch->items[from].key;
        for (to = from + 1;
             to < batch->n && memcmp(batch->items[to].key, channel, PH_CHANNEL_KEY) == 0;)
            to++;
        struct place root = {channel, 0, 0};
        err = apply(txn, &root, batch->items + from, to - from);
    }
    batch->n = 0;
    return err;
}

void ph__sums_done(struct ph__sums_batch *batch)
{
    free(batch->items);
    *batch = (struct ph__sums_batch){0};
}

enum ph_err ph__sums_head(struct ph__txn *txn, const uint8_t channel[static PH_CHANNEL_KEY],
                          struct ph_sum *out)
{
    struct place root = {channel, 0, 0};
    return get(txn, &root, out);
}

/* Walks the children of @p in order while @fn wants more; *out_sum is the child it stopped at. */
struct walk {
    struct ph__cursor c;
    struct place at;
    struct ph_sum sum;
};

static enum ph_err walk_seek(struct walk *w, const struct place *parent)
{
    uint8_t key[PH_SUMS_KEY];
    ph__sums_key(key, parent->channel, parent->level + 1, parent->bucket << PH_SUMS_BITS);
    w->at = (struct place){parent->channel, parent->level + 1, 0};
    return ph__cursor_seek(&w->c, ph_bytes(key, sizeof(key)));
}

/* Reads the child under the cursor. *out is false past the last child of @parent. */
static enum ph_err walk_read(struct walk *w, const struct place *parent, bool *out)
{
    *out = false;
    const struct ph__cursor *c = &w->c;
    if (!c->at || c->key.n != PH_SUMS_KEY ||
        memcmp(c->key.p, parent->channel, PH_CHANNEL_KEY) != 0 ||
        c->key.p[PH_CHANNEL_KEY] != w->at.level)
        return PH_OK;
    w->at.bucket = ph_get_be64(c->key.p + PH_CHANNEL_KEY + 1);
    if (w->at.bucket >> PH_SUMS_BITS != parent->bucket)
        return PH_OK;
    *out = true;
    return ph__sums_decode(&w->sum, c->value) ? ph__corrupt(c->txn, PH_DB_SUMS) : PH_OK;
}

/* Adds the ids of @p below @limit one by one. */
static enum ph_err scan_below(struct ph__txn *txn, const struct place *p,
                              const uint8_t limit[static 32], struct ph_sum *out)
{
    struct ph__cursor c;
    uint8_t start[32];
    enum ph_err err = ph__cursor_open(&c, txn, PH_DB_CHANNELS);
    if (err)
        return err;
    place_start(p, start);
    err = seek_id(&c, p->channel, start);
    while (!err) {
        const uint8_t *id = id_at(&c, p->channel);
        if (!id || !place_has(p, id) || memcmp(id, limit, 32) >= 0)
            break;
        add_raw(out, id);
        err = ph__cursor_next(&c);
    }
    ph__cursor_close(&c);
    return err;
}

enum ph_err ph__sums_below(struct ph__txn *txn, const uint8_t channel[static PH_CHANNEL_KEY],
                           const uint8_t limit[static 32], struct ph_sum *out)
{
    struct ph_sum sum;
    struct ph_sum total = {0};
    struct place p = {channel, 0, 0};
    struct walk w = {0};
    enum ph_err err = get(txn, &p, &sum);
    if (!err)
        err = ph__cursor_open(&w.c, txn, PH_DB_SUMS);
    while (!err && splits(p.level, &sum)) {
        uint64_t stop = bucket_of(limit, p.level + 1);
        bool more = false;
        err = walk_seek(&w, &p);
        if (!err)
            err = walk_read(&w, &p, &more);
        while (!err && more && w.at.bucket < stop) {
            ph_sum_add(&total, &w.sum);
            err = ph__cursor_next(&w.c);
            if (!err)
                err = walk_read(&w, &p, &more);
        }
        bool inside = more && w.at.bucket == stop;
        sum = inside ? w.sum : (struct ph_sum){0};
        p = (struct place){channel, p.level + 1, stop};
    }
    if (!err && sum.count)
        err = scan_below(txn, &p, limit, &total);
    ph__cursor_close(&w.c);
    if (!err)
        *out = total;
    return err;
}

/* The @rank-th id of a bucket without children. */
static enum ph_err scan_select(struct ph__txn *txn, const struct place *p, uint64_t rank,
                               struct ph_id *out, bool *found)
{
    struct ph__cursor c;
    uint8_t start[32];
    enum ph_err err = ph__cursor_open(&c, txn, PH_DB_CHANNELS);
    if (err)
        return err;
    place_start(p, start);
    err = seek_id(&c, p->channel, start);
    for (; !err && rank > 0 && c.at; rank--)
        err = ph__cursor_next(&c);
    const uint8_t *id = err ? NULL : id_at(&c, p->channel);
    *found = id && place_has(p, id);
    if (*found)
        memcpy(out->b, id, 32);
    ph__cursor_close(&c);
    return err;
}

enum ph_err ph__sums_select(struct ph__txn *txn, const uint8_t channel[static PH_CHANNEL_KEY],
                            uint64_t rank, struct ph_id *out, bool *found)
{
    struct ph_sum sum;
    struct place p = {channel, 0, 0};
    struct walk w = {0};
    *found = false;
    enum ph_err err = get(txn, &p, &sum);
    if (err || rank >= sum.count)
        return err;
    err = ph__cursor_open(&w.c, txn, PH_DB_SUMS);
    while (!err && splits(p.level, &sum)) {
        bool more = false;
        err = walk_seek(&w, &p);
        if (!err)
            err = walk_read(&w, &p, &more);
        while (!err && more && rank >= w.sum.count) {
            rank -= w.sum.count;
            err = ph__cursor_next(&w.c);
            if (!err)
                err = walk_read(&w, &p, &more);
        }
        if (!err && !more)
            err = ph__corrupt(txn, PH_DB_SUMS);
        p = w.at;
        sum = w.sum;
    }
    ph__cursor_close(&w.c);
    return err ? err : scan_select(txn, &p, rank, out, found);
}

struct verify {
    uint64_t buckets;
    uint64_t wrong;
};

static enum ph_err compare(struct ph__txn *txn, void *ctx, const struct place *p,
                           const struct ph_sum *sum)
{
    struct verify *v = ctx;
    struct ph_sum kept;
    enum ph_err err = get(txn, p, &kept);
    if (err)
        return err;
    v->buckets++;
    v->wrong += !ph_sum_equal(&kept, sum);
    return splits(p->level, sum) ? each_child(txn, p, compare, v) : PH_OK;
}

static enum ph_err sum_all(struct ph__txn *txn, const struct place *root, struct ph_sum *out)
{
    uint8_t last[32];
    memset(last, 0xff, sizeof(last));
    *out = (struct ph_sum){0};
    return scan_below(txn, root, last, out);
}

static enum ph_err count_buckets(struct ph__txn *txn, const uint8_t channel[static PH_CHANNEL_KEY],
                                 uint64_t *out)
{
    struct ph__cursor c;
    *out = 0;
    enum ph_err err = ph__cursor_open(&c, txn, PH_DB_SUMS);
    if (err)
        return err;
    struct ph_bytes prefix = ph_bytes(channel, PH_CHANNEL_KEY);
    for (err = ph__cursor_seek(&c, prefix); !err && c.at && ph__has_prefix(c.key, prefix);
         err = ph__cursor_next(&c))
        (*out)++;
    ph__cursor_close(&c);
    return err;
}

enum ph_err ph__sums_verify(struct ph__txn *txn, const uint8_t channel[static PH_CHANNEL_KEY],
                            uint64_t *out_buckets, uint64_t *out_wrong)
{
    struct verify v = {0};
    struct place root = {channel, 0, 0};
    struct ph_sum sum;
    uint64_t kept = 0;
    enum ph_err err = sum_all(txn, &root, &sum);
    if (!err)
        err = compare(txn, &v, &root, &sum);
    if (!err)
        err = count_buckets(txn, channel, &kept);
    *out_buckets = v.buckets;
    *out_wrong = v.wrong + (kept > v.buckets ? kept - v.buckets : 0);
    return err;
}
