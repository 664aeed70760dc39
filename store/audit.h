/* SPDX-License-Identifier: Apache-2.0
 *
 * `audit`: who took which records out by which door. Append only; each entry carries the hash of
 * the one before it, so an entry altered, removed or moved shows. */
#ifndef PH_STORE_AUDIT_H
#define PH_STORE_AUDIT_H

#include "store/store_priv.h"

/** Walk the whole chain. *out_entries counts them; *out_broken is the first number at which the
 * chain does not hold, 0 when it does. */
enum ph_err ph__audit_verify(struct ph__txn *txn, uint64_t *out_entries, uint64_t *out_broken);

#endif
