/* SPDX-License-Identifier: Apache-2.0
 *
 * `evidence`: signed proof of misbehaviour, kept for people: two rosters or cards of one seq, two
 * headers of one id. */
#ifndef PH_STORE_EVIDENCE_H
#define PH_STORE_EVIDENCE_H

#include "store/store_priv.h"

enum ph_err ph__evidence_put(struct ph__txn *txn, enum ph__evidence kind,
                             const struct ph_hash *hash, struct ph_bytes bytes);
/** A record that claims an id which another header has. */
enum ph_err ph__evidence_record(struct ph__txn *txn, const struct ph_record *record);

#endif
