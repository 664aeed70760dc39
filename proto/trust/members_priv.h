/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the resolved view: immutable parts, each counted, so that a new view shares with the
 * old one what did not change.
 *
 *   ph_members ── chain ── roster entries (encoded, decoded, hash), eras of organisation keys
 *              └─ card entries (encoded, decoded, hash), in order of codes
 *              └─ nodes of those cards, once in order of signing keys, once of transport keys
 *
 * An *era* is the time in which an organisation had one key: it begins with the roster that set it.
 */
#ifndef PH_TRUST_MEMBERS_PRIV_H
#define PH_TRUST_MEMBERS_PRIV_H

#include <stdatomic.h>

#include "proto/trust/members.h"

struct ph__roster_entry {
    atomic_size_t refs;
    struct ph_roster *roster;
    struct ph_hash hash;
    struct ph_buf bytes;
};

struct ph__era {
    struct ph_code code;
    struct ph_org_key key;
    uint64_t seq; /* of the roster that set the key */
    ph_ms issued; /* of that roster */
};

/** The rosters so far and what follows from them alone. */
struct ph__chain {
    atomic_size_t refs;
    struct ph_hash community;
    struct ph__roster_entry **rosters; /* [i] is seq i + 1; never empty */
    size_t n_rosters;
    struct ph__era *eras; /* in order of (code, seq) */
    size_t n_eras;
};

struct ph__card_entry {
    atomic_size_t refs;
    struct ph_card *card;
    struct ph_hash hash;
    struct ph_org_key key; /* that signed it: of the era it counts in */
    struct ph_buf bytes;
};

/** A node of a card; the card is kept alive by the view's list of cards. */
struct ph__node_ref {
    const struct ph__card_entry *card;
    uint32_t index; /* into the card's nodes */
};

struct ph_members {
    atomic_size_t refs;
    struct ph__chain *chain;
    struct ph__card_entry **cards; /* in order of codes; removed organisations' last cards too */
    size_t n_cards;
    struct ph__node_ref *by_sign;
    struct ph__node_ref *by_transport;
    size_t n_nodes; /* of each of the two */
    struct ph__node_ref *current;
    size_t n_current; /* nodes of organisations on the newest roster */
    struct ph_hash cards_digest;
};

static inline const struct ph_roster *ph__chain_newest(const struct ph__chain *chain)
{
    return chain->rosters[chain->n_rosters - 1]->roster;
}

static inline const struct ph_card_node *ph__node_of(const struct ph__node_ref *ref)
{
    return &ref->card->card->nodes[ref->index];
}

/* members.c */

/** The node with this key on any known card, or NULL. */
const struct ph__node_ref *ph__by_sign_key(const struct ph_members *members,
                                           const struct ph_node_key *key);
const struct ph__node_ref *ph__by_transport_key(const struct ph_members *members,
                                                const struct ph_transport_key *key);
/** As callers see it. */
struct ph_member_node ph__member_node(const struct ph_members *members,
                                      const struct ph__node_ref *ref);

/* members_chain.c */

/** What became of one document. */
enum ph__taken {
    PH__PASSED_OVER, /* known, or older than what is known */
    PH__TAKEN,
    PH__EQUIVOCATION /* valid, differs from one of the same seq, and the one known stays */
};

struct ph__chain *ph__chain_ref(struct ph__chain *chain);
void ph__chain_unref(struct ph__chain *chain);
/** A copy that shares the roster entries and may be changed until it is shared itself. */
enum ph_err ph__chain_copy(struct ph__chain **out, const struct ph__chain *chain);
/** Add one encoded roster. *@chain is NULL before the genesis. When it is shared (*@owned false)
 * and the roster is new, it is replaced by a copy first, and *@owned set. */
enum ph_err ph__chain_add(struct ph__chain **chain, bool *owned, struct ph_bytes bytes,
                          enum ph__taken *out, struct ph_why *why);
/** Eras of @code, oldest first; NULL when it never was a member. */
const struct ph__era *ph__chain_eras(const struct ph__chain *chain, const struct ph_code *code,
                                     size_t *out_n);
/** The newest era of @code that had @key; NULL when none had. */
const struct ph__era *ph__chain_era(const struct ph__chain *chain, const struct ph_code *code,
                                    const struct ph_org_key *key);

/* members_cards.c */

void ph__card_entry_unref(struct ph__card_entry *entry);
/** Add one encoded card to the view under construction, which owns its list of cards. */
enum ph_err ph__cards_add(struct ph_members *members, struct ph_bytes bytes, enum ph__taken *out,
                          bool *out_equivocation, struct ph_why *why);
/** Entry of @code, or NULL. */
struct ph__card_entry *ph__cards_find(const struct ph_members *members, const struct ph_code *code);
size_t ph__cards_place(const struct ph_members *members, const struct ph_code *code);

/* members_index.c */

/** Make the node lists and the digest of @members. @base, which may be NULL, is the view it came
 * from: what is unchanged is taken over in order, without sorting again. PH_ERR_CONFLICT when two
 * organisations list one node key. */
enum ph_err ph__index_build(struct ph_members *members, const struct ph_members *base,
                            struct ph_why *why);

#endif
