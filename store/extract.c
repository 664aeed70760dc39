/* SPDX-License-Identifier: Apache-2.0 */
#include "store/extract.h"

#include <stdlib.h>

#include "proto/intel/stix.h"
#include "proto/record/content.h"

static bool grow(void **rows, size_t *cap, size_t n, size_t size)
{
    if (n < *cap)
        return true;
    size_t want = *cap ? *cap * 2 : 64;
    void *p = realloc(*rows, want * size);
    if (!p)
        return false;
    *rows = p;
    *cap = want;
    return true;
}

struct collect {
    struct ph__extract *x;
    struct ph__posting posting;
    enum ph_err err;
};

static struct ph__memo_slot *slot_of(struct ph__memo *memo, enum ph_observable_kind kind,
                                     struct ph_bytes text)
{
    uint32_t h = 2166136261u ^ (uint32_t)kind; /* FNV-1a: only spreads, the text is compared */
    for (size_t i = 0; i < text.n; i++)
        h = (h ^ text.p[i]) * 16777619u;
    return &memo->slots[(h ^ h >> 16) % PH_MEMO_SLOTS];
}

static struct ph__blind blind_of(struct ph__extract *x, enum ph_observable_kind kind,
                                 struct ph_bytes text)
{
    if (!x->memo)
        x->memo = calloc(1, sizeof(*x->memo));
    if (!x->memo || text.n > PH_MEMO_TEXT)
        return ph__blind_term(x->store_key, kind, text);
    struct ph__memo_slot *slot = slot_of(x->memo, kind, text);
    if (slot->kind != kind || !ph_bytes_equal(ph_bytes(slot->text, slot->n), text)) {
        slot->kind = (uint8_t)kind;
        slot->n = (uint8_t)text.n;
        if (text.n)
            memcpy(slot->text, text.p, text.n);
        slot->blind = ph__blind_term(x->store_key, kind, text);
    }
    return slot->blind;
}

static bool add_term(void *ctx, enum ph_observable_kind kind, struct ph_bytes text)
{
    struct collect *c = ctx;
    struct ph__extract *x = c->x;
    void *rows = x->terms;
    if (!grow(&rows, &x->cap_terms, x->n_terms, sizeof(*x->terms))) {
        c->err = PH_ERR_NOMEM;
        return false;
    }
    x->terms = rows;
    struct ph__blind term = blind_of(x, kind, text);
    ph__terms_key(x->terms[x->n_terms++].key, &term, &c->posting);
    return true;
}

static enum ph_err add_object(struct ph__extract *x, const struct ph__object_key *at,
                              const json_t *json, const struct ph__blind *words)
{
    struct ph_stix_head head;
    struct ph__object_key key = *at;
    /* Without type or id there is nothing to find it under; its terms still lead to it. */
    if (ph_stix_head(&head, json, NULL) != PH_OK)
        return PH_OK;
    void *rows = x->objects;
    if (!grow(&rows, &x->cap_objects, x->n_objects, sizeof(*x->objects)))
        return PH_ERR_NOMEM;
    x->objects = rows;
    key.stix = ph__blind_stix(x->store_key, ph_bytes_str(head.id));
    key.modified = head.modified;
    key.nanos = head.modified_nanos;
    struct ph__object_row *row = &x->objects[x->n_objects++];
    ph__objects_key(row->key, &key);
    row->words = *words;
    return PH_OK;
}

static enum ph_err add_encoding(struct ph__extract *x, struct ph_bytes encoding,
                                const struct ph__object_key *at, enum ph_tlp label,
                                const struct ph_audience *audience, struct ph_why *why)
{
    json_t *json;
    enum ph_err err = ph_content_object(&json, encoding, why);
    if (err)
        return err;
    struct collect c = {.x = x, .posting = {at->arrival, at->position}};
    struct ph__blind words = ph__blind_words(x->store_key, label, audience, encoding);
    err = add_object(x, at, json, &words);
    if (!err) {
        ph_stix_each_term(json, add_term, &c);
        err = c.err;
    }
    json_decref(json);
    return err;
}

enum ph_err ph__extract_add(struct ph__extract *x, struct ph_bytes plain, uint64_t arrival,
                            const struct ph_code *org, enum ph_tlp label,
                            const struct ph_audience *audience, uint32_t *out_n, struct ph_why *why)
{
    size_t n_objects = x->n_objects;
    size_t n_terms = x->n_terms;
    size_t n = 0;
    struct ph__object_key at = {.arrival = arrival};
    if (!x->encodings)
        x->encodings = calloc(PH_OBJECTS_MAX, sizeof(*x->encodings));
    if (!x->encodings)
        return ph_fail(why, PH_ERR_NOMEM, "out of memory");
    ph__object_org(at.org, org);
    enum ph_err err = ph_content_split(x->encodings, PH_OBJECTS_MAX, &n, plain, why);
    for (size_t i = 0; i < n && !err; i++) {
        at.position = (uint16_t)i;
        err = add_encoding(x, x->encodings[i], &at, label, audience, why);
    }
    if (err) {
        x->n_objects = n_objects;
        x->n_terms = n_terms;
        return err;
    }
    *out_n = (uint32_t)n;
    return PH_OK;
}

static int cmp_objects(const void *a, const void *b)
{
    return memcmp(a, b, PH_OBJECTS_KEY);
}

static int cmp_terms(const void *a, const void *b)
{
    return memcmp(a, b, PH_TERMS_KEY);
}

void ph__extract_sort(struct ph__extract *x)
{
    if (x->n_objects)
        qsort(x->objects, x->n_objects, sizeof(*x->objects), cmp_objects);
    if (!x->n_terms)
        return;
    qsort(x->terms, x->n_terms, sizeof(*x->terms), cmp_terms);
    size_t kept = 1;
    for (size_t i = 1; i < x->n_terms; i++) {
        if (cmp_terms(&x->terms[i], &x->terms[kept - 1]) != 0)
            x->terms[kept++] = x->terms[i];
    }
    x->n_terms = kept;
}

void ph__extract_clear(struct ph__extract *x)
{
    x->n_objects = 0;
    x->n_terms = 0;
}

void ph__extract_done(struct ph__extract *x)
{
    free(x->objects);
    free(x->terms);
    if (x->memo)
        ph_wipe(x->memo, sizeof(*x->memo));
    free(x->memo);
    free(x->encodings);
    *x = (struct ph__extract){.store_key = x->store_key};
}

bool ph__is_unreadable(enum ph_err err)
{
    switch (ph_err_class(err)) {
    case PH_CLASS_PEER:
    case PH_CLASS_INPUT:
    case PH_CLASS_IGNORE:
        return true;
    case PH_CLASS_NONE:
    case PH_CLASS_POLICY:
    case PH_CLASS_LOCAL:
    case PH_CLASS_BUG:
        return false;
    }
    return false;
}
