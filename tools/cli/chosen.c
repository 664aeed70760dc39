/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/cli/chosen.h"

#include <stdlib.h>

#define CAP_MIN 1024

void ph_chosen_init(struct ph_chosen *chosen, const uint8_t seed[static 32])
{
    *chosen = (struct ph_chosen){.v = NULL};
    memcpy(chosen->seed, seed, sizeof(chosen->seed));
}

void ph_chosen_done(struct ph_chosen *chosen)
{
    free(chosen->v);
    chosen->v = NULL;
    chosen->n = chosen->cap = 0;
}

void ph_chosen_key(uint8_t out[static 16], const struct ph_chosen *chosen, const char *stix_id)
{
    struct ph_bytes id = ph_bytes_str(stix_id);
    struct ph_hash hash = ph_hash_keyed("export choice", chosen->seed, &id, 1);
    memcpy(out, hash.b, 16);
}

/* Where @key is, or where it would be put. @cap is a power of two, and never full. */
static struct ph_chosen_version *place(struct ph_chosen_version *v, size_t cap,
                                       const uint8_t key[static 16])
{
    size_t i = (size_t)ph_get_be64(key) & (cap - 1);
    while (v[i].is_used && memcmp(v[i].key, key, 16) != 0) /* public */
        i = (i + 1) & (cap - 1);
    return &v[i];
}

static enum ph_err grow(struct ph_chosen *chosen)
{
    size_t cap = chosen->cap ? chosen->cap * 2 : CAP_MIN;
    struct ph_chosen_version *v = (struct ph_chosen_version *)calloc(cap, sizeof(*v));
    if (v == NULL)
        return PH_ERR_NOMEM;
    for (size_t i = 0; i < chosen->cap; i++)
        if (chosen->v[i].is_used)
            *place(v, cap, chosen->v[i].key) = chosen->v[i];
    free(chosen->v);
    chosen->v = v;
    chosen->cap = cap;
    return PH_OK;
}

static bool is_later(const struct ph_chosen_version *a, const struct ph_chosen_version *b)
{
    if (a->modified != b->modified)
        return a->modified > b->modified;
    if (a->modified_nanos != b->modified_nanos)
        return a->modified_nanos > b->modified_nanos;
    return ph_id_cmp(&a->record, &b->record) > 0;
}

static bool goes_before(const struct ph_chosen_version *a, const struct ph_chosen_version *b)
{
    if (ph_code_cmp(&a->org, &b->org) == 0)
        return is_later(a, b);
    if (a->is_owner != b->is_owner)
        return a->is_owner;
    if (a->created != b->created)
        return a->created < b->created;
    return ph_code_cmp(&a->org, &b->org) < 0; /* whatever the order they were offered in */
}

enum ph_err ph_chosen_offer(struct ph_chosen *chosen, const struct ph_chosen_version *version)
{
    if (chosen->n * 4 >= chosen->cap * 3 && grow(chosen))
        return PH_ERR_NOMEM;
    struct ph_chosen_version *at = place(chosen->v, chosen->cap, version->key);
    if (at->is_used && !goes_before(version, at))
        return PH_OK;
    chosen->n += !at->is_used;
    *at = *version;
    at->is_used = true;
    return PH_OK;
}

const struct ph_chosen_version *ph_chosen_find(const struct ph_chosen *chosen, const char *stix_id)
{
    uint8_t key[16];
    if (chosen->n == 0)
        return NULL;
    ph_chosen_key(key, chosen, stix_id);
    const struct ph_chosen_version *at = place(chosen->v, chosen->cap, key);
    return at->is_used ? at : NULL;
}
