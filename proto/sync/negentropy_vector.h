/* SPDX-License-Identifier: Apache-2.0
 *
 * A set for Negentropy in plain memory: a sorted array with running sums beside it, so that the sum
 * of any range costs two binary searches and one subtraction. For the simulator, the harness and
 * tests; the store has its own set over its buckets. */
#ifndef PH_SYNC_NEGENTROPY_VECTOR_H
#define PH_SYNC_NEGENTROPY_VECTOR_H

#include "proto/sync/negentropy.h"

/** Items and their running sums. Zero-initialise; free with ph_negentropy_vector_done(). */
struct ph_negentropy_vector {
    struct ph_item *items;
    struct ph_sum *before; /* sealed only: before[i] is the sum of items[0..i-1] */
    size_t n;
    size_t cap;
    bool sealed;
};

/** Add an item in any order, before sealing. PH_ERR_RANGE: @created is infinity; PH_ERR_PROTOCOL:
 * it is sealed; PH_ERR_NOMEM. */
enum ph_err ph_negentropy_vector_add(struct ph_negentropy_vector *v, uint64_t created,
                                     const struct ph_id *id);
/** Sort and sum up. PH_ERR_CONFLICT: an item is in it twice. PH_ERR_PROTOCOL, PH_ERR_NOMEM. */
enum ph_err ph_negentropy_vector_seal(struct ph_negentropy_vector *v);
/** The sealed vector as a set; @v must outlive it. */
struct ph_negentropy_set ph_negentropy_vector_set(struct ph_negentropy_vector *v);
void ph_negentropy_vector_done(struct ph_negentropy_vector *v);

#endif
