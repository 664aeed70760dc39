/* SPDX-License-Identifier: Apache-2.0
 *
 * The comparisons of a STIX pattern (section 9): checked against the whole grammar, and handed out
 * one value at a time, which is what an index can use.
 *
 * This reads a pattern and forgets it: no tree is built. Nesting is bounded by
 * PH_PATTERN_DEPTH_MAX. */
#ifndef PH_INTEL_PATTERN_TERMS_H
#define PH_INTEL_PATTERN_TERMS_H

#include "proto/intel/observable.h"
#include "proto/intel/pattern_lex.h"

#define PH_PATTERN_DEPTH_MAX 64
/** Longest object path that is looked at, as text ("file:hashes.'SHA-256'" without quotes). */
#define PH_PATTERN_PATH_MAX 256

/** One literal compared with one object path. Views are good during the call. */
struct ph_comparison {
    struct ph_bytes path;  /* "file:hashes.SHA-256": quotes undone, indexes as [*] or [0] */
    enum ph_token_kind op; /* EQ, NEQ, ORDER, IN, LIKE, MATCHES, ISSUBSET, ISSUPERSET */
    bool is_negated;
    struct ph_token literal;
};
typedef bool (*ph_comparison_fn)(void *ctx, const struct ph_comparison *comparison);

/** Whether @pattern keeps to the grammar. PH_ERR_INPUT: "column N: what was expected". */
enum ph_err ph_pattern_check(struct ph_bytes pattern, struct ph_why *why);

/** Calls @fn for each literal of each comparison; stops when it returns false. Errors as
 * ph_pattern_check(), which may come after some calls. */
enum ph_err ph_pattern_each(struct ph_bytes pattern, ph_comparison_fn fn, void *ctx,
                            struct ph_why *why);

/** Calls @fn for the observables that @pattern tests for equality (=, IN, LIKE without wildcards)
 * or as a network (ISSUBSET), not negated, in normal form. A malformed pattern gives none. */
void ph_pattern_each_term(struct ph_bytes pattern, ph_observable_fn fn, void *ctx);

#endif
