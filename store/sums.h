/* SPDX-License-Identifier: Apache-2.0
 *
 * Sums over the ids of a channel, kept as a tree, so that any range costs a few additions.
 *
 * The tree is over the first 64 bits of ids (48 of time, 16 of hash), 64 ways at each level: level
 * 0 is the whole channel, level n its parts of 2^(64 - 6n) values. A bucket's children are kept
 * exactly when it holds more than PH_SUMS_SPLIT ids; below that its ids are read one by one. So the
 * tree is a function of the set alone (verify rebuilds and compares it), costs sparse channels next
 * to nothing, and stays quick when thousands of records share a millisecond. */
#ifndef PH_STORE_SUMS_H
#define PH_STORE_SUMS_H

#include "store/layout.h"

#define PH_SUMS_LEVELS 11 /* 0 to 10: parts of 2^4 at the deepest */
#define PH_SUMS_SPLIT  128

/** Additions of one transaction, put into the tree at once by ph__sums_flush(). Zero-initialise. */
struct ph__sums_batch {
    struct ph__sums_item {
        uint8_t key[PH_CHANNELS_KEY];
    } * items;
    size_t n;
    size_t cap;
};
enum ph_err ph__sums_add(struct ph__sums_batch *batch, const uint8_t key[static PH_CHANNELS_KEY]);
/** Update the tree. The ids must be in `channels` already. Empties the batch. */
enum ph_err ph__sums_flush(struct ph__txn *txn, struct ph__sums_batch *batch);
void ph__sums_done(struct ph__sums_batch *batch);

/** Sum of the whole channel. */
enum ph_err ph__sums_head(struct ph__txn *txn, const uint8_t channel[static PH_CHANNEL_KEY],
                          struct ph_sum *out);
/** Sum of all ids below @limit. */
enum ph_err ph__sums_below(struct ph__txn *txn, const uint8_t channel[static PH_CHANNEL_KEY],
                           const uint8_t limit[static 32], struct ph_sum *out);
/** The @rank-th id of the channel, from 0. *found false past the end. */
enum ph_err ph__sums_select(struct ph__txn *txn, const uint8_t channel[static PH_CHANNEL_KEY],
                            uint64_t rank, struct ph_id *out, bool *found);
/** Rebuild the tree of @channel from `channels` and compare. *out_wrong counts what differs. */
enum ph_err ph__sums_verify(struct ph__txn *txn, const uint8_t channel[static PH_CHANNEL_KEY],
                            uint64_t *out_buckets, uint64_t *out_wrong);

#endif
