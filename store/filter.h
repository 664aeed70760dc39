/* SPDX-License-Identifier: Apache-2.0
 *
 * A filter in front of `terms`: says of most values that are not indexed that they are not, with
 * one look at one cache line instead of a descent of the tree. For long runs of look-ups over one
 * snapshot; made when the descents so far have cost as much as making it does.
 *
 * A blocked Bloom filter, about 12 bits a term, 0.5 % false alarms. Blind hashes are uniform
 * already, so their own bits choose line and bits. */
#ifndef PH_STORE_FILTER_H
#define PH_STORE_FILTER_H

#include "store/store_priv.h"

#define PH_FILTER_LINE 64 /* bytes */

struct ph__filter {
    uint8_t *lines; /* NULL: not made */
    uint64_t n_lines;
    uint64_t asked; /* look-ups in this snapshot */
};

/** Count one look-up; make the filter when it is time. @c is on `terms`. Without memory there is no
 * filter, and no error. */
enum ph_err ph__filter_tick(struct ph__filter *filter, struct ph__cursor *c);
/** False: certainly no posting of @term. True also while there is no filter. */
bool ph__filter_may_have(const struct ph__filter *filter, const struct ph__blind *term);
/** Forget it: the snapshot has changed. */
void ph__filter_done(struct ph__filter *filter);

#endif
