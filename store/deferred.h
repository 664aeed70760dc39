/* SPDX-License-Identifier: Apache-2.0
 *
 * `deferred`: records not taken for a reason that passes, with when to ask for them again. */
#ifndef PH_STORE_DEFERRED_H
#define PH_STORE_DEFERRED_H

#include "store/store_priv.h"

/** Note every item of @batch that was put off (clock, quota). The list is bounded; past its bound
 * reconciliation brings the rest. */
enum ph_err ph__deferred_note(struct ph__txn *txn, const struct ph_batch *batch);
/** Whether there is any such item. */
bool ph__deferred_has_any(struct ph_batch *const *batches, size_t n);
enum ph_err ph__deferred_del(struct ph__txn *txn, const struct ph_id *id);

#endif
