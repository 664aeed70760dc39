/* SPDX-License-Identifier: Apache-2.0
 *
 * See wanted.h. The map under it has a fixed size from birth, so the table starts small and moves
 * to a map of twice the size when it is full, up to its own limit. */
#include "proto/sync/wanted.h"

#include <stdlib.h>

#include "proto/base/assert.h"

enum {
    WANTED_MIN = 64
};

enum ph_err ph__wanted_init(struct ph__wanted *wanted, size_t max, const uint8_t seed[static 16])
{
    struct ph__wanted made = {.max = max};
    memcpy(made.seed, seed, sizeof(made.seed));
    enum ph_err err = ph_map_init(&made.map, PH_MIN((size_t)WANTED_MIN, max), seed);
    if (err)
        return err;
    *wanted = made;
    return PH_OK;
}

void ph__wanted_done(struct ph__wanted *wanted)
{
    for (size_t i = 0; i < ph_map_count(&wanted->map); i++)
        free(ph_map_at(&wanted->map, i)->value);
    ph_map_done(&wanted->map);
}

struct ph__want *ph__wanted_get(const struct ph__wanted *wanted, const struct ph_id *id)
{
    return ph_map_get(&wanted->map, id->b);
}

static enum ph_err grow(struct ph__wanted *wanted)
{
    if (wanted->map.max >= wanted->max)
        return PH_ERR_LIMIT;
    struct ph_map bigger;
    enum ph_err err = ph_map_init(&bigger, PH_MIN(wanted->map.max * 2, wanted->max), wanted->seed);
    if (err)
        return err;
    for (size_t i = 0; i < ph_map_count(&wanted->map); i++) {
        const struct ph_map_entry *entry = ph_map_at(&wanted->map, i);
        err = ph_map_put(&bigger, entry->key, entry->value);
        PH_ASSERT(!err);
    }
    ph_map_done(&wanted->map);
    wanted->map = bigger;
    return PH_OK;
}

enum ph_err ph__wanted_add(struct ph__wanted *wanted, const struct ph_id *id, struct ph__want **out)
{
    if (ph_map_count(&wanted->map) == wanted->map.max) {
        enum ph_err err = grow(wanted);
        if (err)
            return err;
    }
    struct ph__want *want = calloc(1, sizeof(*want));
    if (!want)
        return PH_ERR_NOMEM;
    want->id = *id;
    ph_list_init(&want->link);
    enum ph_err err = ph_map_put(&wanted->map, id->b, want);
    PH_ASSERT(!err);
    *out = want;
    return PH_OK;
}

void ph__wanted_remove(struct ph__wanted *wanted, struct ph__want *want)
{
    ph_list_remove(&want->link);
    void *was = ph_map_take(&wanted->map, want->id.b);
    PH_ASSERT(was == want);
    free(want);
}

bool ph__want_has_source(const struct ph__want *want, ph_conn conn)
{
    for (size_t i = 0; i < want->n_sources; i++)
        if (want->sources[i] == conn)
            return true;
    return false;
}

void ph__want_add_source(struct ph__want *want, ph_conn conn)
{
    if (want->n_sources < PH__SOURCES_MAX && !ph__want_has_source(want, conn))
        want->sources[want->n_sources++] = conn;
}

void ph__want_drop_source(struct ph__want *want, ph_conn conn)
{
    for (size_t i = 0; i < want->n_sources; i++)
        if (want->sources[i] == conn) {
            want->sources[i] = want->sources[--want->n_sources];
            return;
        }
}

enum ph_err ph__refused_init(struct ph__refused *refused, size_t max, const uint8_t seed[static 16])
{
    struct ph__refused made = {.ring = calloc(max, sizeof(*made.ring))};
    if (!made.ring)
        return PH_ERR_NOMEM;
    enum ph_err err = ph_map_init(&made.map, max, seed);
    if (err) {
        free(made.ring);
        return err;
    }
    *refused = made;
    return PH_OK;
}

void ph__refused_done(struct ph__refused *refused)
{
    ph_map_done(&refused->map);
    free(refused->ring);
    *refused = (struct ph__refused){.next = 0};
}

void ph__refused_add(struct ph__refused *refused, const struct ph_id *id, ph_ms until)
{
    struct ph__refusal *slot = ph_map_get(&refused->map, id->b);
    if (slot) {
        slot->until = until;
        return;
    }
    slot = &refused->ring[refused->next];
    if (slot->until && ph_map_get(&refused->map, slot->id.b) == slot)
        (void)ph_map_take(&refused->map, slot->id.b);
    *slot = (struct ph__refusal){.id = *id, .until = until};
    enum ph_err err = ph_map_put(&refused->map, id->b, slot);
    PH_ASSERT(!err);
    refused->next = (refused->next + 1) % refused->map.max;
}

bool ph__refused_has(const struct ph__refused *refused, const struct ph_id *id, ph_ms mono)
{
    if (!refused->ring)
        return false;
    const struct ph__refusal *slot = ph_map_get(&refused->map, id->b);
    return slot && slot->until > mono;
}
