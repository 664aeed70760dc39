/* SPDX-License-Identifier: Apache-2.0
 *
 * Bounded map from 32 bytes (an id, a key, a hash) to a pointer.
 *
 * All memory is taken at birth, so that putting can fail for one reason only: the map is full. Keys
 * come from strangers, so places are chosen by SipHash under a seed that they do not know. Entries
 * lie densely in the order they were put (a removal moves the last one into the hole), which makes
 * a walk independent of the seed: the simulator sees the same order on every run.
 *
 * The map does not own what its pointers point at. */
#ifndef PH_BASE_MAP_H
#define PH_BASE_MAP_H

#include "proto/base/error.h"

struct ph_map_entry {
    uint8_t key[32];
    void *value;
};

struct ph_map {
    struct ph_map_entry *entries; /* n of max, dense */
    uint32_t *places;             /* hash table of entry index + 1; 0 is empty */
    size_t n;
    size_t max;
    size_t mask; /* number of places - 1 */
    uint8_t seed[16];
};

#define PH_MAP_MAX (1u << 24)

/** An empty map for at most @max (1 to PH_MAP_MAX) entries; @seed is random and secret.
 * PH_ERR_LIMIT, PH_ERR_NOMEM. Free with ph_map_done(). */
enum ph_err ph_map_init(struct ph_map *map, size_t max, const uint8_t seed[static 16]);
/** Free; takes a zeroed map. Values are the caller's. */
void ph_map_done(struct ph_map *map);

/** Set @key to @value, which is not NULL; replaces. PH_ERR_LIMIT when the key is new and the map
 * full. */
enum ph_err ph_map_put(struct ph_map *map, const uint8_t key[static 32], void *value);
/** The value of @key, or NULL. */
void *ph_map_get(const struct ph_map *map, const uint8_t key[static 32]);
/** Remove @key and return its value, or NULL when it was not there. */
void *ph_map_take(struct ph_map *map, const uint8_t key[static 32]);
/** Remove all entries. */
void ph_map_clear(struct ph_map *map);

static inline size_t ph_map_count(const struct ph_map *map)
{
    return map->n;
}

/** Entry @i of ph_map_count(). Good until the next put or take. To remove while walking, walk from
 * the last to the first. */
static inline const struct ph_map_entry *ph_map_at(const struct ph_map *map, size_t i)
{
    return i < map->n ? &map->entries[i] : NULL;
}

#endif
