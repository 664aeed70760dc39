/* SPDX-License-Identifier: Apache-2.0
 *
 * ph_view on LMDB: what the engine may ask, from one snapshot a turn. The read transaction is made
 * once and renewed, which takes no lock and no memory. */
#include <stdlib.h>

#include "proto/base/assert.h"
#include "store/channels.h"
#include "store/peers.h"
#include "store/records.h"

struct view {
    struct ph_store *store;
    struct ph__txn txn;
    bool made;
    bool open;
    /* The last sum below a bound: ranges of one message adjoin, so each is asked for twice. */
    bool cached;
    uint8_t cached_channel[PH_CHANNEL_KEY];
    uint8_t cached_limit[32];
    struct ph_sum cached_sum;
};

static enum ph_err view_begin(void *ctx)
{
    struct view *v = ctx;
    PH_ASSERT(!v->open);
    enum ph_err err =
        v->made ? ph__txn_renew(&v->txn) : ph__txn_read(&v->txn, &v->store->env, NULL);
    v->made = v->made || !err;
    v->open = !err;
    v->cached = false;
    return err;
}

static void view_end(void *ctx)
{
    struct view *v = ctx;
    if (v->open)
        ph__txn_reset(&v->txn);
    v->open = false;
}

static enum ph_err view_has(void *ctx, const struct ph_id *id, bool *out)
{
    struct view *v = ctx;
    struct ph_bytes value;
    return ph__db_get(&v->txn, PH_DB_RECORDS, ph_bytes(id->b, 32), &value, out);
}

static enum ph_err view_record(void *ctx, const struct ph_id *id, struct ph_record **out)
{
    struct view *v = ctx;
    struct ph__row row;
    bool found;
    *out = NULL;
    enum ph_err err = ph__records_get(&v->txn, id, &row, &found);
    return err || !found ? err : ph__records_load(&v->txn, id, &row, true, out);
}

/* Sum of everything in the channel below @bound. */
static enum ph_err below(struct view *v, const uint8_t channel[static PH_CHANNEL_KEY],
                         const struct ph_bound *bound, struct ph_sum *out)
{
    uint8_t limit[32];
    if (!ph__channels_bound(limit, bound))
        return ph__sums_head(&v->txn, channel, out);
    if (v->cached && memcmp(v->cached_limit, limit, 32) == 0 &&
        memcmp(v->cached_channel, channel, PH_CHANNEL_KEY) == 0) {
        *out = v->cached_sum;
        return PH_OK;
    }
    enum ph_err err = ph__sums_below(&v->txn, channel, limit, out);
    if (!err) {
        v->cached = true;
        memcpy(v->cached_channel, channel, PH_CHANNEL_KEY);
        memcpy(v->cached_limit, limit, 32);
        v->cached_sum = *out;
    }
    return err;
}

static enum ph_err range(struct view *v, const struct ph_channel *channel,
                         const struct ph_bound *from, const struct ph_bound *to, struct ph_sum *out)
{
    uint8_t key[PH_CHANNEL_KEY];
    struct ph_sum before;
    *out = (struct ph_sum){0};
    if (ph_bound_cmp(from, to) >= 0)
        return PH_OK;
    ph_channel_key(key, channel);
    enum ph_err err = below(v, key, from, &before);
    if (!err)
        err = below(v, key, to, out);
    if (!err)
        ph_sum_remove(out, &before);
    return err;
}

static enum ph_err view_head(void *ctx, const struct ph_channel *channel, uint64_t *out_count,
                             uint8_t out_sum[static 32])
{
    struct view *v = ctx;
    struct ph_sum sum;
    uint8_t key[PH_CHANNEL_KEY];
    ph_channel_key(key, channel);
    enum ph_err err = ph__sums_head(&v->txn, key, &sum);
    if (!err) {
        *out_count = sum.count;
        memcpy(out_sum, sum.b, 32);
    }
    return err;
}

static enum ph_err view_size(void *ctx, const struct ph_channel *channel,
                             const struct ph_bound *from, const struct ph_bound *to, uint64_t *out)
{
    struct ph_sum sum;
    enum ph_err err = range(ctx, channel, from, to, &sum);
    if (!err)
        *out = sum.count;
    return err;
}

static enum ph_err view_sum(void *ctx, const struct ph_channel *channel,
                            const struct ph_bound *from, const struct ph_bound *to,
                            uint64_t *out_count, uint8_t out_sum[static 32])
{
    struct ph_sum sum;
    enum ph_err err = range(ctx, channel, from, to, &sum);
    if (!err) {
        *out_count = sum.count;
        memcpy(out_sum, sum.b, 32);
    }
    return err;
}

static enum ph_err view_select(void *ctx, const struct ph_channel *channel,
                               const struct ph_bound *from, uint64_t k, struct ph_item *out)
{
    struct view *v = ctx;
    struct ph_sum before;
    struct ph_id id = {{0}};
    uint8_t key[PH_CHANNEL_KEY];
    bool found = false;
    ph_channel_key(key, channel);
    enum ph_err err = below(v, key, from, &before);
    if (!err)
        err = ph__sums_select(&v->txn, key, before.count + k, &id, &found);
    if (err)
        return err;
    if (!found)
        return PH_ERR_RANGE;
    *out = (struct ph_item){.created = ph_id_created(&id), .id = id};
    return PH_OK;
}

static enum ph_err view_list(void *ctx, const struct ph_channel *channel,
                             const struct ph_bound *from, const struct ph_bound *to, size_t max,
                             struct ph_item *out, size_t *out_n)
{
    struct view *v = ctx;
    return ph__channels_list(&v->txn, channel, from, to, max, out, out_n);
}

static enum ph_err view_last_handshake(void *ctx, const struct ph_transport_key *key, ph_ms *out)
{
    struct view *v = ctx;
    struct ph__peer_row peer;
    enum ph_err err = ph__peers_get(&v->txn, key, &peer);
    if (!err)
        *out = peer.handshake;
    return err;
}

enum ph_err ph_store_view_new(struct ph_view *out, struct ph_store *store)
{
    struct view *v = calloc(1, sizeof(*v));
    if (!v)
        return PH_ERR_NOMEM;
    v->store = store;
    *out = (struct ph_view){
        .ctx = v,
        .begin = view_begin,
        .end = view_end,
        .has = view_has,
        .record = view_record,
        .head = view_head,
        .size = view_size,
        .sum = view_sum,
        .select = view_select,
        .list = view_list,
        .last_handshake = view_last_handshake,
    };
    return PH_OK;
}

void ph_store_view_free(struct ph_view *view)
{
    struct view *v = view->ctx;
    if (!v)
        return;
    view_end(v);
    if (v->made)
        ph__txn_discard(&v->txn);
    free(v);
    *view = (struct ph_view){0};
}
