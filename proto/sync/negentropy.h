/* SPDX-License-Identifier: Apache-2.0
 *
 * Negentropy Protocol V1: two sides find out which ids each has and the other lacks.
 *
 * The client initiates; each message is a list of adjoining ranges of (created, id), each skipped,
 * fingerprinted or listed; ranges whose fingerprints differ are split in 16, small ones are listed.
 * The client learns the result, the server only answers. Byte for byte the published specification,
 * and the choices of the reference implementations where the specification leaves any. Two points
 * are stricter: numbers with needless digits, ranges that do not ascend and bounds past infinity
 * are refused; and the fingerprint that closes a message cut off by the frame limit is that of the
 * whole range it stands for, as in the Rust implementation since 0.5.3. (Those in C++ and
 * JavaScript leave out what did not fit, so that its differences can stay unfound.)
 *
 * Ids may be compared by any 64-bit `created`; Posthorn's ids carry it in front. Nothing here keeps
 * state between messages, so a set may change between two of them, not within one. Cost of a
 * message: its length, times the cost of a sum; see @work_max. */
#ifndef PH_SYNC_NEGENTROPY_H
#define PH_SYNC_NEGENTROPY_H

#include "proto/base/buf.h"
#include "proto/sync/fingerprint.h"

#define PH_NEGENTROPY_VERSION   0x61
#define PH_NEGENTROPY_FRAME_MIN 4096

/** One element of a set. @created is less than UINT64_MAX. */
struct ph_item {
    uint64_t created;
    struct ph_id id;
};

/** A place between items: everything before (created, id) is below it. Bytes of @prefix past @len
 * are zero. `created == UINT64_MAX` is infinity, above everything. */
struct ph_bound {
    uint64_t created;
    uint8_t len;
    uint8_t prefix[32];
};

#define PH_BOUND_ZERO     ((struct ph_bound){.created = 0, .len = 0, .prefix = {0}})
#define PH_BOUND_INFINITY ((struct ph_bound){.created = UINT64_MAX, .len = 0, .prefix = {0}})

/** Negative, zero, positive: @a is before, at, after @b. */
int ph_bound_cmp(const struct ph_bound *a, const struct ph_bound *b);
/** The bound right at @item, so that @item is the first above it. */
struct ph_bound ph_bound_at(const struct ph_item *item);
/** True when @item is below @bound. */
bool ph_item_is_below(const struct ph_item *item, const struct ph_bound *bound);
int ph_item_cmp(const struct ph_item *a, const struct ph_item *b);

/** A sorted set, as the storage shows it. Ranges are from @from (inclusive) up to @to (exclusive).
 * Errors of a function end the message and are passed on. */
struct ph_negentropy_set {
    void *ctx;
    /* Count and sum of a range. */
    enum ph_err (*sum)(void *ctx, const struct ph_bound *from, const struct ph_bound *to,
                       struct ph_sum *out);
    /* The @k-th item (from 0) at or above @from. Only asked for items that sum() has counted. */
    enum ph_err (*select)(void *ctx, const struct ph_bound *from, uint64_t k, struct ph_item *out);
    /* The first items of a range in order, at most @max (> 0) of them; fewer only at its end. */
    enum ph_err (*list)(void *ctx, const struct ph_bound *from, const struct ph_bound *to,
                        size_t max, struct ph_item *out, size_t *out_n);
};

/** What a client finds; either may be NULL. Under a frame limit an id may be reported again in a
 * later round. An error ends the message and is passed on. */
struct ph_negentropy_found {
    void *ctx;
    enum ph_err (*have)(void *ctx, const struct ph_id *id); /* ours, not theirs */
    enum ph_err (*need)(void *ctx, const struct ph_id *id); /* theirs, not ours */
};

/** Settings of one reconciliation, and its bill. */
struct ph_negentropy {
    struct ph_negentropy_set set;
    size_t frame_max;  /* longest message written; 0: none, else at least PH_NEGENTROPY_FRAME_MIN */
    uint64_t work_max; /* PH_ERR_LIMIT once @work passes it; 0: no such limit */
    uint64_t work;     /* sums, selects and items listed so far, over all messages */
};

/** A reconciliation over @set. @work_max starts as 0. PH_ERR_RANGE: @frame_max is 1 to 4095. */
enum ph_err ph_negentropy_init(struct ph_negentropy *ne, const struct ph_negentropy_set *set,
                               size_t frame_max);

/** Client: append the first message to @out. */
enum ph_err ph_negentropy_initiate(struct ph_negentropy *ne, struct ph_buf *out);

/** Server: read a client's @message, append the answer to @out. A message of another protocol
 * version is answered with our version byte alone. Errors as for ph_negentropy_proceed(). */
enum ph_err ph_negentropy_answer(struct ph_negentropy *ne, struct ph_bytes message,
                                 struct ph_buf *out, struct ph_why *why);

/** Client: read the server's @message, report what it shows through @found, append the next message
 * to
 * @out.
 *
 * @done  set when nothing is left to ask: nothing was appended then.
 *
 * PH_ERR_TRUNCATED  ends too early
 * PH_ERR_FORMAT     not a Negentropy message, or not in canonical form
 * PH_ERR_VERSION    the server does not speak version 1
 * PH_ERR_LIMIT      @out is full, or the work is over its limit
 * PH_ERR_NOMEM, and errors of the set and of @found */
enum ph_err ph_negentropy_proceed(struct ph_negentropy *ne, struct ph_bytes message,
                                  const struct ph_negentropy_found *found, struct ph_buf *out,
                                  bool *done, struct ph_why *why);

#endif
