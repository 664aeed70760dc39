/* SPDX-License-Identifier: Apache-2.0
 *
 * The follower: fills objects and terms behind the commits, in the order of arrival, in
 * transactions of its own. Bodies are opened and read under a read snapshot, so commits wait only
 * while the finished rows are put in. How far it has come is stored with the rows: after a kill it
 * resumes exactly there. */
#include "store/follower.h"

#include <stdlib.h>

#include "store/extract.h"
#include "store/grants.h"
#include "store/recent.h"
#include "store/records.h"

#define PH_INDEX_TERMS_MAX  500000 /* rows in one transaction: about 13 MB */
#define PH_OPEN_WAITING_MAX 20000

/* What became of one record. */
struct outcome {
    struct ph_id id;
    uint64_t arrival;
    enum ph_state state;
    uint32_t n_objects;
};

struct follower {
    struct ph_store *store;
    struct ph__extract x;
    struct ph_zstd zstd;
    struct outcome *outcomes;
    size_t n, max;
    uint64_t last; /* arrival number visited last */
    bool moved;    /* there is something to write */
    bool more;
};

static enum ph_err open_and_extract(struct follower *f, struct ph__txn *txn,
                                    const struct ph_record *record, const struct ph__row *row,
                                    struct outcome *out)
{
    struct ph_buf plain = ph_buf(PH_PLAIN_MAX);
    const struct ph_header *h = &record->header;
    enum ph_err err = ph__open_body(f->store, txn, &f->zstd, record, &plain);
    if (!err)
        err = ph__extract_add(&f->x, ph_buf_bytes(&plain), row->arrival, &row->org, h->label,
                              &h->audience, &out->n_objects, txn->why);
    ph_buf_wipe(&plain);
    if (ph__is_unreadable(err)) {
        out->state = PH_STATE_UNREADABLE;
        return PH_OK;
    }
    return err;
}

static enum ph_err visit(struct follower *f, struct ph__txn *txn, const struct ph_id *id,
                         uint64_t arrival)
{
    struct ph__row row;
    struct ph_record *record;
    bool found;
    enum ph_err err = ph__records_get(txn, id, &row, &found);
    if (err || !found || row.state != PH_STATE_OPEN || row.indexed)
        return err;
    err = ph__records_load(txn, id, &row, true, &record);
    if (err == PH_ERR_CORRUPT) /* verify names it; one damaged body does not stop the index */
        return PH_OK;
    if (err)
        return err;
    if (record->header.type == PH_RECORD_CONTENT) {
        struct outcome out = {.id = *id, .arrival = arrival, .state = PH_STATE_OPEN};
        err = open_and_extract(f, txn, record, &row, &out);
        if (!err)
            f->outcomes[f->n++] = out;
    }
    ph_record_unref(record);
    return err;
}

static enum ph_err read_ahead(struct follower *f, struct ph__txn *txn)
{
    struct ph__counters counters;
    struct ph__cursor c;
    struct ph_id id;
    uint64_t arrival;
    bool found = true;
    size_t visited = 0;
    enum ph_err err = ph__counters_get(txn, &counters);
    if (!err)
        err = ph__cursor_open(&c, txn, PH_DB_RECENT);
    if (err)
        return err;
    f->last = counters.indexed;
    while (found) {
        err = ph__recent_next(&c, f->last, &arrival, &id, &found);
        if (err || !found)
            break;
        f->more = visited++ == f->max || f->x.n_terms >= PH_INDEX_TERMS_MAX;
        if (f->more)
            break;
        err = visit(f, txn, &id, arrival);
        if (err)
            break;
        f->last = arrival;
        f->moved = true;
    }
    ph__cursor_close(&c);
    return err;
}

/* Rows of a record that was retracted between reading and writing. */
static void forget(struct ph__extract *x, uint64_t arrival)
{
    size_t kept = 0;
    for (size_t i = 0; i < x->n_objects; i++) {
        if (ph_get_be64(x->objects[i].key + 32) != arrival)
            x->objects[kept++] = x->objects[i];
    }
    x->n_objects = kept;
    kept = 0;
    for (size_t i = 0; i < x->n_terms; i++) {
        if (ph__terms_key_posting(x->terms[i].key).arrival != arrival)
            x->terms[kept++] = x->terms[i];
    }
    x->n_terms = kept;
}

static enum ph_err settle(struct follower *f, struct ph__txn *txn, const struct outcome *out)
{
    struct ph__row row;
    struct ph_buf copy = ph_buf(PH_ROW_FIXED + PH_HEADER_MAX);
    bool found;
    enum ph_err err = ph__records_get(txn, &out->id, &row, &found);
    if (err)
        return err;
    if (!found || row.state != PH_STATE_OPEN || row.arrival != out->arrival) {
        forget(&f->x, out->arrival);
        return PH_OK;
    }
    /* The row is written over the page that its views look at. */
    err = ph_buf_add(&copy, ph_bytes(row.sig, 64));
    if (!err)
        err = ph_buf_add(&copy, row.header);
    if (!err) {
        row.sig = copy.p;
        row.header = ph_bytes(copy.p + 64, copy.n - 64);
        row.state = out->state;
        row.indexed = out->state == PH_STATE_OPEN;
        row.n_objects = out->n_objects;
        err = ph__records_put(txn, &out->id, &row);
    }
    ph_buf_done(&copy);
    return err;
}

static enum ph_err write_rows(struct follower *f, struct ph__txn *txn)
{
    struct ph__counters counters;
    enum ph_err err = ph__counters_get(txn, &counters);
    for (size_t i = 0; i < f->n && !err; i++)
        err = settle(f, txn, &f->outcomes[i]);
    if (!err)
        err = ph__objects_add(txn, f->x.objects, f->x.n_objects);
    if (!err)
        err = ph__terms_add(txn, f->x.terms, f->x.n_terms);
    counters.indexed = f->last;
    return err ? err : ph__counters_put(txn, &counters);
}

static enum ph_err read_phase(struct follower *f, struct ph_why *why)
{
    struct ph__txn txn;
    enum ph_err err = ph__txn_read(&txn, &f->store->env, why);
    if (err)
        return err;
    err = read_ahead(f, &txn);
    ph__txn_abort(&txn);
    ph__extract_sort(&f->x);
    return err;
}

static enum ph_err write_phase(struct follower *f, struct ph_why *why)
{
    struct ph__txn txn;
    uint64_t grows = f->x.n_objects * 2 * sizeof(*f->x.objects) +
                     f->x.n_terms * 2 * sizeof(*f->x.terms) + PH_KIB(64);
    enum ph_err err = ph__store_begin(f->store, &txn, grows, why);
    if (err)
        return err;
    err = write_rows(f, &txn);
    if (err) {
        ph__store_abort(f->store, &txn);
        return err;
    }
    return ph__store_commit(f->store, &txn);
}

static enum ph_err open_pending(struct ph_store *store, struct ph_why *why)
{
    struct ph__txn txn;
    struct ph__counters counters;
    bool pending = false;
    enum ph_err err = ph__txn_read(&txn, &store->env, why);
    if (err)
        return err;
    err = ph__grants_pending(&txn, &pending);
    ph__txn_abort(&txn);
    while (!err && pending) {
        err = ph__store_begin(store, &txn, PH_GROWS_NOT, why);
        if (err)
            return err;
        err = ph__counters_get(&txn, &counters);
        if (!err)
            err = ph__grants_open_waiting(&txn, &counters, PH_OPEN_WAITING_MAX, &pending);
        if (!err)
            err = ph__counters_put(&txn, &counters);
        if (!err)
            err = ph__store_commit(store, &txn);
        else
            ph__store_abort(store, &txn);
    }
    return err;
}

static enum ph_err index_some(struct ph_store *store, size_t max, bool *out_more,
                              struct ph_why *why)
{
    struct follower f = {.store = store, .max = max};
    f.x.store_key = ph__store_key(store);
    f.outcomes = calloc(max, sizeof(*f.outcomes));
    enum ph_err err =
        f.outcomes ? open_pending(store, why) : ph_fail(why, PH_ERR_NOMEM, "out of memory");
    if (!err)
        err = read_phase(&f, why);
    if (!err && f.moved)
        err = write_phase(&f, why);
    if (!err)
        *out_more = f.more;
    free(f.outcomes);
    ph__extract_done(&f.x);
    ph_zstd_done(&f.zstd);
    return err;
}

enum ph_err ph_store_index(struct ph_store *store, const struct ph_members *members, size_t max,
                           bool *out_more, struct ph_why *why)
{
    (void)members; /* rows know whose records they are */
    pthread_mutex_lock(&store->indexing);
    enum ph_err err = index_some(store, PH_MAX(PH_MIN(max, PH_INDEX_MAX), 1), out_more, why);
    pthread_mutex_unlock(&store->indexing);
    return err;
}

enum ph_err ph__index_all(struct ph_store *store, struct ph_why *why)
{
    bool more = true;
    enum ph_err err = PH_OK;
    while (!err && more)
        err = ph_store_index(store, NULL, PH_INDEX_MAX, &more, why);
    return err;
}
