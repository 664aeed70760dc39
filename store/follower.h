/* SPDX-License-Identifier: Apache-2.0
 *
 * The follower's other door: see ph_store_index() in store.h. */
#ifndef PH_STORE_FOLLOWER_H
#define PH_STORE_FOLLOWER_H

#include "store/store_priv.h"

#define PH_INDEX_MAX 4096 /* records in one transaction */

/** Index everything there is. */
enum ph_err ph__index_all(struct ph_store *store, struct ph_why *why);

#endif
