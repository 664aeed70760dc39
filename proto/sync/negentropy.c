/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/sync/negentropy.h"

#include <stdlib.h>

#include "proto/sync/negentropy_priv.h"

/* Room kept below the frame limit, for the fingerprint that closes a message and to overshoot. */
#define CLOSING 200

/* One message being answered. */
struct run {
    struct ph_negentropy *ne;
    const struct ph_negentropy_found *found; /* NULL for the server */
    struct ph__neg_in in;
    struct ph__neg_out out;
    struct ph_bound prev;    /* upper bound of the last range read: the lower one of the next */
    struct ph_bound written; /* upper bound of the last range written */
    bool skip;               /* a skip up to @prev is due before the next range written */
};

static enum ph_err put_due_skip(struct run *run)
{
    if (!run->skip)
        return PH_OK;
    run->skip = false;
    return ph__neg_put_range(&run->out, &run->prev, PH__MODE_SKIP);
}

static bool is_over(const struct run *run)
{
    size_t max = run->ne->frame_max;

    return max && run->out.buf->n - run->out.start > max - CLOSING;
}

/* End a message that has reached the frame limit: one fingerprint over everything behind the last
 * range written, as that is how the other side will read it. */
static enum ph_err put_closing(struct run *run)
{
    static const struct ph_bound infinity = {.created = UINT64_MAX};
    struct ph_sum sum;
    enum ph_err err = ph__neg_sum(run->ne, &run->written, &infinity, &sum);

    return err ? err : ph__neg_put_fingerprint(&run->out, &infinity, &sum);
}

/* ---- the three modes ---- */

/* Fingerprint: nothing to say if ours is the same, else our parts of the range. */
static enum ph_err on_fingerprint(struct run *run, const struct ph_bound *upper, bool *full)
{
    struct ph_bytes theirs = ph__neg_read_bytes(&run->in, PH_FINGERPRINT_LEN);
    uint8_t ours[PH_FINGERPRINT_LEN];
    size_t before = run->out.buf->n;
    struct ph_sum sum;
    enum ph_err err = run->in.err;

    if (!err)
        err = ph__neg_sum(run->ne, &run->prev, upper, &sum);
    if (err)
        return err;
    ph_fingerprint(ours, &sum);
    if (memcmp(ours, theirs.p, sizeof(ours)) == 0) {
        run->skip = true;
        return PH_OK;
    }
    err = put_due_skip(run);
    if (!err)
        err = ph__neg_put_split(run->ne, &run->out, &run->prev, upper, sum.count);
    if (err)
        return err;
    if (!is_over(run)) {
        run->written = *upper;
        return PH_OK;
    }
    /* No room for the parts: take them back, and let the closing fingerprint stand for them too. */
    run->out.buf->n = before;
    *full = true;
    return put_closing(run);
}

/* IdList, as a server: answer with our own list of the range, as far as it fits. */
static enum ph_err on_list_server(struct run *run, const struct ph_bound *upper, bool *full)
{
    struct ph_negentropy *ne = run->ne;
    size_t used = run->out.buf->n - run->out.start;
    struct ph_sum sum;
    enum ph_err err = ph__neg_sum(ne, &run->prev, upper, &sum);

    run->written = *upper;
    if (!err)
        err = put_due_skip(run);
    if (!err && ne->frame_max) {
        uint64_t fit = (ne->frame_max - CLOSING - used) / sizeof(struct ph_id) + 1;
        struct ph_item first_left;

        if (fit < sum.count) {
            err = ph__neg_select(ne, &run->prev, fit, &first_left);
            if (err)
                return err;
            run->written = ph_bound_at(&first_left);
            sum.count = fit;
        }
    }
    if (!err)
        err = ph__neg_put_list(ne, &run->out, &run->prev, &run->written, sum.count);
    if (err || !is_over(run))
        return err;
    *full = true;
    return put_closing(run);
}

/* Their ids of one range, sorted, and which of them we have as well. */
struct theirs {
    const struct ph_id *ids;
    size_t n;
    struct ph_id *copy; /* owned: when theirs had to be sorted */
    bool *seen;         /* owned: by index of the first of equal ids */
    const struct ph_negentropy_found *found;
};

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct ph_id));
}

static enum ph_err theirs_init(struct theirs *t, struct ph_bytes packed)
{
    const struct ph_id *ids = (const struct ph_id *)packed.p;
    bool sorted = true;

    t->ids = ids;
    t->n = packed.n / sizeof(*ids);
    if (t->n == 0)
        return PH_OK;
    t->seen = calloc(t->n, sizeof(*t->seen));
    if (!t->seen)
        return PH_ERR_NOMEM;
    for (size_t i = 1; i < t->n && sorted; i++)
        sorted = ph_id_cmp(&ids[i - 1], &ids[i]) < 0;
    if (sorted)
        return PH_OK;
    t->copy = malloc(packed.n);
    if (!t->copy)
        return PH_ERR_NOMEM;
    memcpy(t->copy, packed.p, packed.n);
    qsort(t->copy, t->n, sizeof(*t->copy), compare_ids);
    t->ids = t->copy;
    return PH_OK;
}

static void theirs_done(struct theirs *t)
{
    free(t->copy);
    free(t->seen);
}

/* One of our items: seen on their side, or one that we alone have. */
static enum ph_err match(void *ctx, const struct ph_item *item)
{
    struct theirs *t = ctx;
    size_t low = 0;
    size_t high = t->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (ph_id_cmp(&t->ids[middle], &item->id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < t->n && ph_id_equal(&t->ids[low], &item->id)) {
        t->seen[low] = true;
        return PH_OK;
    }
    return t->found->have ? t->found->have(t->found->ctx, &item->id) : PH_OK;
}

/* IdList, as a client: this range is settled. */
static enum ph_err on_list_client(struct run *run, const struct ph_bound *upper,
                                  struct ph_bytes packed)
{
    struct theirs t = {.found = run->found};
    enum ph_err err = theirs_init(&t, packed);

    if (!err)
        err = ph__neg_each(run->ne, &run->prev, upper, &t, match);
    for (size_t i = 0; i < t.n && !err && t.found->need; i++) {
        bool again = i > 0 && ph_id_equal(&t.ids[i - 1], &t.ids[i]);

        if (!again && !t.seen[i])
            err = t.found->need(t.found->ctx, &t.ids[i]);
    }
    theirs_done(&t);
    run->skip = true;
    return err;
}

static enum ph_err on_list(struct run *run, const struct ph_bound *upper, bool *full)
{
    uint64_t n = ph__neg_read_number(&run->in);
    struct ph_bytes packed;

    if (n > run->in.n / sizeof(struct ph_id))
        ph__neg_fail(&run->in, PH_ERR_TRUNCATED, "list of ids is longer than what follows");
    if (run->in.err)
        return run->in.err;
    packed = ph__neg_read_bytes(&run->in, (size_t)n * sizeof(struct ph_id));
    if (run->found)
        return on_list_client(run, upper, packed);
    return on_list_server(run, upper, full);
}

/* ---- messages ---- */

static enum ph_err on_range(struct run *run, bool *full)
{
    struct ph_bound upper = PH_BOUND_ZERO;
    uint64_t mode;
    enum ph_err err = PH_OK;

    ph__neg_read_bound(&run->in, &upper);
    mode = ph__neg_read_number(&run->in);
    if (!run->in.err && ph_bound_cmp(&upper, &run->prev) < 0)
        ph__neg_fail(&run->in, PH_ERR_FORMAT, "ranges do not ascend");
    if (run->in.err)
        return run->in.err;
    if (mode == PH__MODE_SKIP)
        run->skip = true;
    else if (mode == PH__MODE_FINGERPRINT)
        err = on_fingerprint(run, &upper, full);
    else if (mode == PH__MODE_IDLIST)
        err = on_list(run, &upper, full);
    else
        ph__neg_fail(&run->in, PH_ERR_FORMAT, "range of unknown mode");
    run->prev = upper;
    return err ? err : run->in.err;
}

/* All ranges after the version byte. */
static enum ph_err on_ranges(struct run *run)
{
    bool full = false;

    while (run->in.n > 0 && !full) {
        enum ph_err err = on_range(run, &full);

        if (err)
            return err;
    }
    return PH_OK;
}

static enum ph_err reconcile(struct run *run, struct ph_why *why)
{
    static const uint8_t version = PH_NEGENTROPY_VERSION;
    struct ph_bytes first = ph__neg_read_bytes(&run->in, 1);
    enum ph_err err;

    if (!run->in.err && (first.p[0] & 0xf0) != 0x60)
        ph__neg_fail(&run->in, PH_ERR_FORMAT, "no protocol version");
    if (run->in.err)
        return ph_fail(why, run->in.err, "Negentropy message: %s", run->in.what);
    err = ph__neg_put_bytes(&run->out, &version, 1);
    if (!err && first.p[0] != version) {
        /* "it should reply with a single byte containing the highest protocol version it supports"
         */
        if (!run->found)
            return PH_OK;
        err = PH_ERR_VERSION;
    } else if (!err) {
        err = on_ranges(run);
    }
    if (!err)
        return PH_OK;
    run->out.buf->n = run->out.start;
    return ph_fail(why, err, "Negentropy message: %s",
                   run->in.err ? run->in.what : ph_err_text(err));
}

static struct run run_of(struct ph_negentropy *ne, struct ph_bytes message,
                         const struct ph_negentropy_found *found, struct ph_buf *out)
{
    return (struct run){.ne = ne,
                        .found = found,
                        .in = {.p = message.p, .n = message.n},
                        .out = {.buf = out, .start = out->n}};
}

enum ph_err ph_negentropy_init(struct ph_negentropy *ne, const struct ph_negentropy_set *set,
                               size_t frame_max)
{
    if (frame_max != 0 && frame_max < PH_NEGENTROPY_FRAME_MIN)
        return PH_ERR_RANGE;
    *ne = (struct ph_negentropy){.set = *set, .frame_max = frame_max};
    return PH_OK;
}

enum ph_err ph_negentropy_initiate(struct ph_negentropy *ne, struct ph_buf *out)
{
    static const uint8_t version = PH_NEGENTROPY_VERSION;
    struct ph__neg_out message = {.buf = out, .start = out->n};
    struct ph_bound from = PH_BOUND_ZERO;
    struct ph_bound to = PH_BOUND_INFINITY;
    struct ph_sum sum;
    enum ph_err err = ph__neg_sum(ne, &from, &to, &sum);

    if (!err)
        err = ph__neg_put_bytes(&message, &version, 1);
    if (!err)
        err = ph__neg_put_split(ne, &message, &from, &to, sum.count);
    if (err)
        out->n = message.start;
    return err;
}

enum ph_err ph_negentropy_answer(struct ph_negentropy *ne, struct ph_bytes message,
                                 struct ph_buf *out, struct ph_why *why)
{
    struct run run = run_of(ne, message, NULL, out);

    return reconcile(&run, why);
}

enum ph_err ph_negentropy_proceed(struct ph_negentropy *ne, struct ph_bytes message,
                                  const struct ph_negentropy_found *found, struct ph_buf *out,
                                  bool *done, struct ph_why *why)
{
    struct run run = run_of(ne, message, found, out);
    enum ph_err err = reconcile(&run, why);

    if (err)
        return err;
    *done = out->n - run.out.start == 1; /* the version byte alone: nothing left to ask */
    if (*done)
        out->n = run.out.start;
    return PH_OK;
}
