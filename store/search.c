/* SPDX-License-Identifier: Apache-2.0
 *
 * Search by words: objects that contain all of them, newest first. The postings of all words are
 * walked down together, each passing over what the slowest has left behind. */
#include <stdlib.h>

#include "proto/intel/stix.h"
#include "store/reading.h"

#define PH_SEARCH_WORDS_MAX 16

/* One word's postings and where it stands. */
struct word {
    struct ph__blind term;
    struct ph__cursor cursor;
    struct ph__postings postings;
    struct ph__posting at;
};

struct search {
    struct ph_reading *r;
    ph_object_fn fn;
    void *ctx;
    struct word *words;
    size_t n;
    bool stop;
};

static bool add_word(void *ctx, enum ph_observable_kind kind, struct ph_bytes text)
{
    struct search *s = ctx;
    s->words[s->n++].term = ph__blind_term(ph__store_key(s->r->store), kind, text);
    return s->n < PH_SEARCH_WORDS_MAX;
}

static bool tail_has(const struct ph_reading *r, const struct ph__blind *term,
                     const struct ph__posting *at)
{
    size_t from, to;
    uint8_t key[PH_TERMS_KEY];
    ph__terms_key(key, term, at);
    for (ph__tail_range(r, term, &from, &to); from < to; from++) {
        if (memcmp(r->tail.terms[from].key, key, sizeof(key)) == 0)
            return true;
    }
    return false;
}

static enum ph_err search_tail(struct search *s)
{
    size_t from, to;
    enum ph_err err = ph__reading_tail(s->r);
    if (err)
        return err;
    for (ph__tail_range(s->r, &s->words[0].term, &from, &to); !err && !s->stop && to > from; to--) {
        struct ph__posting at = ph__terms_key_posting(s->r->tail.terms[to - 1].key);
        bool all = true;
        for (size_t i = 1; i < s->n && all; i++)
            all = tail_has(s->r, &s->words[i].term, &at);
        if (all)
            err = ph__reading_emit(s->r, &at, s->fn, s->ctx, &s->stop);
    }
    return err;
}

static enum ph_err open_words(struct search *s, bool *all)
{
    enum ph_err err = PH_OK;
    *all = true;
    for (size_t i = 0; i < s->n && !err && *all; i++) {
        struct word *w = &s->words[i];
        err = ph__cursor_open(&w->cursor, &s->r->txn, PH_DB_TERMS);
        if (!err)
            err = ph__postings_open(&w->postings, &w->cursor, &w->term, all);
        if (!err && *all)
            err = ph__postings_next(&w->postings, &w->at, all);
    }
    return err;
}

/* Brings every word down to the newest posting that all may still share. *same: they all stand on
 * it. */
static enum ph_err align(struct search *s, bool *more, bool *same)
{
    struct ph__posting low = s->words[0].at;
    for (size_t i = 1; i < s->n; i++) {
        if (ph__posting_cmp(&s->words[i].at, &low) < 0)
            low = s->words[i].at;
    }
    enum ph_err err = PH_OK;
    *same = true;
    for (size_t i = 0; i < s->n && !err && *more; i++) {
        struct word *w = &s->words[i];
        if (ph__posting_cmp(&w->at, &low) > 0)
            err = ph__postings_next_until(&w->postings, &low, &w->at, more);
        *same = *same && *more && ph__posting_cmp(&w->at, &low) == 0;
    }
    return err;
}

static enum ph_err search_index(struct search *s)
{
    bool more;
    enum ph_err err = open_words(s, &more);
    while (!err && more && !s->stop) {
        bool same;
        err = align(s, &more, &same);
        if (err || !more || !same)
            continue;
        err = ph__reading_emit(s->r, &s->words[0].at, s->fn, s->ctx, &s->stop);
        if (!err)
            err = ph__postings_next(&s->words[0].postings, &s->words[0].at, &more);
    }
    return err;
}

enum ph_err ph_search(struct ph_reading *reading, struct ph_bytes words, ph_object_fn fn, void *ctx,
                      struct ph_why *why)
{
    struct search s = {.r = reading, .fn = fn, .ctx = ctx};
    s.words = calloc(PH_SEARCH_WORDS_MAX, sizeof(*s.words));
    if (!s.words)
        return ph_fail(why, PH_ERR_NOMEM, "out of memory");
    ph_stix_each_word(words, add_word, &s);
    reading->txn.why = why;
    enum ph_err err = s.n ? PH_OK : ph_fail(why, PH_ERR_INPUT, "no word to search for");
    if (!err && reading->counters.indexed < reading->counters.arrival)
        err = search_tail(&s);
    if (!err && !s.stop)
        err = search_index(&s);
    for (size_t i = 0; i < s.n; i++)
        ph__cursor_close(&s.words[i].cursor);
    reading->txn.why = NULL;
    free(s.words);
    return err;
}
