/* SPDX-License-Identifier: Apache-2.0
 *
 * Versions of one STIX id. Latest wins within an organisation: by `modified`, then by record id. */
#include <stdlib.h>

#include "store/reading.h"
#include "store/recent.h"
#include "store/records.h"

/* One version, found but not read yet. */
struct version {
    struct ph__posting at;
    struct ph_id id;
    struct ph_code org;
    ph_ms modified;
    uint32_t nanos;
};

struct versions {
    struct ph_reading *r;
    struct version *v;
    size_t n, cap;
};

static enum ph_err add(struct versions *all, const uint8_t key[static PH_OBJECTS_KEY])
{
    struct ph__object_key k;
    struct ph__row row;
    struct version v;
    bool found;
    enum ph_err err = ph__objects_key_decode(&k, ph_bytes(key, PH_OBJECTS_KEY));
    if (err)
        return err;
    v = (struct version){.at = {k.arrival, k.position}, .modified = k.modified, .nanos = k.nanos};
    err = ph__recent_get(&all->r->txn, k.arrival, &v.id, &found);
    if (!err && found)
        err = ph__records_get(&all->r->txn, &v.id, &row, &found);
    if (err || !found || row.state != PH_STATE_OPEN)
        return err;
    v.org = row.org;
    if (all->n == all->cap) {
        size_t cap = all->cap ? all->cap * 2 : 16;
        void *p = realloc(all->v, cap * sizeof(*all->v));
        if (!p)
            return PH_ERR_NOMEM;
        all->v = p;
        all->cap = cap;
    }
    all->v[all->n++] = v;
    return PH_OK;
}

static enum ph_err collect(struct versions *all, const struct ph__blind *stix)
{
    struct ph_reading *r = all->r;
    struct ph__cursor *c = &r->objects;
    struct ph_bytes prefix = ph_bytes(stix->b, PH_BLIND);
    enum ph_err err = PH_OK;
    if (r->counters.indexed < r->counters.arrival)
        err = ph__reading_tail(r);
    for (size_t i = 0; i < r->tail.n_objects && !err; i++) {
        if (memcmp(r->tail.objects[i].key, stix->b, PH_BLIND) == 0)
            err = add(all, r->tail.objects[i].key);
    }
    if (!err)
        err = ph__cursor_seek(c, prefix);
    while (!err && c->at && ph__has_prefix(c->key, prefix)) {
        err = c->key.n == PH_OBJECTS_KEY ? add(all, c->key.p) : ph__corrupt(&r->txn, PH_DB_OBJECTS);
        if (!err)
            err = ph__cursor_next(c);
    }
    return err;
}

static int cmp_versions(const void *a, const void *b)
{
    const struct version *x = a;
    const struct version *y = b;
    int org = ph_code_cmp(&x->org, &y->org);
    if (org)
        return org;
    if (x->modified != y->modified)
        return x->modified > y->modified ? -1 : 1;
    if (x->nanos != y->nanos)
        return x->nanos > y->nanos ? -1 : 1;
    return ph_id_cmp(&y->id, &x->id);
}

enum ph_err ph_versions(struct ph_reading *reading, const char *stix_id, ph_object_fn fn, void *ctx,
                        struct ph_why *why)
{
    struct versions all = {.r = reading};
    struct ph__blind stix = ph__blind_stix(ph__store_key(reading->store), ph_bytes_str(stix_id));
    bool stop = false;
    reading->txn.why = why;
    enum ph_err err = collect(&all, &stix);
    if (!err && all.n)
        qsort(all.v, all.n, sizeof(*all.v), cmp_versions);
    for (size_t i = 0; i < all.n && !err && !stop; i++)
        err = ph__reading_emit(reading, &all.v[i].at, fn, ctx, &stop);
    reading->txn.why = NULL;
    free(all.v);
    return err;
}
