/* SPDX-License-Identifier: Apache-2.0
 *
 * Retractions: the body of a retract record, [[id, expires] …], sorted by id. It is not sealed, so
 * that every holder, carriers included, can obey it. */
#ifndef PH_RECORD_RETRACT_H
#define PH_RECORD_RETRACT_H

#include "proto/base/buf.h"
#include "proto/base/limits.h"

/** Targets of one retract record. */
#define PH_RETRACTIONS_MAX 4096

/** One target: which record, and when it would have expired by itself, which is how long the
 * retraction must be remembered where the target is not known. */
struct ph_retraction {
    struct ph_id id;
    ph_ms expires;
};

/** Append the body for @n (1 to PH_RETRACTIONS_MAX) targets, which are sorted by id, each once.
 * @out is as it was on failure. PH_ERR_LIMIT, PH_ERR_FORMAT (order), PH_ERR_RANGE (expires before
 * the id was created, or more than the longest lifetime after), PH_ERR_NOMEM. */
enum ph_err ph_retract_build(struct ph_buf *out, const struct ph_retraction *targets, size_t n);
/** Read it, under the same rules. @out receives *n targets; PH_ERR_LIMIT past @max. */
enum ph_err ph_retract_parse(struct ph_retraction *out, size_t max, size_t *n, struct ph_bytes body,
                             struct ph_why *why);

#endif
