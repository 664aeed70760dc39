/* SPDX-License-Identifier: Apache-2.0
 *
 * `records` and `bodies`: what is held of each record, and its bytes. */
#ifndef PH_STORE_RECORDS_H
#define PH_STORE_RECORDS_H

#include "store/store_priv.h"

/** The row of @id. *found says whether there is one. Views into the transaction. */
enum ph_err ph__records_get(struct ph__txn *txn, const struct ph_id *id, struct ph__row *out,
                            bool *found);
enum ph_err ph__records_put(struct ph__txn *txn, const struct ph_id *id, const struct ph__row *row);

enum ph_err ph__bodies_get(struct ph__txn *txn, const struct ph_id *id, struct ph_bytes *out,
                           bool *found);
enum ph_err ph__bodies_put(struct ph__txn *txn, const struct ph_id *id, struct ph_bytes body);
enum ph_err ph__bodies_del(struct ph__txn *txn, const struct ph_id *id);

/** The record of a row, hashed again: the id against the header, the body against its hash in it.
 *
 * @with_body  also its body, when the state lets it be given: not retracted, not refused.
 * @out        one reference.
 * PH_ERR_CORRUPT names the record: a damaged one never leaves the process. */
enum ph_err ph__records_load(struct ph__txn *txn, const struct ph_id *id, const struct ph__row *row,
                             bool with_body, struct ph_record **out);

#endif
