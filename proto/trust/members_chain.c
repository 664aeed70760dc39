/* SPDX-License-Identifier: Apache-2.0
 *
 * The chain inside the view: rosters in order, and the eras of organisation keys. */
#include <stdlib.h>

#include "proto/base/assert.h"
#include "proto/trust/fields.h"
#include "proto/trust/members_priv.h"
#include "proto/trust/roster_priv.h"

static void roster_entry_unref(struct ph__roster_entry *entry)
{
    if (!entry || atomic_fetch_sub_explicit(&entry->refs, 1, memory_order_acq_rel) > 1)
        return;
    ph_roster_free(entry->roster);
    ph_buf_done(&entry->bytes);
    free(entry);
}

struct ph__chain *ph__chain_ref(struct ph__chain *chain)
{
    atomic_fetch_add_explicit(&chain->refs, 1, memory_order_relaxed);
    return chain;
}

void ph__chain_unref(struct ph__chain *chain)
{
    if (!chain || atomic_fetch_sub_explicit(&chain->refs, 1, memory_order_acq_rel) > 1)
        return;
    for (size_t i = 0; i < chain->n_rosters; i++)
        roster_entry_unref(chain->rosters[i]);
    free(chain->rosters);
    free(chain->eras);
    free(chain);
}

enum ph_err ph__chain_copy(struct ph__chain **out, const struct ph__chain *chain)
{
    struct ph__chain *copy = calloc(1, sizeof(*copy));
    if (!copy)
        return PH_ERR_NOMEM;
    atomic_init(&copy->refs, 1);
    copy->community = chain->community;
    copy->rosters = ph__memdup(chain->rosters, chain->n_rosters, sizeof(*chain->rosters));
    copy->eras = ph__memdup(chain->eras, chain->n_eras, sizeof(*chain->eras));
    if (!copy->rosters || (!copy->eras && chain->n_eras > 0)) {
        ph__chain_unref(copy); /* n_rosters is still 0: the entries stay the original's */
        return PH_ERR_NOMEM;
    }
    copy->n_rosters = chain->n_rosters;
    copy->n_eras = chain->n_eras;
    for (size_t i = 0; i < copy->n_rosters; i++)
        atomic_fetch_add_explicit(&copy->rosters[i]->refs, 1, memory_order_relaxed);
    *out = copy;
    return PH_OK;
}

/* First era of @code, or where it would stand. */
static size_t era_place(const struct ph__chain *chain, const struct ph_code *code)
{
    size_t low = 0;
    size_t high = chain->n_eras;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ph_code_cmp(&chain->eras[middle].code, code) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct ph__era *ph__chain_eras(const struct ph__chain *chain, const struct ph_code *code,
                                     size_t *out_n)
{
    size_t at = era_place(chain, code);
    size_t n = 0;
    while (at + n < chain->n_eras && ph_code_cmp(&chain->eras[at + n].code, code) == 0)
        n++;
    *out_n = n;
    return n > 0 ? &chain->eras[at] : NULL;
}

const struct ph__era *ph__chain_era(const struct ph__chain *chain, const struct ph_code *code,
                                    const struct ph_org_key *key)
{
    size_t n;
    const struct ph__era *eras = ph__chain_eras(chain, code, &n);
    while (n-- > 0)
        if (ph_org_key_equal(&eras[n].key, key))
            return &eras[n];
    return NULL;
}

static int era_cmp(const void *a, const void *b)
{
    const struct ph__era *x = a;
    const struct ph__era *y = b;
    int order = ph_code_cmp(&x->code, &y->code);
    return order != 0 ? order : (x->seq > y->seq) - (x->seq < y->seq);
}

static int era_key_cmp(const void *a, const void *b)
{
    const struct ph__era *x = *(const struct ph__era *const *)a;
    const struct ph__era *y = *(const struct ph__era *const *)b;
    int order = ph__key_cmp(&x->key, &y->key);
    return order != 0 ? order : era_cmp(x, y);
}

/* A key was one organisation's for ever, and one that was replaced is not set again: the cards of
 * its first era would count once more. The same organisation coming back with the key it left with
 * is two eras with nothing between them. */
static enum ph_err check_pair(const struct ph__chain *chain, const struct ph__era *first,
                              const struct ph__era *second, struct ph_why *why)
{
    if (!ph_org_key_equal(&first->key, &second->key))
        return PH_OK;
    if (ph_code_cmp(&first->code, &second->code) != 0)
        return ph_fail(why, PH_ERR_RANGE, "one organisation key was given to %s and to %s",
                       first->code.s, second->code.s);
    size_t n;
    const struct ph__era *eras = ph__chain_eras(chain, &first->code, &n);
    for (size_t i = 0; i < n; i++)
        if (eras[i].seq > first->seq && eras[i].seq < second->seq)
            return ph_fail(why, PH_ERR_RANGE, "%s gets back an organisation key that was replaced",
                           first->code.s);
    return PH_OK;
}

static enum ph_err check_eras(const struct ph__chain *chain, struct ph_why *why)
{
    const struct ph__era **sorted = calloc(chain->n_eras, sizeof(const struct ph__era *));
    if (!sorted)
        return ph_fail(why, PH_ERR_NOMEM, "out of memory for a roster");
    for (size_t i = 0; i < chain->n_eras; i++)
        sorted[i] = &chain->eras[i];
    qsort(sorted, chain->n_eras, sizeof(const struct ph__era *), era_key_cmp);
    enum ph_err err = PH_OK;
    for (size_t i = 1; i < chain->n_eras && !err; i++)
        err = check_pair(chain, sorted[i - 1], sorted[i], why);
    free(sorted);
    return err;
}

static bool begins_era(const struct ph_roster *last, const struct ph_roster_org *org)
{
    const struct ph_roster_org *before = last ? ph_roster_org(last, &org->code) : NULL;
    return !before || !ph_org_key_equal(&before->key, &org->key);
}

/* Adds the eras that @next begins, @last being the roster before it or NULL. */
static enum ph_err add_eras(struct ph__chain *chain, const struct ph_roster *last,
                            const struct ph_roster *next, struct ph_why *why)
{
    size_t n_new = 0;
    for (size_t i = 0; i < next->n_orgs; i++)
        n_new += begins_era(last, &next->orgs[i]);
    if (n_new == 0)
        return PH_OK;
    struct ph__era *grown = realloc(chain->eras, (chain->n_eras + n_new) * sizeof(*grown));
    if (!grown)
        return ph_fail(why, PH_ERR_NOMEM, "out of memory for a roster");
    chain->eras = grown;
    for (size_t i = 0; i < next->n_orgs; i++) {
        const struct ph_roster_org *org = &next->orgs[i];
        if (begins_era(last, org))
            chain->eras[chain->n_eras++] = (struct ph__era){
                .code = org->code, .key = org->key, .seq = next->seq, .issued = next->issued};
    }
    qsort(chain->eras, chain->n_eras, sizeof(*chain->eras), era_cmp);
    return check_eras(chain, why);
}

/* Takes @entry, also on failure. */
static enum ph_err take_entry(struct ph__chain *chain, struct ph__roster_entry *entry,
                              struct ph_why *why)
{
    const struct ph_roster *last = chain->n_rosters > 0 ? ph__chain_newest(chain) : NULL;
    struct ph__roster_entry **grown =
        realloc(chain->rosters, (chain->n_rosters + 1) * sizeof(*grown));
    if (!grown) {
        roster_entry_unref(entry);
        return ph_fail(why, PH_ERR_NOMEM, "out of memory for a roster");
    }
    chain->rosters = grown;
    chain->rosters[chain->n_rosters++] = entry;
    return add_eras(chain, last, entry->roster, why);
}

static enum ph_err decode_entry(struct ph__roster_entry **out, struct ph_bytes bytes,
                                const struct ph_roster *known, struct ph_why *why)
{
    struct ph__roster_entry *entry = calloc(1, sizeof(*entry));
    if (!entry)
        return ph_fail(why, PH_ERR_NOMEM, "out of memory for a roster");
    atomic_init(&entry->refs, 1);
    entry->bytes = ph_buf(PH_ROSTER_MAX);
    enum ph_err err = ph__roster_decode(&entry->roster, bytes, known, why);
    if (!err)
        err = ph_buf_add(&entry->bytes, bytes);
    if (!err)
        err = ph_roster_hash(&entry->hash, entry->roster);
    if (err) {
        roster_entry_unref(entry);
        return err;
    }
    *out = entry;
    return PH_OK;
}

/* A roster of a seq that is known already: the same one, or a fork. A fork that is valid where it
 * stands is evidence against the stewards; one that is not is only a bad document. */
static enum ph_err judge_known_seq(const struct ph__chain *chain,
                                   const struct ph__roster_entry *entry, enum ph__taken *out,
                                   struct ph_why *why)
{
    uint64_t seq = entry->roster->seq;
    if (ph_hash_equal(&entry->hash, &chain->rosters[seq - 1]->hash)) {
        *out = PH__PASSED_OVER;
        return PH_OK;
    }
    if (seq == 1)
        return ph_fail(why, PH_ERR_COMMUNITY, "roster 1 is the first of another community");
    enum ph_err err =
        ph_chain_check_next(&chain->community, chain->rosters[seq - 2]->roster, entry->roster, why);
    if (!err)
        *out = PH__EQUIVOCATION;
    return err;
}

static enum ph_err begin_chain(struct ph__chain **chain, struct ph__roster_entry *entry,
                               struct ph_why *why)
{
    struct ph__chain *begun = calloc(1, sizeof(*begun));
    if (!begun) {
        roster_entry_unref(entry);
        return ph_fail(why, PH_ERR_NOMEM, "out of memory for a roster");
    }
    atomic_init(&begun->refs, 1);
    enum ph_err err = ph_chain_check_genesis(&begun->community, entry->roster, why);
    if (err)
        roster_entry_unref(entry);
    else
        err = take_entry(begun, entry, why);
    if (err) {
        ph__chain_unref(begun);
        return err;
    }
    *chain = begun;
    return PH_OK;
}

/* Adds a roster that is newer than all, to a copy when the chain is shared. Takes @entry. */
static enum ph_err add_newer(struct ph__chain **chain, bool *owned, struct ph__roster_entry *entry,
                             struct ph_why *why)
{
    enum ph_err err =
        ph_chain_check_next(&(*chain)->community, ph__chain_newest(*chain), entry->roster, why);
    struct ph__chain *copy = NULL;
    if (!err && !*owned)
        err = ph__chain_copy(&copy, *chain);
    if (err) {
        roster_entry_unref(entry);
        return err;
    }
    if (copy) {
        *chain = copy; /* the shared one keeps the reference that its view has */
        *owned = true;
    }
    return take_entry(*chain, entry, why);
}

enum ph_err ph__chain_add(struct ph__chain **chain, bool *owned, struct ph_bytes bytes,
                          enum ph__taken *out, struct ph_why *why)
{
    const struct ph_roster *newest = *chain ? ph__chain_newest(*chain) : NULL;
    struct ph__roster_entry *entry = NULL;
    enum ph_err err = decode_entry(&entry, bytes, newest, why);
    if (err)
        return err;
    if (newest && entry->roster->seq <= newest->seq) {
        err = judge_known_seq(*chain, entry, out, why);
        roster_entry_unref(entry);
        return err;
    }
    if (newest) {
        err = add_newer(chain, owned, entry, why);
    } else {
        err = begin_chain(chain, entry, why);
        *owned = true;
    }
    if (!err)
        *out = PH__TAKEN;
    return err;
}
