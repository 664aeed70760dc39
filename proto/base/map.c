/* SPDX-License-Identifier: Apache-2.0
 *
 * Open addressing with linear probing over indexes; a removal shifts the run behind it back, so
 * there are no tombstones and look-ups never slow down with age. At most half of the places are in
 * use. */
#include "proto/base/map.h"

#include <sodium.h>
#include <stdlib.h>

#include "proto/base/assert.h"

_Static_assert(crypto_shorthash_BYTES == 8 && crypto_shorthash_KEYBYTES == 16, "SipHash-2-4");

enum ph_err ph_map_init(struct ph_map *map, size_t max, const uint8_t seed[static 16])
{
    if (max == 0 || max > PH_MAP_MAX)
        return PH_ERR_LIMIT;
    size_t n_places = 2;
    while (n_places < 2 * max)
        n_places *= 2;
    struct ph_map made = {.max = max, .mask = n_places - 1};
    made.entries = calloc(max, sizeof(*made.entries));
    made.places = calloc(n_places, sizeof(*made.places));
    if (!made.entries || !made.places) {
        ph_map_done(&made);
        return PH_ERR_NOMEM;
    }
    memcpy(made.seed, seed, sizeof(made.seed));
    *map = made;
    return PH_OK;
}

void ph_map_done(struct ph_map *map)
{
    free(map->entries);
    free(map->places);
    *map = (struct ph_map){.n = 0};
}

static size_t home(const struct ph_map *map, const uint8_t key[static 32])
{
    uint8_t hash[crypto_shorthash_BYTES];
    (void)crypto_shorthash(hash, key, 32, map->seed);
    return (size_t)ph_get_be64(hash) & map->mask;
}

/* The place where @key is, or the empty one where it would go. */
static size_t find(const struct ph_map *map, const uint8_t key[static 32])
{
    size_t i = home(map, key);
    while (map->places[i]) {
        if (memcmp(map->entries[map->places[i] - 1].key, key, 32) == 0)
            break;
        i = (i + 1) & map->mask;
    }
    return i;
}

enum ph_err ph_map_put(struct ph_map *map, const uint8_t key[static 32], void *value)
{
    PH_ASSERT(value != NULL);
    size_t place = find(map, key);
    if (map->places[place]) {
        map->entries[map->places[place] - 1].value = value;
        return PH_OK;
    }
    if (map->n == map->max)
        return PH_ERR_LIMIT;
    struct ph_map_entry *entry = &map->entries[map->n++];
    memcpy(entry->key, key, sizeof(entry->key));
    entry->value = value;
    map->places[place] = (uint32_t)map->n;
    return PH_OK;
}

void *ph_map_get(const struct ph_map *map, const uint8_t key[static 32])
{
    if (map->n == 0)
        return NULL;
    uint32_t index = map->places[find(map, key)];
    return index ? map->entries[index - 1].value : NULL;
}

/* Close the gap at @hole: whatever behind it could stand there moves up, until an empty place. */
static void shift_back(struct ph_map *map, size_t hole)
{
    size_t i = hole;
    for (;;) {
        i = (i + 1) & map->mask;
        if (map->places[i] == 0)
            break;
        size_t wanted = home(map, map->entries[map->places[i] - 1].key);
        /* It may move when the hole lies between where it wants to be and where it is. */
        if (((i - wanted) & map->mask) >= ((i - hole) & map->mask)) {
            map->places[hole] = map->places[i];
            hole = i;
        }
    }
    map->places[hole] = 0;
}

void *ph_map_take(struct ph_map *map, const uint8_t key[static 32])
{
    if (map->n == 0)
        return NULL;
    size_t place = find(map, key);
    uint32_t index = map->places[place];
    if (index == 0)
        return NULL;
    void *value = map->entries[index - 1].value;
    shift_back(map, place);

    /* The last entry fills the hole in the dense array; its place must say so. */
    if (index != map->n) {
        const struct ph_map_entry *last = &map->entries[map->n - 1];
        map->places[find(map, last->key)] = index;
        map->entries[index - 1] = *last;
    }
    map->n--;
    map->entries[map->n] = (struct ph_map_entry){.value = NULL};
    return value;
}

void ph_map_clear(struct ph_map *map)
{
    if (!map->places)
        return;
    memset(map->places, 0, (map->mask + 1) * sizeof(*map->places));
    memset(map->entries, 0, map->n * sizeof(*map->entries));
    map->n = 0;
}
