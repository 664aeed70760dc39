/* SPDX-License-Identifier: Apache-2.0
 *
 * Exact look-up: for each term that looking for a value should try, one keyed hash and one descent;
 * in long runs a filter spares the descents that would find nothing. */
#include "store/reading.h"

struct lookup {
    struct ph_reading *r;
    ph_object_fn fn;
    void *ctx;
    size_t found;
    enum ph_err err;
    bool stop;
};

static bool count(void *ctx, const struct ph_object *object)
{
    struct lookup *l = ctx;
    l->found++;
    return l->fn(l->ctx, object);
}

static enum ph_err emit(struct lookup *l, const struct ph__posting *at)
{
    return ph__reading_emit(l->r, at, count, l, &l->stop);
}

static enum ph_err from_tail(struct lookup *l, const struct ph__blind *term)
{
    size_t from, to;
    enum ph_err err = ph__reading_tail(l->r);
    if (err)
        return err;
    for (ph__tail_range(l->r, term, &from, &to); !err && !l->stop && to > from; to--) {
        struct ph__posting at = ph__terms_key_posting(l->r->tail.terms[to - 1].key);
        err = emit(l, &at);
    }
    return err;
}

static enum ph_err from_index(struct lookup *l, const struct ph__blind *term)
{
    struct ph__postings p;
    struct ph__posting at;
    bool found;
    if (!ph__filter_may_have(&l->r->filter, term))
        return PH_OK;
    enum ph_err err = ph__postings_open(&p, &l->r->terms, term, &found);
    while (!err && found && !l->stop) {
        err = ph__postings_next(&p, &at, &found);
        if (!err && found)
            err = emit(l, &at);
    }
    return err;
}

static bool try_term(void *ctx, enum ph_observable_kind kind, struct ph_bytes text)
{
    struct lookup *l = ctx;
    struct ph__blind term = ph__blind_term(ph__store_key(l->r->store), kind, text);
    if (l->r->counters.indexed < l->r->counters.arrival)
        l->err = from_tail(l, &term);
    if (!l->err && !l->stop)
        l->err = from_index(l, &term);
    return !l->err && !l->stop;
}

enum ph_err ph_lookup(struct ph_reading *reading, const struct ph_observable *o, ph_object_fn fn,
                      void *ctx, size_t *out_found, struct ph_why *why)
{
    struct lookup l = {.r = reading, .fn = fn, .ctx = ctx};
    reading->txn.why = why;
    l.err = ph__filter_tick(&reading->filter, &reading->terms);
    if (!l.err)
        ph_observable_each_parent(o, try_term, &l);
    reading->txn.why = NULL;
    if (out_found)
        *out_found = l.found;
    return l.err;
}
