/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/trust/roster.h"

#include <stdlib.h>

#include "proto/trust/fields.h"
#include "proto/trust/roster_priv.h"

static const char *const KINDS[PH__N_ORG_KINDS] = {
    [PH_ORG_OPERATOR] = "operator",
    [PH_ORG_REGULATOR] = "regulator",
    [PH_ORG_GOVERNMENT] = "government",
    [PH_ORG_PARTNER] = "partner",
};

const char *ph_org_kind_text(enum ph_org_kind kind)
{
    return (unsigned)kind < PH__N_ORG_KINDS ? KINDS[kind] : "unknown kind";
}

enum ph_err ph_org_kind_parse(enum ph_org_kind *out, struct ph_bytes text, struct ph_why *why)
{
    for (unsigned i = 0; i < PH__N_ORG_KINDS; i++) {
        if (ph_bytes_equal(text, ph_bytes_str(KINDS[i]))) {
            *out = (enum ph_org_kind)i;
            return PH_OK;
        }
    }
    char safe[48];
    return ph_fail(why, PH_ERR_INPUT,
                   "kind \"%s\" is not operator, regulator, government or partner",
                   ph_text_safe(safe, sizeof(safe), text));
}

void ph_roster_free(struct ph_roster *roster)
{
    if (!roster)
        return;
    for (size_t i = 0; i < roster->n_groups; i++)
        free(roster->groups[i].members);
    free(roster->groups);
    free(roster->stewards);
    free(roster->orgs);
    free(roster->removed);
    free(roster->sigs);
    free(roster);
}

/* Copies the groups, each with its members; NULL when memory runs out (nothing is left behind). */
static struct ph_group *copy_groups(const struct ph_group *groups, size_t n)
{
    struct ph_group *copy = ph__memdup(groups, n, sizeof(*groups));
    if (!copy)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        copy[i].members =
            ph__memdup(groups[i].members, groups[i].n_members, sizeof(*groups[i].members));
        if (!copy[i].members && groups[i].n_members > 0) {
            while (i-- > 0)
                free(copy[i].members);
            free(copy);
            return NULL;
        }
    }
    return copy;
}

enum ph_err ph_roster_copy(struct ph_roster **out, const struct ph_roster *roster)
{
    struct ph_roster *copy = calloc(1, sizeof(*copy));
    if (!copy)
        return PH_ERR_NOMEM;
    *copy = *roster;
    copy->stewards = ph__memdup(roster->stewards, roster->n_stewards, sizeof(*roster->stewards));
    copy->orgs = ph__memdup(roster->orgs, roster->n_orgs, sizeof(*roster->orgs));
    copy->removed = ph__memdup(roster->removed, roster->n_removed, sizeof(*roster->removed));
    copy->sigs = ph__memdup(roster->sigs, roster->n_sigs, sizeof(*roster->sigs));
    copy->groups = copy_groups(roster->groups, roster->n_groups);
    if (!copy->groups)
        copy->n_groups = 0; /* so that freeing does not look into it */
    if ((!copy->stewards && roster->n_stewards > 0) || (!copy->orgs && roster->n_orgs > 0) ||
        (!copy->removed && roster->n_removed > 0) || (!copy->sigs && roster->n_sigs > 0) ||
        (!copy->groups && roster->n_groups > 0)) {
        ph_roster_free(copy);
        return PH_ERR_NOMEM;
    }
    *out = copy;
    return PH_OK;
}

static int by_code(const void *key, const void *element)
{
    return ph_code_cmp(key, &((const struct ph_roster_org *)element)->code);
}

const struct ph_roster_org *ph_roster_org(const struct ph_roster *roster,
                                          const struct ph_code *code)
{
    if (roster->n_orgs == 0)
        return NULL;
    return bsearch(code, roster->orgs, roster->n_orgs, sizeof(*roster->orgs), by_code);
}

const struct ph_group *ph_roster_group(const struct ph_roster *roster, const struct ph_hash *id)
{
    for (size_t i = 0; i < roster->n_groups; i++)
        if (ph_hash_equal(&roster->groups[i].id, id))
            return &roster->groups[i];
    return NULL;
}

const struct ph_group *ph_roster_group_named(const struct ph_roster *roster, struct ph_bytes name)
{
    for (size_t i = 0; i < roster->n_groups; i++)
        if (ph_bytes_equal(ph_bytes_str(roster->groups[i].name), name))
            return &roster->groups[i];
    return NULL;
}

static int code_cmp(const void *a, const void *b)
{
    return ph_code_cmp(a, b);
}

bool ph_group_has(const struct ph_group *group, const struct ph_code *code)
{
    return group->n_members > 0 && bsearch(code, group->members, group->n_members,
                                           sizeof(*group->members), code_cmp) != NULL;
}

bool ph_roster_has_steward(const struct ph_roster *roster, const struct ph_steward_key *key)
{
    for (size_t i = 0; i < roster->n_stewards; i++)
        if (ph_steward_key_equal(&roster->stewards[i], key))
            return true;
    return false;
}

const struct ph_removed *ph_roster_removed(const struct ph_roster *roster,
                                           const struct ph_code *code)
{
    size_t low = 0; /* first entry of a later code */
    size_t high = roster->n_removed;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ph_code_cmp(&roster->removed[middle].code, code) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low > 0 && ph_code_cmp(&roster->removed[low - 1].code, code) == 0;
    return found ? &roster->removed[low - 1] : NULL;
}
