/* SPDX-License-Identifier: Apache-2.0
 *
 * `recent`: records in the order in which they came, which is what followers, indexes and TAXII
 * page by. A record that opens later than it came gets a new arrival number, and its old one is
 * free. */
#ifndef PH_STORE_RECENT_H
#define PH_STORE_RECENT_H

#include "store/store_priv.h"

enum ph_err ph__recent_put(struct ph__txn *txn, uint64_t arrival, const struct ph_id *id);
enum ph_err ph__recent_del(struct ph__txn *txn, uint64_t arrival);
/** The record with that number; *found false when it has a newer one or has left. */
enum ph_err ph__recent_get(struct ph__txn *txn, uint64_t arrival, struct ph_id *out, bool *found);
/** First arrival after @after. */
enum ph_err ph__recent_next(struct ph__cursor *c, uint64_t after, uint64_t *out_arrival,
                            struct ph_id *out, bool *found);

/** `expiry`: what leaves when. Filled here; emptied by expiry. */
enum ph_err ph__expiry_put(struct ph__txn *txn, ph_ms expires, const struct ph_id *id);

#endif
