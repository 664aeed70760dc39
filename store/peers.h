/* SPDX-License-Identifier: Apache-2.0
 *
 * `peers`: what is remembered of each node that was in contact, by transport key. */
#ifndef PH_STORE_PEERS_H
#define PH_STORE_PEERS_H

#include "store/store_priv.h"

/** Zeroes when nothing is known. */
enum ph_err ph__peers_get(struct ph__txn *txn, const struct ph_transport_key *key,
                          struct ph__peer_row *out);

#endif
