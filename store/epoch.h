/* SPDX-License-Identifier: Apache-2.0
 *
 * Own audience keys: one for each audience and epoch, and to whom each was granted.
 *
 * A key serves 30 days, and no longer than its grantees are all still entitled: when somebody who
 * holds it left the audience, a reading key of theirs ended or a node of theirs was lost, the next
 * record starts a new epoch. A grant has the label, audience and carry of the records it opens, so
 * one key may be granted once for each label it is used under. */
#ifndef PH_STORE_EPOCH_H
#define PH_STORE_EPOCH_H

#include "proto/record/grant.h"
#include "store/store_priv.h"

/** Who reads an audience now: X25519 keys, with ids, sorted by id and unique. */
struct ph__boxes {
    struct ph__box {
        struct ph_key_id id;
        uint8_t key[32];
    } * v;
    size_t n;
    uint32_t n_lost; /* nodes of these organisations known as lost */
};
/** @own  add the reading keys of our own organisation (not for RED). */
enum ph_err ph__boxes_of(struct ph__boxes *out, const struct ph_members *members,
                         const struct ph_code *self, bool own, ph_ms now,
                         const struct ph_audience *audience, const struct ph_recipient *recipients,
                         size_t n_recipients, struct ph_why *why);
void ph__boxes_done(struct ph__boxes *boxes);

/** One epoch of ours. @recipients is owned. */
struct ph__epoch {
    struct ph_audience audience;
    uint64_t number;
    struct ph_hash commitment;
    ph_ms started;
    uint32_t n_lost; /* lost nodes known when it started */
    uint16_t uses;   /* bit label * 2 + carry: granted for those */
    struct ph_recipient *recipients;
    size_t n_recipients;
};
void ph__epoch_done(struct ph__epoch *epoch);
/** A grant lives as long as any record that its key may seal. */
static inline ph_ms ph__epoch_grant_expires(const struct ph__epoch *epoch)
{
    return epoch->started + PH_EPOCH_MS + PH_LIFETIME_MAX_MS;
}
/** Newest epoch of @node for @audience. */
enum ph_err ph__epoch_last(struct ph__txn *txn, const struct ph_node_key *node,
                           const struct ph_audience *audience, struct ph__epoch *out, bool *found);
enum ph_err ph__epoch_put(struct ph__txn *txn, const struct ph_node_key *node,
                          const struct ph__epoch *epoch);
/** The first epoch of @node under a key after @after (PH_EPOCH_KEY bytes; zeroed: from the start);
 * its own key is put into @after. */
enum ph_err ph__epoch_next(struct ph__txn *txn, const struct ph_node_key *node,
                           uint8_t after[static PH_EPOCH_KEY], struct ph__epoch *out, bool *found);

/** Whether @epoch may seal another record for exactly these readers. */
enum ph_err ph__epoch_is_good(struct ph__txn *txn, const struct ph__epoch *epoch,
                              const struct ph__boxes *boxes, ph_ms now, bool *out);
/** Boxes whose keys have no grant yet for this label and carry: indexes into @boxes. */
enum ph_err ph__epoch_missing(struct ph__txn *txn, const struct ph__epoch *epoch, enum ph_tlp label,
                              bool carry, const struct ph__boxes *boxes, size_t *out,
                              size_t *out_n);
enum ph_err ph__epoch_note_granted(struct ph__txn *txn, const struct ph_hash *commitment,
                                   enum ph_tlp label, bool carry, const struct ph_key_id *id);

#endif
