/* SPDX-License-Identifier: Apache-2.0
 *
 * The lists of nodes inside the view, in order of their keys, and the digest of the cards. */
#include <stdlib.h>

#include "proto/base/hash.h"
#include "proto/trust/fields.h"
#include "proto/trust/members_priv.h"

static int by_sign(const void *a, const void *b)
{
    return ph__key_cmp(&ph__node_of(a)->sign_key, &ph__node_of(b)->sign_key);
}

static int by_transport(const void *a, const void *b)
{
    return ph__key_cmp(&ph__node_of(a)->transport_key, &ph__node_of(b)->transport_key);
}

/* A set of cards, in order of their addresses. The sets here are what changed: mostly small. */
struct entry_set {
    const struct ph__card_entry **v;
    size_t n;
};

static int by_address(const void *a, const void *b)
{
    uintptr_t x = (uintptr_t) * (const struct ph__card_entry *const *)a;
    uintptr_t y = (uintptr_t) * (const struct ph__card_entry *const *)b;
    return (x > y) - (x < y);
}

static bool set_has(const struct entry_set *set, const struct ph__card_entry *entry)
{
    return set->n > 0 &&
           bsearch(&entry, set->v, set->n, sizeof(const struct ph__card_entry *), by_address);
}

/* The cards that @a has and @b, which may be NULL, has not. Both lists are in order of codes, so
 * one walk over both finds them. */
static enum ph_err only_in(struct entry_set *out, const struct ph_members *a,
                           const struct ph_members *b)
{
    size_t n_b = b ? b->n_cards : 0;
    size_t j = 0;
    *out = (struct entry_set){.v = calloc(a->n_cards + 1, sizeof(const struct ph__card_entry *))};
    if (!out->v)
        return PH_ERR_NOMEM;
    for (size_t i = 0; i < a->n_cards; i++) {
        const struct ph__card_entry *entry = a->cards[i];
        while (j < n_b && b->cards[j] != entry &&
               ph_code_cmp(&b->cards[j]->card->org, &entry->card->org) < 0)
            j++;
        if (j == n_b || b->cards[j] != entry)
            out->v[out->n++] = entry;
    }
    qsort(out->v, out->n, sizeof(const struct ph__card_entry *), by_address);
    return PH_OK;
}

/* The cards of organisations that are not on the newest roster; it is in order of codes too. */
static enum ph_err gone_cards(struct entry_set *out, const struct ph_members *members)
{
    const struct ph_roster *roster = ph__chain_newest(members->chain);
    size_t j = 0;
    *out = (struct entry_set){
        .v = calloc(members->n_cards + 1, sizeof(const struct ph__card_entry *))};
    if (!out->v)
        return PH_ERR_NOMEM;
    for (size_t i = 0; i < members->n_cards; i++) {
        const struct ph_code *code = &members->cards[i]->card->org;
        while (j < roster->n_orgs && ph_code_cmp(&roster->orgs[j].code, code) < 0)
            j++;
        if (j == roster->n_orgs || ph_code_cmp(&roster->orgs[j].code, code) != 0)
            out->v[out->n++] = members->cards[i];
    }
    qsort(out->v, out->n, sizeof(const struct ph__card_entry *), by_address);
    return PH_OK;
}

/* What changed from the view before: its cards that are no more, and those it had not. */
struct change {
    struct entry_set dropped;
    struct entry_set added;
};

/* The nodes of added cards, in the order of @cmp. @out is NULL when there are none. */
static enum ph_err new_nodes(struct ph__node_ref **out, size_t *out_n,
                             const struct entry_set *added, int (*cmp)(const void *, const void *))
{
    size_t n = 0;
    for (size_t i = 0; i < added->n; i++)
        n += added->v[i]->card->n_nodes;
    *out = NULL;
    *out_n = 0;
    if (n == 0)
        return PH_OK;
    struct ph__node_ref *list = calloc(n, sizeof(*list));
    if (!list)
        return PH_ERR_NOMEM;
    size_t at = 0;
    for (size_t i = 0; i < added->n; i++)
        for (size_t j = 0; j < added->v[i]->card->n_nodes; j++)
            list[at++] = (struct ph__node_ref){.card = added->v[i], .index = (uint32_t)j};
    qsort(list, n, sizeof(*list), cmp);
    *out = list;
    *out_n = n;
    return PH_OK;
}

/* What is left of the list before and the new nodes, merged. */
static enum ph_err merge(struct ph__node_ref **out, size_t *out_n,
                         const struct ph__node_ref *before, size_t n_before,
                         const struct change *change, int (*cmp)(const void *, const void *))
{
    struct ph__node_ref *added;
    size_t n_added;
    enum ph_err err = new_nodes(&added, &n_added, &change->added, cmp);
    if (err)
        return err;
    struct ph__node_ref *list = calloc(n_before + n_added + 1, sizeof(*list));
    if (!list) {
        free(added);
        return PH_ERR_NOMEM;
    }
    size_t n = 0;
    size_t a = 0;
    for (size_t i = 0; i < n_before; i++) {
        if (set_has(&change->dropped, before[i].card))
            continue;
        while (a < n_added && cmp(&added[a], &before[i]) < 0)
            list[n++] = added[a++];
        list[n++] = before[i];
    }
    while (a < n_added)
        list[n++] = added[a++];
    free(added);
    *out = list;
    *out_n = n;
    return PH_OK;
}

static enum ph_err merge_both(struct ph_members *members, const struct ph_members *base)
{
    struct change change = {0};
    size_t n_before = base ? base->n_nodes : 0;
    size_t n_transport;
    enum ph_err err = only_in(&change.added, members, base);
    if (!err && base)
        err = only_in(&change.dropped, base, members);
    if (!err)
        err = merge(&members->by_sign, &members->n_nodes, base ? base->by_sign : NULL, n_before,
                    &change, by_sign);
    if (!err)
        err = merge(&members->by_transport, &n_transport, base ? base->by_transport : NULL,
                    n_before, &change, by_transport);
    free(change.added.v);
    free(change.dropped.v);
    return err;
}

/* A key stands once on its own card (card_check.c), so twice here means two organisations. */
static enum ph_err check_one_owner(const struct ph__node_ref *list, size_t n, const char *noun,
                                   int (*cmp)(const void *, const void *), struct ph_why *why)
{
    for (size_t i = 1; i < n; i++)
        if (cmp(&list[i - 1], &list[i]) == 0)
            return ph_fail(why, PH_ERR_CONFLICT, "%s and %s both list one %s",
                           list[i - 1].card->card->org.s, list[i].card->card->org.s, noun);
    return PH_OK;
}

/* The nodes of members, and the digest of their cards, which lie in order of codes already. */
static enum ph_err pick_current(struct ph_members *members)
{
    struct entry_set gone;
    struct ph_hasher h;
    enum ph_err err = gone_cards(&gone, members);
    if (err)
        return err;
    members->current = calloc(members->n_nodes + 1, sizeof(*members->current));
    if (!members->current) {
        free(gone.v);
        return PH_ERR_NOMEM;
    }
    for (size_t i = 0; i < members->n_nodes; i++)
        if (!set_has(&gone, members->by_sign[i].card))
            members->current[members->n_current++] = members->by_sign[i];
    ph_hasher_init(&h, "cards");
    for (size_t i = 0; i < members->n_cards; i++) {
        const struct ph__card_entry *entry = members->cards[i];
        if (set_has(&gone, entry))
            continue;
        ph_hasher_add(&h, ph_bytes(entry->card->org.s, sizeof(entry->card->org.s)));
        ph_hasher_add(&h, ph_bytes(entry->hash.b, sizeof(entry->hash.b)));
    }
    members->cards_digest = ph_hasher_end(&h);
    free(gone.v);
    return PH_OK;
}

enum ph_err ph__index_build(struct ph_members *members, const struct ph_members *base,
                            struct ph_why *why)
{
    enum ph_err err = merge_both(members, base);
    if (!err)
        err = pick_current(members);
    if (err)
        return ph_fail(why, err, "out of memory for the list of nodes");
    err = check_one_owner(members->by_sign, members->n_nodes, "node key", by_sign, why);
    if (err)
        return err;
    return check_one_owner(members->by_transport, members->n_nodes, "transport key", by_transport,
                           why);
}
