/* SPDX-License-Identifier: Apache-2.0 */
#include "store/pack.h"

#include <stdlib.h>

#include "proto/base/reader.h"
#include "proto/record/content.h"
#include "store/objects.h"

#define PH_PACK_FRAME 16 /* bytes that framing adds at most */

/* An object's name and words, to tell what is known. */
struct mark {
    struct ph__blind stix;
    struct ph__blind words;
    uint32_t index;
    bool known;
};

/* Type and id of an encoded object, without decoding the rest. */
static bool peek(struct ph_bytes object, struct ph_bytes *type, struct ph_bytes *id)
{
    struct ph_reader r = ph_reader(object);
    uint32_t n = ph_read_map(&r, UINT16_MAX);
    *type = *id = ph_bytes(NULL, 0);
    for (uint32_t i = 0; i < n && (!type->p || !id->p); i++) {
        struct ph_bytes key = ph_read_text(&r, PH_OBJECT_MAX);
        if (ph_bytes_equal(key, ph_bytes_str("type")))
            *type = ph_read_text(&r, PH_OBJECT_MAX);
        else if (ph_bytes_equal(key, ph_bytes_str("id")))
            *id = ph_read_text(&r, PH_OBJECT_MAX);
        else
            (void)ph_read_raw(&r);
    }
    return ph_reader_err(&r, NULL) == PH_OK && type->n && id->n;
}

static ph_ms lifetime_of(struct ph_bytes type)
{
    char text[128];
    size_t n = PH_MIN(type.n, sizeof(text) - 1);
    memcpy(text, type.p, n);
    text[n] = '\0';
    return ph_content_lifetime(text);
}

static int cmp_marks(const void *a, const void *b)
{
    const struct mark *x = a;
    const struct mark *y = b;
    int cmp = memcmp(x->stix.b, y->stix.b, PH_BLIND);
    if (!cmp)
        cmp = memcmp(x->words.b, y->words.b, PH_BLIND);
    return cmp ? cmp : (x->index > y->index) - (x->index < y->index);
}

static bool same(const struct mark *a, const struct mark *b)
{
    return memcmp(a->stix.b, b->stix.b, PH_BLIND) == 0 &&
           memcmp(a->words.b, b->words.b, PH_BLIND) == 0;
}

/* In the order of the index, so that neighbours in it are read together. */
static enum ph_err look_up(struct ph_store *store, struct mark *marks, size_t n,
                           const struct ph_code *org, struct ph_why *why)
{
    struct ph__txn txn;
    struct ph__cursor c;
    enum ph_err err = ph__txn_read(&txn, &store->env, why);
    if (err)
        return err;
    err = ph__cursor_open(&c, &txn, PH_DB_OBJECTS);
    for (size_t i = 0; i < n && !err; i++) {
        if (i > 0 && same(&marks[i], &marks[i - 1]))
            marks[i].known = true;
        else
            err = ph__objects_has_words(&c, &marks[i].stix, org, &marks[i].words, &marks[i].known);
    }
    ph__cursor_close(&c);
    ph__txn_abort(&txn);
    return err;
}

static enum ph_err mark_all(struct ph_store *store, const struct ph_publication *publication,
                            const struct ph_audience *audience, const struct ph_code *org,
                            bool *known, struct ph_why *why)
{
    size_t n = publication->n_objects;
    const uint8_t *key = ph__store_key(store);
    struct mark *marks = calloc(n ? n : 1, sizeof(*marks));
    if (!marks)
        return ph_fail(why, PH_ERR_NOMEM, "out of memory");
    enum ph_err err = PH_OK;
    for (size_t i = 0; i < n && !err; i++) {
        struct ph_bytes type, id;
        if (!peek(publication->objects[i], &type, &id)) {
            err = ph_fail(why, PH_ERR_FORMAT, "object %zu has no type or no id", i);
            break;
        }
        marks[i].index = (uint32_t)i;
        marks[i].stix = ph__blind_stix(key, id);
        marks[i].words =
            ph__blind_words(key, publication->label, audience, publication->objects[i]);
    }
    if (!err && n) {
        qsort(marks, n, sizeof(*marks), cmp_marks);
        err = look_up(store, marks, n, org, why);
    }
    for (size_t i = 0; i < n && !err; i++)
        known[marks[i].index] = marks[i].known;
    free(marks);
    return err;
}

/* Where packs are cut: objects [from, to) of those not known. */
static size_t cut(const struct ph_publication *p, const bool *known, size_t from, size_t *n_objects,
                  size_t *bytes)
{
    size_t to = from;
    *n_objects = 0;
    *bytes = 0;
    for (; to < p->n_objects; to++) {
        if (known[to])
            continue;
        bool full = *n_objects == PH_OBJECTS_MAX || (p->single && *n_objects == 1) ||
                    *bytes + p->objects[to].n > PH_PACK_TARGET;
        if (*n_objects > 0 && full)
            break;
        (*n_objects)++;
        *bytes += p->objects[to].n;
    }
    return to;
}

static enum ph_err fill(struct ph__pack *pack, const struct ph_publication *p, const bool *known,
                        size_t from, size_t to, size_t bytes)
{
    struct ph_buf objects = ph_buf(PH_PLAIN_MAX);
    enum ph_err err = ph_buf_reserve(&objects, bytes);
    for (size_t i = from; i < to && !err; i++) {
        struct ph_bytes type, id;
        if (known[i])
            continue;
        err = ph_buf_add(&objects, p->objects[i]);
        if (peek(p->objects[i], &type, &id))
            pack->lifetime = PH_MAX(pack->lifetime, lifetime_of(type));
    }
    pack->plain = ph_buf(PH_PLAIN_MAX);
    if (!err)
        err = ph_buf_reserve(&pack->plain, bytes + PH_PACK_FRAME);
    if (!err)
        err = ph_content_finish(&pack->plain, pack->n_objects, ph_buf_bytes(&objects));
    ph_buf_wipe(&objects);
    return err;
}

static enum ph_err pack_all(struct ph__packs *out, const struct ph_publication *p,
                            const bool *known, struct ph_why *why)
{
    size_t cap = 0;
    enum ph_err err = PH_OK;
    for (size_t from = 0, to; from < p->n_objects && !err; from = to) {
        size_t n_objects, bytes;
        to = cut(p, known, from, &n_objects, &bytes);
        if (n_objects == 0)
            break;
        if (out->n == cap) {
            cap = cap ? cap * 2 : 16;
            void *v = realloc(out->v, cap * sizeof(*out->v));
            if (!v)
                return ph_fail(why, PH_ERR_NOMEM, "out of memory");
            out->v = v;
        }
        struct ph__pack *pack = &out->v[out->n++];
        *pack = (struct ph__pack){.n_objects = n_objects};
        out->n_new += n_objects;
        err = fill(pack, p, known, from, to, bytes);
    }
    return err;
}

enum ph_err ph__packs_make(struct ph__packs *out, struct ph_store *store,
                           const struct ph_publication *publication,
                           const struct ph_audience *audience, const struct ph_code *org,
                           struct ph_why *why)
{
    struct ph__packs packs = {0};
    size_t n = publication->n_objects;
    bool *known = calloc(n ? n : 1, sizeof(*known));
    if (!known)
        return ph_fail(why, PH_ERR_NOMEM, "out of memory");
    enum ph_err err = mark_all(store, publication, audience, org, known, why);
    if (!err)
        err = pack_all(&packs, publication, known, why);
    free(known);
    if (err) {
        ph__packs_done(&packs);
        return err;
    }
    packs.n_known = n - packs.n_new;
    *out = packs;
    return PH_OK;
}

void ph__packs_done(struct ph__packs *packs)
{
    for (size_t i = 0; i < packs->n; i++)
        ph_buf_wipe(&packs->v[i].plain);
    free(packs->v);
    *packs = (struct ph__packs){0};
}
