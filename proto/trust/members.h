/* SPDX-License-Identifier: Apache-2.0
 *
 * The resolved view of trust: the whole roster chain and every organisation's newest card, indexed.
 *
 * Immutable once made, reference counted (atomically), so that worker threads and thousands of
 * simulated nodes can share one. A change of trust makes a new view with ph_members_extend().
 * A record is judged by the roster in force at its `created` and by its author key's since and
 * until, never by today's, so latecomers and old members come to the same answer. */
#ifndef PH_TRUST_MEMBERS_H
#define PH_TRUST_MEMBERS_H

#include "proto/trust/card.h"
#include "proto/trust/chain.h"

struct ph_members;

/** One node of a member, as the newest card of its organisation lists it. */
struct ph_member_node {
    const struct ph_card_node *node;
    const struct ph_card *card;
    const struct ph_roster_org *org; /* NULL when the organisation is off the newest roster */
};

/** Build from a chain (encoded rosters, genesis first, no gaps) and encoded cards (any order; the
 * newest valid one of each organisation is kept). A bad roster fails the whole; a bad card too.
 * @out  one reference for the caller. */
enum ph_err ph_members_new(struct ph_members **out, const struct ph_bytes *rosters,
                           size_t n_rosters, const struct ph_bytes *cards, size_t n_cards,
                           struct ph_why *why);

/** What ph_members_extend() made of each document. */
struct ph_members_result {
    bool changed;         /* @out differs from @base */
    size_t n_rosters_new; /* taken, in order */
    size_t n_cards_new;
    bool equivocation; /* two valid documents of one seq: evidence. Of rosters the first stays, of
                        * cards the one with the lower hash counts, whichever came first */
};

/** A new view: @base plus the documents that are newer and valid. Older or equal documents are
 * passed over. The first invalid document ends it with its error (taken ones before it are lost
 * with it). When nothing changes @out is @base with one more reference.
 * @taken_rosters / @taken_cards  filled with true for each document that was taken, to be stored;
 * may be NULL. */
enum ph_err ph_members_extend(struct ph_members **out, const struct ph_members *base,
                              const struct ph_bytes *rosters, size_t n_rosters,
                              const struct ph_bytes *cards, size_t n_cards, bool *taken_rosters,
                              bool *taken_cards, struct ph_members_result *result,
                              struct ph_why *why);

struct ph_members *ph_members_ref(const struct ph_members *members);
void ph_members_unref(struct ph_members *members);

const struct ph_hash *ph_members_community(const struct ph_members *members);
/** Newest roster. */
const struct ph_roster *ph_members_roster(const struct ph_members *members);
struct ph_hash ph_members_roster_hash(const struct ph_members *members);
/** Hash over (org, card hash) of all known cards of current members, sorted: equal views are equal.
 */
struct ph_hash ph_members_cards_digest(const struct ph_members *members);
/** Encoded roster @seq (1-based) or a view of 0 bytes. */
struct ph_bytes ph_members_roster_bytes(const struct ph_members *members, uint64_t seq);
/** Newest card of @org and its encoded bytes; NULL / empty when none is known. */
const struct ph_card *ph_members_card(const struct ph_members *members, const struct ph_code *org);
struct ph_bytes ph_members_card_bytes(const struct ph_members *members, const struct ph_code *org);
/** All known cards, of removed organisations too, in order of codes, and their encoded bytes
 * (@out_bytes may be NULL): what a newcomer needs to judge old records. */
size_t ph_members_n_cards(const struct ph_members *members);
const struct ph_card *ph_members_card_at(const struct ph_members *members, size_t i,
                                         struct ph_bytes *out_bytes);
/** Seq of the roster that set the organisation's current key. 0 when not a member. */
uint64_t ph_members_key_seq(const struct ph_members *members, const struct ph_code *org);

/** Node by signing key or by transport key, of any known card (removed organisations too). */
bool ph_members_by_sign_key(const struct ph_members *members, const struct ph_node_key *key,
                            struct ph_member_node *out);
bool ph_members_by_transport_key(const struct ph_members *members,
                                 const struct ph_transport_key *key, struct ph_member_node *out);
/** All nodes of current members, in no special order: for choosing neighbours. */
size_t ph_members_n_nodes(const struct ph_members *members);
struct ph_member_node ph_members_node(const struct ph_members *members, size_t i);
/** Whether a node may hold a session at @now: its organisation is on the newest roster, and the
 * node is neither ended nor lost. PH_ERR_AUTHOR, PH_ERR_ENDED. */
enum ph_err ph_members_may_connect(const struct ph_members *members,
                                   const struct ph_transport_key *key, ph_ms now,
                                   struct ph_member_node *out, struct ph_why *why);

/** The roster in force at @at: the newest issued at or before it (the genesis for anything
 * earlier). */
const struct ph_roster *ph_members_roster_at(const struct ph_members *members, ph_ms at);

/** Judge authorship and audience of a record: the author's node key was in use at @created, its
 * organisation a member then, and, for a group, in that group then; for direct audiences recipients
 * are organisations that are or were members. Outputs the author's organisation. PH_ERR_AUTHOR  key
 * on no card: the sender's fault, since trust was equal PH_ERR_ENDED   key, node or organisation
 * had ended at @created PH_ERR_OUTSIDE group unknown or author not in it */
enum ph_err ph_members_judge(const struct ph_members *members, const struct ph_node_key *author,
                             ph_ms created, const struct ph_audience *audience,
                             const struct ph_recipient *recipients, size_t n_recipients,
                             struct ph_code *out_org, struct ph_why *why);

/** Whether @org is in the audience by the newest roster. */
bool ph_members_in_audience(const struct ph_members *members, const struct ph_code *org,
                            const struct ph_audience *audience,
                            const struct ph_recipient *recipients, size_t n_recipients);

/** The keys that an audience key is sealed to: every reading key in use at @now of the
 * organisations in the audience (persons' keys instead for RED recipients with handles). Each entry
 * carries whose it is.
 * @out  allocated array, caller frees with free(). */
struct ph_box_key {
    uint8_t key[32]; /* X25519 */
    struct ph_code org;
    struct ph_handle person; /* empty for an organisation's reading key */
};
enum ph_err ph_members_box_keys(struct ph_box_key **out, size_t *out_n,
                                const struct ph_members *members, ph_ms now,
                                const struct ph_audience *audience,
                                const struct ph_recipient *recipients, size_t n_recipients,
                                struct ph_why *why);

#endif
