/* SPDX-License-Identifier: Apache-2.0
 *
 * One transaction that takes records in: rows, bodies, channels, sums, arrival numbers, expiry,
 * keys and what waited for them. A kill at any instruction leaves all of it or none.
 *
 *     ph__commit_begin(&c, …); ph__commit_record(&c, …); …; ph__commit_end(&c) or
 * ph__commit_abort(&c) */
#ifndef PH_STORE_COMMIT_H
#define PH_STORE_COMMIT_H

#include "proto/record/compress.h"
#include "store/channels.h"
#include "store/store_priv.h"

/** Bytes that a record may add to the store: its own, and its part of every tree. */
static inline uint64_t ph__commit_growth(const struct ph_record *record)
{
    return record->header.type == PH_RECORD_RETRACT
               ? PH_GROWS_NOT
               : (uint64_t)record->body.n + record->raw_header.n + 1024;
}

struct ph__commit {
    struct ph_store *store;
    struct ph__txn txn;
    struct ph__counters counters;
    struct ph__sums_batch sums;
    struct ph_roster_org self;
    ph_ms now;
    struct ph_zstd zstd; /* for retractions */
};

enum ph_err ph__commit_begin(struct ph__commit *c, struct ph_store *store, ph_ms now,
                             uint64_t grows, struct ph_why *why);
/** Take one record in.
 *
 * @verdict  in: PH_OK, or PH_ERR_ENDED for a header that is only counted. Out: PH_OK,
 * PH_ERR_EXISTS, PH_ERR_CONFLICT, PH_ERR_RETRACTED (header kept only), PH_ERR_EXPIRED, PH_ERR_GAP
 * (a bare header of which nothing here says why its body is missing). Returns an error only when
 * the transaction must be given up. */
enum ph_err ph__commit_record(struct ph__commit *c, const struct ph_record *record,
                              const struct ph_members *members, enum ph_err *verdict, bool *is_new);
/** Durable on PH_OK; nothing was stored otherwise. */
enum ph_err ph__commit_end(struct ph__commit *c);
void ph__commit_abort(struct ph__commit *c);

/** Take the index entries and the body of a record out, and set its state to retracted. */
enum ph_err ph__retract_apply(struct ph__commit *c, const struct ph_record *retract);
/** Whether the author's organisation has retracted @id, even before it came. */
enum ph_err ph__retract_known(struct ph__txn *txn, const struct ph_id *id,
                              const struct ph_code *org, bool *out);

#endif
