/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/mem_view.h"

#include <stdlib.h>

#include "proto/base/assert.h"
#include "proto/record/retract.h"
#include "tests/sim/world.h"

static const uint8_t MAP_SEED[16] = "simulated store";

void sim_store_init(struct sim_store *store, const struct ph_code *org)
{
    *store = (struct sim_store){.org = *org};
    if (ph_map_init(&store->records, 1024, MAP_SEED) != PH_OK ||
        ph_map_init(&store->handshakes, 256, MAP_SEED) != PH_OK)
        sim_stop("out of memory");
}

void sim_store_done(struct sim_store *store)
{
    for (size_t i = 0; i < ph_map_count(&store->records); i++)
        ph_record_unref(ph_map_at(&store->records, i)->value);
    for (size_t i = 0; i < ph_map_count(&store->handshakes); i++)
        free(ph_map_at(&store->handshakes, i)->value);
    for (size_t i = 0; i < store->n_channels; i++) {
        ph_negentropy_vector_done(&store->channels[i].set);
        free(store->channels[i].ids);
    }
    ph_map_done(&store->records);
    ph_map_done(&store->handshakes);
    free(store->channels);
    free(store->retractions);
    *store = (struct sim_store){.n_commits = 0};
}

static void map_put_growing(struct ph_map *map, const uint8_t key[static 32], void *value)
{
    if (map->n == map->max && !ph_map_get(map, key)) {
        struct ph_map bigger;
        if (ph_map_init(&bigger, map->max * 4, MAP_SEED) != PH_OK)
            sim_stop("out of memory");
        for (size_t i = 0; i < map->n; i++)
            map_put_growing(&bigger, map->entries[i].key, map->entries[i].value);
        ph_map_done(map);
        *map = bigger;
    }
    if (ph_map_put(map, key, value) != PH_OK)
        sim_stop("map is full");
}

static struct sim_channel *find_channel(struct sim_store *store, const struct ph_channel *channel)
{
    for (size_t i = 0; i < store->n_channels; i++)
        if (store->channels[i].channel.kind == channel->kind &&
            ph_hash_equal(&store->channels[i].channel.id, &channel->id))
            return &store->channels[i];
    return NULL;
}

static struct sim_channel *make_channel(struct sim_store *store, const struct ph_channel *channel)
{
    struct sim_channel *c = find_channel(store, channel);
    if (c)
        return c;
    c = realloc(store->channels, (store->n_channels + 1) * sizeof(*c));
    if (!c)
        sim_stop("out of memory");
    store->channels = c;
    c = &store->channels[store->n_channels++];
    *c = (struct sim_channel){.channel = *channel};
    return c;
}

static void channel_add(struct sim_channel *c, const struct ph_id *id)
{
    if (c->n == c->cap) {
        c->cap = c->cap ? c->cap * 2 : 64;
        struct ph_id *ids = realloc(c->ids, c->cap * sizeof(*ids));
        if (!ids)
            sim_stop("out of memory");
        c->ids = ids;
    }
    c->ids[c->n++] = *id;
    c->fresh = false;
}

/* Seal the set of a channel anew when records have come since. */
static enum ph_err freshen(struct sim_channel *c)
{
    enum ph_err err = PH_OK;
    if (c->fresh)
        return PH_OK;
    ph_negentropy_vector_done(&c->set);
    for (size_t i = 0; i < c->n && !err; i++)
        err = ph_negentropy_vector_add(&c->set, ph_id_created(&c->ids[i]), &c->ids[i]);
    if (!err)
        err = ph_negentropy_vector_seal(&c->set);
    c->fresh = err == PH_OK;
    return err;
}

/* ---- writing ---- */

static void drop_body(struct sim_store *store, const struct ph_id *id)
{
    struct ph_record *whole = ph_map_get(&store->records, id->b);
    struct ph_record *bare;
    if (!whole || !whole->has_body)
        return;
    if (ph_record_new(&bare, whole->raw_header, whole->sig, ph_bytes(NULL, 0), false, NULL) !=
        PH_OK)
        sim_stop("cannot strip a record");
    bare->author_org = whole->author_org;
    map_put_growing(&store->records, id->b, bare);
    ph_record_unref(whole);
}

static void apply_retract(struct sim_store *store, const struct ph_record *retract)
{
    struct ph_retraction targets[64];
    size_t n = 0;
    if (ph_retract_parse(targets, PH_LEN(targets), &n, retract->body, NULL) != PH_OK)
        return;
    struct sim_retraction *all =
        realloc(store->retractions, (store->n_retractions + n) * sizeof(*all));
    if (!all)
        sim_stop("out of memory");
    store->retractions = all;
    for (size_t i = 0; i < n; i++) {
        const struct ph_record *target = ph_map_get(&store->records, targets[i].id.b);
        all[store->n_retractions++] =
            (struct sim_retraction){.id = targets[i].id, .org = retract->author_org};
        if (target && ph_code_cmp(&target->author_org, &retract->author_org) == 0)
            drop_body(store, &targets[i].id);
    }
}

static bool is_retracted(const struct sim_store *store, const struct ph_id *id,
                         const struct ph_code *org)
{
    for (size_t i = 0; i < store->n_retractions; i++)
        if (ph_id_equal(&store->retractions[i].id, id) &&
            ph_code_cmp(&store->retractions[i].org, org) == 0)
            return true;
    return false;
}

void sim_store_put(struct sim_store *store, struct ph_record *record)
{
    struct ph_channel channels[PH_RECIPIENTS_MAX + 2];
    size_t n = 0;
    PH_ASSERT(!ph_map_get(&store->records, record->id.b));
    map_put_growing(&store->records, record->id.b, ph_record_ref(record));
    ph_record_channels(channels, PH_LEN(channels), &n, &record->header, &record->author_org,
                       &store->org);
    for (size_t i = 0; i < n; i++)
        channel_add(make_channel(store, &channels[i]), &record->id);
    if (record->header.type == PH_RECORD_RETRACT && record->has_body)
        apply_retract(store, record);
    else if (is_retracted(store, &record->id, &record->author_org))
        drop_body(store, &record->id);
}

enum ph_err sim_store_commit(struct sim_store *store, struct ph_batch *batch)
{
    PH_ASSERT(!store->in_view);
    if (store->full)
        return PH_ERR_FULL;
    store->n_commits++;
    for (size_t i = 0; i < batch->n; i++) {
        struct ph_batch_item *item = &batch->items[i];
        if (item->verdict != PH_OK)
            continue;
        item->is_new = !sim_store_has(store, &item->record->id);
        if (item->is_new)
            sim_store_put(store, item->record);
    }
    return PH_OK;
}

void sim_store_remember(struct sim_store *store, const struct ph_transport_key *key, ph_ms at)
{
    ph_ms *known = ph_map_get(&store->handshakes, key->b);
    if (!known) {
        known = sim_alloc(1, sizeof(*known));
        map_put_growing(&store->handshakes, key->b, known);
    }
    *known = PH_MAX(*known, at);
}

/* ---- reading ---- */

bool sim_store_has(const struct sim_store *store, const struct ph_id *id)
{
    return ph_map_get(&store->records, id->b) != NULL;
}

size_t sim_store_count(const struct sim_store *store)
{
    return ph_map_count(&store->records);
}

bool sim_store_equal(const struct sim_store *a, const struct sim_store *b)
{
    if (ph_map_count(&a->records) != ph_map_count(&b->records))
        return false;
    for (size_t i = 0; i < ph_map_count(&a->records); i++)
        if (!ph_map_get(&b->records, ph_map_at(&a->records, i)->key))
            return false;
    return true;
}

static enum ph_err view_begin(void *ctx)
{
    struct sim_store *store = ctx;
    PH_ASSERT(!store->in_view);
    store->in_view = true;
    return PH_OK;
}

static void view_end(void *ctx)
{
    struct sim_store *store = ctx;
    PH_ASSERT(store->in_view);
    store->in_view = false;
}

static enum ph_err view_has(void *ctx, const struct ph_id *id, bool *out)
{
    struct sim_store *store = ctx;
    PH_ASSERT(store->in_view);
    *out = sim_store_has(store, id);
    return PH_OK;
}

static enum ph_err view_record(void *ctx, const struct ph_id *id, struct ph_record **out)
{
    struct sim_store *store = ctx;
    PH_ASSERT(store->in_view);
    struct ph_record *record = ph_map_get(&store->records, id->b);
    *out = record ? ph_record_ref(record) : NULL;
    return PH_OK;
}

/* The set of a channel; *out_any is false when nothing was ever in it. */
static enum ph_err view_set(void *ctx, const struct ph_channel *channel,
                            struct ph_negentropy_set *out, bool *out_any)
{
    struct sim_store *store = ctx;
    PH_ASSERT(store->in_view);
    struct sim_channel *c = find_channel(store, channel);
    enum ph_err err = c ? freshen(c) : PH_OK;
    *out_any = c && !err;
    if (*out_any)
        *out = ph_negentropy_vector_set(&c->set);
    return err;
}

static enum ph_err view_sum(void *ctx, const struct ph_channel *channel,
                            const struct ph_bound *from, const struct ph_bound *to,
                            uint64_t *out_count, uint8_t out_sum[static 32])
{
    struct ph_negentropy_set set;
    struct ph_sum sum = {.count = 0};
    bool any;
    enum ph_err err = view_set(ctx, channel, &set, &any);
    if (any)
        err = set.sum(set.ctx, from, to, &sum);
    *out_count = sum.count;
    memcpy(out_sum, sum.b, 32);
    return err;
}

static enum ph_err view_head(void *ctx, const struct ph_channel *channel, uint64_t *out_count,
                             uint8_t out_sum[static 32])
{
    return view_sum(ctx, channel, &PH_BOUND_ZERO, &PH_BOUND_INFINITY, out_count, out_sum);
}

static enum ph_err view_size(void *ctx, const struct ph_channel *channel,
                             const struct ph_bound *from, const struct ph_bound *to, uint64_t *out)
{
    uint8_t sum[32];
    return view_sum(ctx, channel, from, to, out, sum);
}

static enum ph_err view_select(void *ctx, const struct ph_channel *channel,
                               const struct ph_bound *from, uint64_t k, struct ph_item *out)
{
    struct ph_negentropy_set set;
    bool any;
    enum ph_err err = view_set(ctx, channel, &set, &any);
    PH_ASSERT(any || err); /* only asked for what sum() has counted */
    return any ? set.select(set.ctx, from, k, out) : err;
}

static enum ph_err view_list(void *ctx, const struct ph_channel *channel,
                             const struct ph_bound *from, const struct ph_bound *to, size_t max,
                             struct ph_item *out, size_t *out_n)
{
    struct ph_negentropy_set set;
    bool any;
    *out_n = 0;
    enum ph_err err = view_set(ctx, channel, &set, &any);
    return any ? set.list(set.ctx, from, to, max, out, out_n) : err;
}

static enum ph_err view_last_handshake(void *ctx, const struct ph_transport_key *key, ph_ms *out)
{
    const struct sim_store *store = ctx;
    const ph_ms *at = ph_map_get(&store->handshakes, key->b);
    *out = at ? *at : 0;
    return PH_OK;
}

static enum ph_err view_retracted(void *ctx, const struct ph_id *id, const struct ph_code *org,
                                  bool *out)
{
    *out = is_retracted(ctx, id, org);
    return PH_OK;
}

struct ph_view sim_store_view(struct sim_store *store)
{
    return (struct ph_view){
        .ctx = store,
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
        .retracted = view_retracted,
    };
}
