/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/trust/members.h"

#include <stdlib.h>

#include "proto/base/assert.h"
#include "proto/trust/fields.h"
#include "proto/trust/members_priv.h"

struct ph_members *ph_members_ref(const struct ph_members *members)
{
    /* The count is the one part of a view that changes, and it belongs to no caller. */
    struct ph_members *counted = (struct ph_members *)(uintptr_t)members;
    atomic_fetch_add_explicit(&counted->refs, 1, memory_order_relaxed);
    return counted;
}

void ph_members_unref(struct ph_members *members)
{
    if (!members || atomic_fetch_sub_explicit(&members->refs, 1, memory_order_acq_rel) > 1)
        return;
    ph__chain_unref(members->chain);
    for (size_t i = 0; i < members->n_cards; i++)
        ph__card_entry_unref(members->cards[i]);
    free(members->cards);
    free(members->by_sign);
    free(members->by_transport);
    free(members->current);
    free(members);
}

/* A view under construction that has what @base has (nothing when NULL), without its indexes. */
static enum ph_err begin(struct ph_members **out, const struct ph_members *base)
{
    struct ph_members *members = calloc(1, sizeof(*members));
    if (!members)
        return PH_ERR_NOMEM;
    atomic_init(&members->refs, 1);
    if (base) {
        members->cards = ph__memdup(base->cards, base->n_cards, sizeof(*base->cards));
        if (!members->cards && base->n_cards > 0) {
            free(members);
            return PH_ERR_NOMEM;
        }
        members->n_cards = base->n_cards;
        for (size_t i = 0; i < members->n_cards; i++)
            atomic_fetch_add_explicit(&members->cards[i]->refs, 1, memory_order_relaxed);
        members->chain = ph__chain_ref(base->chain);
    }
    *out = members;
    return PH_OK;
}

static enum ph_err add_rosters(struct ph_members *members, const struct ph_bytes *rosters, size_t n,
                               bool *taken, struct ph_members_result *result, struct ph_why *why)
{
    struct ph__chain *shared = members->chain;
    bool owned = false;
    for (size_t i = 0; i < n; i++) {
        enum ph__taken what = PH__PASSED_OVER;
        enum ph_err err = ph__chain_add(&members->chain, &owned, rosters[i], &what, why);
        if (shared && members->chain != shared) { /* a copy took its place in this view */
            ph__chain_unref(shared);
            shared = NULL;
        }
        if (err)
            return ph_why_wrap(why, err, "roster document %zu of %zu", i + 1, n);
        result->n_rosters_new += what == PH__TAKEN;
        result->equivocation |= what == PH__EQUIVOCATION;
        if (taken)
            taken[i] = what == PH__TAKEN;
    }
    return PH_OK;
}

static enum ph_err add_cards(struct ph_members *members, const struct ph_bytes *cards, size_t n,
                             bool *taken, struct ph_members_result *result, struct ph_why *why)
{
    for (size_t i = 0; i < n; i++) {
        enum ph__taken what = PH__PASSED_OVER;
        enum ph_err err = ph__cards_add(members, cards[i], &what, &result->equivocation, why);
        if (err)
            return ph_why_wrap(why, err, "card document %zu of %zu", i + 1, n);
        result->n_cards_new += what == PH__TAKEN;
        if (taken)
            taken[i] = what == PH__TAKEN;
    }
    return PH_OK;
}

enum ph_err ph_members_new(struct ph_members **out, const struct ph_bytes *rosters,
                           size_t n_rosters, const struct ph_bytes *cards, size_t n_cards,
                           struct ph_why *why)
{
    if (n_rosters == 0)
        return ph_fail(why, PH_ERR_INPUT, "no roster: a community begins with its first");
    struct ph_members *members;
    struct ph_members_result result = {0};
    enum ph_err err = begin(&members, NULL);
    if (err)
        return ph_fail(why, err, "out of memory for the view of members");
    err = add_rosters(members, rosters, n_rosters, NULL, &result, why);
    if (!err)
        err = add_cards(members, cards, n_cards, NULL, &result, why);
    if (!err)
        err = ph__index_build(members, NULL, why);
    if (err) {
        ph_members_unref(members);
        return err;
    }
    *out = members;
    return PH_OK;
}

enum ph_err ph_members_extend(struct ph_members **out, const struct ph_members *base,
                              const struct ph_bytes *rosters, size_t n_rosters,
                              const struct ph_bytes *cards, size_t n_cards, bool *taken_rosters,
                              bool *taken_cards, struct ph_members_result *result,
                              struct ph_why *why)
{
    struct ph_members *members;
    struct ph_members_result what = {0};
    enum ph_err err = begin(&members, base);
    if (err)
        return ph_fail(why, err, "out of memory for the view of members");
    err = add_rosters(members, rosters, n_rosters, taken_rosters, &what, why);
    if (!err)
        err = add_cards(members, cards, n_cards, taken_cards, &what, why);
    what.changed = what.n_rosters_new > 0 || what.n_cards_new > 0;
    if (!err && what.changed)
        err = ph__index_build(members, base, why);
    if (err || !what.changed) {
        ph_members_unref(members);
        members = err ? NULL : ph_members_ref(base);
    }
    if (err)
        return err;
    *out = members;
    if (result)
        *result = what;
    return PH_OK;
}

const struct ph_hash *ph_members_community(const struct ph_members *members)
{
    return &members->chain->community;
}

const struct ph_roster *ph_members_roster(const struct ph_members *members)
{
    return ph__chain_newest(members->chain);
}

struct ph_hash ph_members_roster_hash(const struct ph_members *members)
{
    return members->chain->rosters[members->chain->n_rosters - 1]->hash;
}

struct ph_hash ph_members_cards_digest(const struct ph_members *members)
{
    return members->cards_digest;
}

struct ph_bytes ph_members_roster_bytes(const struct ph_members *members, uint64_t seq)
{
    if (seq == 0 || seq > members->chain->n_rosters)
        return ph_bytes(NULL, 0);
    return ph_buf_bytes(&members->chain->rosters[seq - 1]->bytes);
}

const struct ph_card *ph_members_card(const struct ph_members *members, const struct ph_code *org)
{
    const struct ph__card_entry *entry = ph__cards_find(members, org);
    return entry ? entry->card : NULL;
}

struct ph_bytes ph_members_card_bytes(const struct ph_members *members, const struct ph_code *org)
{
    const struct ph__card_entry *entry = ph__cards_find(members, org);
    return entry ? ph_buf_bytes(&entry->bytes) : ph_bytes(NULL, 0);
}

size_t ph_members_n_cards(const struct ph_members *members)
{
    return members->n_cards;
}

const struct ph_card *ph_members_card_at(const struct ph_members *members, size_t i,
                                         struct ph_bytes *out_bytes)
{
    PH_ASSERT(i < members->n_cards);
    if (out_bytes)
        *out_bytes = ph_buf_bytes(&members->cards[i]->bytes);
    return members->cards[i]->card;
}

uint64_t ph_members_key_seq(const struct ph_members *members, const struct ph_code *org)
{
    const struct ph_roster_org *member = ph_roster_org(ph_members_roster(members), org);
    const struct ph__era *era = member ? ph__chain_era(members->chain, org, &member->key) : NULL;
    return era ? era->seq : 0;
}

struct ph_member_node ph__member_node(const struct ph_members *members,
                                      const struct ph__node_ref *ref)
{
    const struct ph_card *card = ref->card->card;
    return (struct ph_member_node){.node = ph__node_of(ref),
                                   .card = card,
                                   .org = ph_roster_org(ph_members_roster(members), &card->org)};
}

static int sign_key_cmp(const void *key, const void *ref)
{
    return ph__key_cmp(key, &ph__node_of(ref)->sign_key);
}

static int transport_key_cmp(const void *key, const void *ref)
{
    return ph__key_cmp(key, &ph__node_of(ref)->transport_key);
}

const struct ph__node_ref *ph__by_sign_key(const struct ph_members *members,
                                           const struct ph_node_key *key)
{
    return bsearch(key->b, members->by_sign, members->n_nodes, sizeof(*members->by_sign),
                   sign_key_cmp);
}

const struct ph__node_ref *ph__by_transport_key(const struct ph_members *members,
                                                const struct ph_transport_key *key)
{
    return bsearch(key->b, members->by_transport, members->n_nodes, sizeof(*members->by_transport),
                   transport_key_cmp);
}

bool ph_members_by_sign_key(const struct ph_members *members, const struct ph_node_key *key,
                            struct ph_member_node *out)
{
    const struct ph__node_ref *ref = ph__by_sign_key(members, key);
    if (ref)
        *out = ph__member_node(members, ref);
    return ref != NULL;
}

bool ph_members_by_transport_key(const struct ph_members *members,
                                 const struct ph_transport_key *key, struct ph_member_node *out)
{
    const struct ph__node_ref *ref = ph__by_transport_key(members, key);
    if (ref)
        *out = ph__member_node(members, ref);
    return ref != NULL;
}

size_t ph_members_n_nodes(const struct ph_members *members)
{
    return members->n_current;
}

struct ph_member_node ph_members_node(const struct ph_members *members, size_t i)
{
    PH_ASSERT(i < members->n_current);
    return ph__member_node(members, &members->current[i]);
}
