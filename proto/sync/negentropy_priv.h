/* SPDX-License-Identifier: Apache-2.0
 *
 * Negentropy's encoding, and what its files share: negentropy_code.c encodes,
 * negentropy_write.c asks the set and writes ranges, negentropy.c decides. */
#ifndef PH_SYNC_NEGENTROPY_PRIV_H
#define PH_SYNC_NEGENTROPY_PRIV_H

#include "proto/sync/negentropy.h"

#define PH__MODE_SKIP        0
#define PH__MODE_FINGERPRINT 1
#define PH__MODE_IDLIST      2

/** A message being read. The first error sticks, and later reads give zero. */
struct ph__neg_in {
    const uint8_t *p;
    size_t n;
    uint64_t created; /* timestamp decoded last */
    enum ph_err err;
    const char *what; /* static text of the error */
};

/** A message being written. The caller looks at errors: PH_ERR_LIMIT, PH_ERR_NOMEM. */
struct ph__neg_out {
    struct ph_buf *buf;
    size_t start;     /* where this message begins in @buf */
    uint64_t created; /* timestamp encoded last */
};

uint64_t ph__neg_read_number(struct ph__neg_in *in);
void ph__neg_read_bound(struct ph__neg_in *in, struct ph_bound *out);
/** View of @n bytes; empty after an error. */
struct ph_bytes ph__neg_read_bytes(struct ph__neg_in *in, size_t n);
void ph__neg_fail(struct ph__neg_in *in, enum ph_err err, const char *what);

/** Bound, mode: the head of a range. */
enum ph_err ph__neg_put_range(struct ph__neg_out *out, const struct ph_bound *upper, uint64_t mode);
enum ph_err ph__neg_put_number(struct ph__neg_out *out, uint64_t v);
enum ph_err ph__neg_put_bytes(struct ph__neg_out *out, const uint8_t *p, size_t n);

/** The shortest bound that is above @prev and not above @next, which follows it. */
struct ph_bound ph__neg_bound_between(const struct ph_item *prev, const struct ph_item *next);

/* The set's functions, each charged to @ne->work (PH_ERR_LIMIT past @ne->work_max). The sum of an
 * empty range is not asked for. */
enum ph_err ph__neg_sum(struct ph_negentropy *ne, const struct ph_bound *from,
                        const struct ph_bound *to, struct ph_sum *out);
enum ph_err ph__neg_select(struct ph_negentropy *ne, const struct ph_bound *from, uint64_t k,
                           struct ph_item *out);
/** Calls @each for every item of a range, in order. */
enum ph_err ph__neg_each(struct ph_negentropy *ne, const struct ph_bound *from,
                         const struct ph_bound *to, void *ctx,
                         enum ph_err (*each)(void *ctx, const struct ph_item *item));

/* Ranges up to @upper or @to, written whole. */
enum ph_err ph__neg_put_fingerprint(struct ph__neg_out *out, const struct ph_bound *upper,
                                    const struct ph_sum *sum);
/** All @n items of a range as its IdList. */
enum ph_err ph__neg_put_list(struct ph_negentropy *ne, struct ph__neg_out *out,
                             const struct ph_bound *from, const struct ph_bound *to, uint64_t n);
/** A range of @n items: as a list when they are few, else as fingerprints of 16 parts of equal
 * size. */
enum ph_err ph__neg_put_split(struct ph_negentropy *ne, struct ph__neg_out *out,
                              const struct ph_bound *from, const struct ph_bound *to, uint64_t n);

#endif
