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

static bool has_entry(const struct ph_members *members, const struct ph__card_entry *entry)
{
    return members && ph__cards_find(members, &entry->card->org) == entry;
}

/* The nodes of cards that @base has not, in the order of @cmp. @out is NULL when there are none. */
static enum ph_err new_nodes(struct ph__node_ref **out, size_t *out_n,
                             const struct ph_members *members, const struct ph_members *base,
                             int (*cmp)(const void *, const void *))
{
    size_t n = 0;
    for (size_t i = 0; i < members->n_cards; i++)
        if (!has_entry(base, members->cards[i]))
            n += members->cards[i]->card->n_nodes;
    *out = NULL;
    *out_n = 0;
    if (n == 0)
        return PH_OK;
    struct ph__node_ref *list = calloc(n, sizeof(*list));
    if (!list)
        return PH_ERR_NOMEM;
    size_t at = 0;
    for (size_t i = 0; i < members->n_cards; i++) {
        const struct ph__card_entry *entry = members->cards[i];
        if (has_entry(base, entry))
            continue;
        for (size_t j = 0; j < entry->card->n_nodes; j++)
            list[at++] = (struct ph__node_ref){.card = entry, .index = (uint32_t)j};
    }
    qsort(list, n, sizeof(*list), cmp);
    *out = list;
    *out_n = n;
    return PH_OK;
}

/* What is left of @base's list and the new nodes, merged. */
static enum ph_err merge(struct ph__node_ref **out, size_t *out_n, const struct ph_members *members,
                         const struct ph_members *base, const struct ph__node_ref *base_list,
                         int (*cmp)(const void *, const void *))
{
    struct ph__node_ref *added;
    size_t n_added;
    enum ph_err err = new_nodes(&added, &n_added, members, base, cmp);
    if (err)
        return err;
    size_t n_base = base ? base->n_nodes : 0;
    struct ph__node_ref *list = calloc(n_base + n_added + 1, sizeof(*list));
    if (!list) {
        free(added);
        return PH_ERR_NOMEM;
    }
    size_t n = 0;
    size_t a = 0;
    for (size_t i = 0; i < n_base; i++) {
        if (!has_entry(members, base_list[i].card))
            continue;
        while (a < n_added && cmp(&added[a], &base_list[i]) < 0)
            list[n++] = added[a++];
        list[n++] = base_list[i];
    }
    while (a < n_added)
        list[n++] = added[a++];
    free(added);
    *out = list;
    *out_n = n;
    return PH_OK;
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

static enum ph_err build_current(struct ph_members *members)
{
    const struct ph_roster *roster = ph__chain_newest(members->chain);
    members->current = calloc(members->n_nodes + 1, sizeof(*members->current));
    if (!members->current)
        return PH_ERR_NOMEM;
    for (size_t i = 0; i < members->n_nodes; i++)
        if (ph_roster_org(roster, &members->by_sign[i].card->card->org))
            members->current[members->n_current++] = members->by_sign[i];
    return PH_OK;
}

/* Cards lie in order of codes already. */
static struct ph_hash digest_of(const struct ph_members *members)
{
    const struct ph_roster *roster = ph__chain_newest(members->chain);
    struct ph_hasher h;
    ph_hasher_init(&h, "cards");
    for (size_t i = 0; i < members->n_cards; i++) {
        const struct ph__card_entry *entry = members->cards[i];
        if (!ph_roster_org(roster, &entry->card->org))
            continue;
        ph_hasher_add(&h, ph_bytes(entry->card->org.s, sizeof(entry->card->org.s)));
        ph_hasher_add(&h, ph_bytes(entry->hash.b, sizeof(entry->hash.b)));
    }
    return ph_hasher_end(&h);
}

enum ph_err ph__index_build(struct ph_members *members, const struct ph_members *base,
                            struct ph_why *why)
{
    size_t n_transport = 0;
    enum ph_err err = merge(&members->by_sign, &members->n_nodes, members, base,
                            base ? base->by_sign : NULL, by_sign);
    if (!err)
        err = merge(&members->by_transport, &n_transport, members, base,
                    base ? base->by_transport : NULL, by_transport);
    if (!err)
        err = build_current(members);
    if (err)
        return ph_fail(why, err, "out of memory for the list of nodes");
    err = check_one_owner(members->by_sign, members->n_nodes, "node key", by_sign, why);
    if (!err)
        err =
            check_one_owner(members->by_transport, n_transport, "transport key", by_transport, why);
    if (!err)
        members->cards_digest = digest_of(members);
    return err;
}
