/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/secret.h"

#include <sodium.h>
#include <stdlib.h>

#include "proto/base/assert.h"

/* Far above any real number of keys; keeps size arithmetic from wrapping. */
#define SLOTS_MAX (1u << 20)

struct ph_vault {
    struct ph_secret *slots; /* one guarded, locked allocation */
    size_t n_slots;
    size_t n_free;
    uint32_t *free_slots; /* stack of indexes, the next one to give on top */
    bool *used;
};

static void vault_unmake(struct ph_vault *vault)
{
    sodium_free(vault->slots); /* wipes and unlocks; takes NULL */
    free(vault->free_slots);
    free(vault->used);
    free(vault);
}

enum ph_err ph_vault_new(struct ph_vault **out, size_t n_slots, bool *out_locked)
{
    if (n_slots == 0 || n_slots > SLOTS_MAX)
        return PH_ERR_LIMIT;
    struct ph_vault *vault = calloc(1, sizeof(*vault));
    if (!vault)
        return PH_ERR_NOMEM;
    vault->slots = sodium_allocarray(n_slots, sizeof(struct ph_secret));
    vault->free_slots = calloc(n_slots, sizeof(*vault->free_slots));
    vault->used = calloc(n_slots, sizeof(*vault->used));
    if (!vault->slots || !vault->free_slots || !vault->used) {
        vault_unmake(vault);
        return PH_ERR_NOMEM;
    }

    vault->n_slots = n_slots;
    vault->n_free = n_slots;
    for (size_t i = 0; i < n_slots; i++)
        vault->free_slots[i] = (uint32_t)(n_slots - 1 - i);
    sodium_memzero(vault->slots, n_slots * sizeof(struct ph_secret));

    /* sodium_malloc() asks for locking and MADV_DONTDUMP but does not say whether it got them.
     * Asking once more costs nothing (locks do not nest) and answers. */
    bool locked = sodium_mlock(vault->slots, n_slots * sizeof(struct ph_secret)) == 0;
    if (out_locked)
        *out_locked = locked;
    *out = vault;
    return PH_OK;
}

void ph_vault_free(struct ph_vault *vault)
{
    if (vault)
        vault_unmake(vault);
}

struct ph_secret *ph_secret_new(struct ph_vault *vault)
{
    if (vault->n_free == 0)
        return NULL;
    uint32_t i = vault->free_slots[--vault->n_free];
    PH_ASSERT(!vault->used[i]);
    vault->used[i] = true;
    return &vault->slots[i];
}

void ph_secret_free(struct ph_vault *vault, struct ph_secret *secret)
{
    if (!secret)
        return;
    PH_ASSERT(secret >= vault->slots && secret < vault->slots + vault->n_slots);
    size_t i = (size_t)(secret - vault->slots);
    PH_ASSERT(&vault->slots[i] == secret);
    PH_ASSERT(vault->used[i]);
    ph_wipe(secret, sizeof(*secret));
    vault->used[i] = false;
    vault->free_slots[vault->n_free++] = (uint32_t)i;
}

void ph_wipe(void *p, size_t n)
{
    sodium_memzero(p, n);
}

bool ph_secret_equal(const void *a, const void *b, size_t n)
{
    return sodium_memcmp(a, b, n) == 0;
}
