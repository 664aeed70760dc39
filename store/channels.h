/* SPDX-License-Identifier: Apache-2.0
 *
 * `channels`: the ids of each channel in order, and their sums beside them. */
#ifndef PH_STORE_CHANNELS_H
#define PH_STORE_CHANNELS_H

#include "proto/sync/negentropy.h"
#include "store/sums.h"

/** Channels of one record at most: its recipients and its author. */
#define PH_CHANNELS_MAX (PH_RECIPIENTS_MAX + 1)

/** Put @id into every channel of the record; the sums follow with ph__sums_flush(). */
enum ph_err ph__channels_add(struct ph__txn *txn, struct ph__sums_batch *sums,
                             const struct ph_header *header, const struct ph_id *id,
                             const struct ph_code *author_org, const struct ph_code *self);

/** @bound as the id at which it lies: ids below it are exactly the items below @bound.
 * False for a bound past every id. */
bool ph__channels_bound(uint8_t out[static 32], const struct ph_bound *bound);

/** Ids of @channel from @from up to @to in order, at most @max. */
enum ph_err ph__channels_list(struct ph__txn *txn, const struct ph_channel *channel,
                              const struct ph_bound *from, const struct ph_bound *to, size_t max,
                              struct ph_item *out, size_t *out_n);

#endif
