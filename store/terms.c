/* SPDX-License-Identifier: Apache-2.0 */
#include "store/terms.h"

/* A block in the making. */
struct block {
    uint8_t key[PH_TERMS_KEY];
    uint8_t value[PH_TERMS_BLOCK_MAX + 13];
    size_t n;
    struct ph__posting last;
};

static void block_start(struct block *b, const uint8_t key[static PH_TERMS_KEY])
{
    memcpy(b->key, key, PH_TERMS_KEY);
    b->n = 0;
    b->last = ph__terms_key_posting(key);
}

/* False, with nothing changed, when the block is full. */
static bool block_add(struct block *b, const struct ph__posting *posting)
{
    size_t n = ph__posting_encode(b->value + b->n, &b->last, posting);
    if (b->n + n > PH_TERMS_BLOCK_MAX)
        return false;
    b->n += n;
    b->last = *posting;
    return true;
}

static enum ph_err block_put(struct ph__cursor *c, const struct block *b)
{
    return ph__cursor_put(c, ph_bytes(b->key, sizeof(b->key)), ph_bytes(b->value, b->n));
}

static enum ph_err block_read(struct ph__cursor *c, struct ph__posting *out, size_t *out_n)
{
    return ph__block_decode(out, out_n, c->key, c->value) ? ph__corrupt(c->txn, PH_DB_TERMS)
                                                          : PH_OK;
}

static bool at_term(const struct ph__cursor *c, const uint8_t term[static PH_BLIND])
{
    return c->at && ph__has_prefix(c->key, ph_bytes(term, PH_BLIND));
}

/* Puts the cursor on the last block of @term, if there is one. */
static enum ph_err seek_last(struct ph__cursor *c, const uint8_t term[static PH_BLIND], bool *found)
{
    uint8_t key[PH_TERMS_KEY];
    memcpy(key, term, PH_BLIND);
    memset(key + PH_BLIND, 0xff, sizeof(key) - PH_BLIND);
    enum ph_err err = ph__cursor_seek_before(c, ph_bytes(key, sizeof(key)));
    *found = !err && at_term(c, term);
    return err;
}

/* Adds all rows of one term. */
static enum ph_err add_term(struct ph__cursor *c, const struct ph__term_row *rows, size_t n)
{
    struct ph__posting old[PH_BLOCK_POSTINGS_MAX];
    struct block b;
    bool found;
    size_t i = 0;
    enum ph_err err = seek_last(c, rows[0].key, &found);
    if (err)
        return err;
    if (found) {
        size_t n_old;
        err = block_read(c, old, &n_old);
        if (err)
            return err;
        memcpy(b.key, c->key.p, PH_TERMS_KEY);
        if (c->value.n)
            memcpy(b.value, c->value.p, c->value.n);
        b.n = c->value.n;
        b.last = old[n_old - 1];
    } else {
        block_start(&b, rows[i++].key);
    }
    for (; i < n; i++) {
        struct ph__posting posting = ph__terms_key_posting(rows[i].key);
        if (ph__posting_cmp(&b.last, &posting) >= 0)
            return ph__corrupt(c->txn, PH_DB_TERMS);
        if (block_add(&b, &posting))
            continue;
        err = block_put(c, &b);
        if (err)
            return err;
        block_start(&b, rows[i].key);
    }
    return block_put(c, &b);
}

enum ph_err ph__terms_add(struct ph__txn *txn, const struct ph__term_row *rows, size_t n)
{
    struct ph__cursor c;
    enum ph_err err = ph__cursor_open(&c, txn, PH_DB_TERMS);
    for (size_t from = 0, to; from < n && !err; from = to) {
        for (to = from + 1; to < n && memcmp(rows[to].key, rows[from].key, PH_BLIND) == 0;)
            to++;
        err = add_term(&c, rows + from, to - from);
    }
    ph__cursor_close(&c);
    return err;
}

/* Writes @postings but number @skip in place of the block under the cursor. */
static enum ph_err rewrite(struct ph__cursor *c, const struct ph__posting *postings, size_t n,
                           size_t skip)
{
    struct ph__blind term;
    struct block b;
    uint8_t key[PH_TERMS_KEY];
    memcpy(term.b, c->key.p, PH_BLIND);
    enum ph_err err = skip == 0 ? ph__cursor_del(c) : PH_OK;
    if (err || n == 1)
        return err;
    size_t first = skip == 0 ? 1 : 0;
    ph__terms_key(key, &term, &postings[first]);
    block_start(&b, key);
    for (size_t i = first + 1; i < n; i++) {
        if (i != skip && !block_add(&b, &postings[i]))
            return ph__corrupt(c->txn, PH_DB_TERMS);
    }
    return block_put(c, &b);
}

/* Puts the cursor on the block that would hold @key's posting: the last one that starts at or
 * before it. */
static enum ph_err seek_block(struct ph__cursor *c, const uint8_t key[static PH_TERMS_KEY])
{
    struct ph_bytes k = ph_bytes(key, PH_TERMS_KEY);
    enum ph_err err = ph__cursor_seek(c, k);
    if (err || (c->at && ph_bytes_equal(c->key, k)))
        return err;
    return c->at ? ph__cursor_prev(c) : ph__cursor_last(c);
}

/* Reads that block. *at is the posting's place in it, or *out_n when it is not there. */
static enum ph_err find(struct ph__cursor *c, const struct ph__term_row *row,
                        struct ph__posting *postings, size_t *out_n, size_t *at)
{
    struct ph__posting wanted = ph__terms_key_posting(row->key);
    *at = *out_n = 0;
    enum ph_err err = seek_block(c, row->key);
    if (err || !at_term(c, row->key))
        return err;
    err = block_read(c, postings, out_n);
    while (!err && *at < *out_n && ph__posting_cmp(&postings[*at], &wanted) != 0)
        (*at)++;
    return err;
}

static enum ph_err remove_at(struct ph__cursor *c, const struct ph__term_row *row)
{
    struct ph__posting postings[PH_BLOCK_POSTINGS_MAX];
    size_t n, at;
    enum ph_err err = find(c, row, postings, &n, &at);
    return err || at == n ? err : rewrite(c, postings, n, at);
}

/* Rows [*i, …) as far as one block answers for them: the one that would hold the first. */
static enum ph_err check_block(struct ph__cursor *c, const struct ph__term_row *rows, size_t n,
                               size_t *i, void (*fn)(void *ctx, const struct ph__term_row *row),
                               void *ctx)
{
    struct ph__posting postings[PH_BLOCK_POSTINGS_MAX];
    const struct ph__term_row *first = &rows[*i];
    size_t n_postings = 0;
    size_t k = 0;
    enum ph_err err = seek_block(c, first->key);
    if (!err && at_term(c, first->key))
        err = block_read(c, postings, &n_postings);
    if (err)
        return err;
    do {
        struct ph__posting wanted = ph__terms_key_posting(rows[*i].key);
        while (k < n_postings && ph__posting_cmp(&postings[k], &wanted) < 0)
            k++;
        if (k == n_postings && &rows[*i] != first)
            return PH_OK; /* perhaps in the next block */
        if (k == n_postings || ph__posting_cmp(&postings[k], &wanted) != 0)
            fn(ctx, &rows[*i]);
        (*i)++;
    } while (*i < n && memcmp(rows[*i].key, first->key, PH_BLIND) == 0);
    return PH_OK;
}

enum ph_err ph__terms_missing(struct ph__cursor *c, const struct ph__term_row *rows, size_t n,
                              void (*fn)(void *ctx, const struct ph__term_row *row), void *ctx)
{
    enum ph_err err = PH_OK;
    for (size_t i = 0; i < n && !err;)
        err = check_block(c, rows, n, &i, fn, ctx);
    return err;
}

enum ph_err ph__terms_count(struct ph__txn *txn, uint64_t *out)
{
    struct ph__posting postings[PH_BLOCK_POSTINGS_MAX];
    struct ph__cursor c;
    size_t n;
    *out = 0;
    enum ph_err err = ph__cursor_open(&c, txn, PH_DB_TERMS);
    if (!err)
        err = ph__cursor_first(&c);
    while (!err && c.at) {
        err = block_read(&c, postings, &n);
        *out += n;
        if (!err)
            err = ph__cursor_next(&c);
    }
    ph__cursor_close(&c);
    return err;
}

enum ph_err ph__terms_remove(struct ph__txn *txn, const struct ph__term_row *row)
{
    struct ph__cursor c;
    enum ph_err err = ph__cursor_open(&c, txn, PH_DB_TERMS);
    if (!err)
        err = remove_at(&c, row);
    ph__cursor_close(&c);
    return err;
}

enum ph_err ph__postings_open(struct ph__postings *p, struct ph__cursor *c,
                              const struct ph__blind *term, bool *found)
{
    p->c = c;
    p->term = *term;
    p->left = 0;
    /* Most look-ups miss: the first descent, to the start of the term, settles those. */
    enum ph_err err = ph__cursor_seek(c, ph_bytes(term->b, PH_BLIND));
    *found = !err && at_term(c, term->b);
    if (!*found)
        return err;
    err = seek_last(c, term->b, found);
    return !err && *found ? block_read(c, p->block, &p->left) : err;
}

enum ph_err ph__postings_next(struct ph__postings *p, struct ph__posting *out, bool *found)
{
    enum ph_err err = PH_OK;
    if (p->left == 0 && at_term(p->c, p->term.b)) {
        err = ph__cursor_prev(p->c);
        if (!err && at_term(p->c, p->term.b))
            err = block_read(p->c, p->block, &p->left);
    }
    *found = !err && p->left > 0;
    if (*found)
        *out = p->block[--p->left];
    return err;
}

/* To the block that would hold @limit; what is newer in it is passed over by the caller. */
static enum ph_err jump(struct ph__postings *p, const struct ph__posting *limit)
{
    uint8_t key[PH_TERMS_KEY];
    ph__terms_key(key, &p->term, limit);
    p->left = 0;
    enum ph_err err = seek_block(p->c, key);
    if (!err && at_term(p->c, p->term.b))
        err = block_read(p->c, p->block, &p->left);
    return err;
}

enum ph_err ph__postings_next_until(struct ph__postings *p, const struct ph__posting *limit,
                                    struct ph__posting *out, bool *found)
{
    enum ph_err err = PH_OK;
    if (p->left > 0 && ph__posting_cmp(&p->block[0], limit) > 0)
        err = jump(p, limit);
    do {
        if (err)
            return err;
        err = ph__postings_next(p, out, found);
    } while (err || (*found && ph__posting_cmp(out, limit) > 0));
    return err;
}
