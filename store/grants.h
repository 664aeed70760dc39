/* SPDX-License-Identifier: Apache-2.0
 *
 * `grants`: audience keys, wrapped by the store key, and the records that wait for one.
 *
 * A key is found by (commitment, author's organisation, audience), all of them from the header of
 * the record to be opened: a key that another organisation, or for another audience, handed out
 * does not exist under that name. */
#ifndef PH_STORE_GRANTS_H
#define PH_STORE_GRANTS_H

#include "proto/record/compress.h"
#include "proto/record/grant.h"
#include "store/store_priv.h"

/** Keep @key as granted by @org for @audience. *out_new: it was not there. */
enum ph_err ph__grants_put(struct ph_store *store, struct ph__txn *txn,
                           const struct ph_audience_key *key, const struct ph_hash *commitment,
                           const struct ph_code *org, const struct ph_audience *audience,
                           bool *out_new);
/** Whether there is one, without unwrapping it. */
enum ph_err ph__grants_has(struct ph__txn *txn, const struct ph_hash *commitment,
                           const struct ph_code *org, const struct ph_audience *audience,
                           bool *out);
/** Unwrap it; the caller wipes @out. PH_ERR_CORRUPT when it does not open. */
enum ph_err ph__grants_get(const struct ph_store *store, struct ph__txn *txn,
                           const struct ph_hash *commitment, const struct ph_code *org,
                           const struct ph_audience *audience, struct ph_audience_key *out,
                           bool *found);

/** Note that @id waits for the key committed to, or no longer does. */
enum ph_err ph__waiting_put(struct ph__txn *txn, const struct ph_hash *commitment,
                            const struct ph_id *id);
enum ph_err ph__waiting_del(struct ph__txn *txn, const struct ph_hash *commitment,
                            const struct ph_id *id);

/** Open what waited for keys that have come: at most @max records of this transaction get the state
 * open and a new arrival number. *out_more: some are left for the next one. */
enum ph_err ph__grants_open_waiting(struct ph__txn *txn, struct ph__counters *counters, size_t max,
                                    bool *out_more);

/** Whether there are keys under which records are still to be opened. */
enum ph_err ph__grants_pending(struct ph__txn *txn, bool *out);

/** Open the body of a record.
 *
 * @zstd    working memory, kept by the caller.
 * @record  loaded with its body; its state must be open.
 * @plain   caller frees with ph_buf_wipe().
 * Errors of ph_unseal(); PH_ERR_KEY when there is no key. */
enum ph_err ph__open_body(const struct ph_store *store, struct ph__txn *txn, struct ph_zstd *zstd,
                          const struct ph_record *record, struct ph_buf *plain);

#endif
