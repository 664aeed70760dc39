/* SPDX-License-Identifier: Apache-2.0 */
#include "store/reading.h"

#include <stdlib.h>

#include "proto/record/content.h"
#include "store/grants.h"
#include "store/recent.h"
#include "store/records.h"

const char *ph_state_text(enum ph_state state)
{
    switch (state) {
    case PH_STATE_OPEN:
        return "open";
    case PH_STATE_SEALED:
        return "sealed";
    case PH_STATE_WAITING:
        return "waiting for its key";
    case PH_STATE_RETRACTED:
        return "retracted by its author";
    case PH_STATE_REFUSED:
        return "refused";
    case PH_STATE_UNREADABLE:
        return "unreadable";
    case PH_STATE_ELSEWHERE:
        return "body not here";
    }
    return "unknown";
}

void ph_entry_done(struct ph_entry *entry)
{
    ph_record_unref(entry->record);
    entry->record = NULL;
}

void ph_object_done(struct ph_object *object)
{
    ph_entry_done(&object->entry);
    json_decref(object->json);
    object->json = NULL;
}

static void body_drop(struct ph_reading *r, struct ph__body *body)
{
    r->body_bytes -= body->plain.n;
    ph_record_unref(body->entry);
    ph_buf_wipe(&body->plain);
    free(body->encodings);
    *body = (struct ph__body){0};
}

static void snapshot_end(struct ph_reading *r)
{
    ph__cursor_close(&r->terms);
    ph__cursor_close(&r->objects);
    ph__txn_abort(&r->txn);
    for (size_t i = 0; i < PH_BODY_CACHE; i++)
        body_drop(r, &r->bodies[i]);
    ph__extract_done(&r->tail);
    r->has_tail = false;
    ph__filter_done(&r->filter);
}

static enum ph_err snapshot_begin(struct ph_reading *r, struct ph_why *why)
{
    enum ph_err err = ph__txn_read(&r->txn, &r->store->env, why);
    if (!err)
        err = ph__counters_get(&r->txn, &r->counters);
    if (!err)
        err = ph__cursor_open(&r->terms, &r->txn, PH_DB_TERMS);
    if (!err)
        err = ph__cursor_open(&r->objects, &r->txn, PH_DB_OBJECTS);
    return err;
}

enum ph_err ph_reading_new(struct ph_reading **out, struct ph_store *store,
                           const struct ph_members *members, struct ph_why *why)
{
    struct ph_reading *r = calloc(1, sizeof(*r));
    if (!r)
        return ph_fail(why, PH_ERR_NOMEM, "out of memory");
    r->store = store;
    r->tail.store_key = ph__store_key(store);
    r->members = members ? ph_members_ref(members) : NULL;
    enum ph_err err = snapshot_begin(r, why);
    if (err) {
        ph_reading_free(r);
        return err;
    }
    r->txn.why = NULL;
    *out = r;
    return PH_OK;
}

enum ph_err ph_reading_refresh(struct ph_reading *reading, struct ph_why *why)
{
    snapshot_end(reading);
    enum ph_err err = snapshot_begin(reading, why);
    reading->txn.why = NULL;
    return err;
}

void ph_reading_free(struct ph_reading *reading)
{
    if (!reading)
        return;
    snapshot_end(reading);
    ph_members_unref(reading->members);
    ph_zstd_done(&reading->zstd);
    free(reading);
}

static enum ph_err entry_of(struct ph_reading *r, const struct ph_id *id, const struct ph__row *row,
                            struct ph_entry *out)
{
    struct ph_record *record;
    enum ph_err err = ph__records_load(&r->txn, id, row, false, &record);
    if (!err)
        *out = (struct ph_entry){.record = record,
                                 .state = row->state,
                                 .arrival = row->arrival,
                                 .n_objects = row->n_objects};
    return err;
}

enum ph_err ph__reading_entry(struct ph_reading *r, const struct ph_id *id, struct ph_entry *out,
                              bool *found)
{
    struct ph__row row;
    enum ph_err err = ph__records_get(&r->txn, id, &row, found);
    return err || !*found ? err : entry_of(r, id, &row, out);
}

static struct ph__body *cached(struct ph_reading *r, const struct ph_id *id)
{
    for (size_t i = 0; i < PH_BODY_CACHE; i++) {
        if (r->bodies[i].entry && ph_id_equal(&r->bodies[i].id, id))
            return &r->bodies[i];
    }
    return NULL;
}

static struct ph__body *oldest(struct ph_reading *r)
{
    struct ph__body *out = NULL;
    for (size_t i = 0; i < PH_BODY_CACHE; i++) {
        struct ph__body *body = &r->bodies[i];
        if (body->entry && (!out || body->used < out->used))
            out = body;
    }
    return out;
}

/* A slot for one more body of the largest size. */
static struct ph__body *free_slot(struct ph_reading *r)
{
    struct ph__body *slot = NULL;
    while (r->body_bytes > PH_BODY_CACHE_BYTES - PH_PLAIN_MAX)
        body_drop(r, oldest(r));
    for (size_t i = 0; i < PH_BODY_CACHE && !slot; i++) {
        if (!r->bodies[i].entry)
            slot = &r->bodies[i];
    }
    if (!slot) {
        slot = oldest(r);
        body_drop(r, slot);
    }
    return slot;
}

static enum ph_err split(struct ph__body *body, struct ph_why *why)
{
    struct ph_bytes *all = calloc(PH_OBJECTS_MAX, sizeof(*all));
    if (!all)
        return ph_fail(why, PH_ERR_NOMEM, "out of memory");
    enum ph_err err =
        ph_content_split(all, PH_OBJECTS_MAX, &body->n, ph_buf_bytes(&body->plain), why);
    struct ph_bytes *fit = err ? NULL : realloc(all, PH_MAX(body->n, 1) * sizeof(*all));
    body->encodings = fit ? fit : all;
    return err;
}

/* Fills @body; what it leaves half made is dropped by the caller. */
static enum ph_err open_into(struct ph_reading *r, struct ph__body *body, const struct ph_id *id,
                             const struct ph__row *row)
{
    struct ph_record *record;
    enum ph_err err = ph__records_load(&r->txn, id, row, true, &record);
    if (err)
        return err;
    body->id = *id;
    body->plain = ph_buf(PH_PLAIN_MAX);
    err = record->header.type == PH_RECORD_CONTENT
              ? ph__open_body(r->store, &r->txn, &r->zstd, record, &body->plain)
              : PH_ERR_FORMAT;
    ph_record_unref(record);
    if (!err)
        err = split(body, r->txn.why);
    if (!err)
        err = ph__records_load(&r->txn, id, row, false, &body->entry);
    return err;
}

enum ph_err ph__reading_body(struct ph_reading *r, const struct ph_id *id, struct ph__body **out)
{
    struct ph__row row;
    bool found;
    struct ph__body *body = cached(r, id);
    *out = body;
    if (body) {
        body->used = ++r->tick;
        return PH_OK;
    }
    enum ph_err err = ph__records_get(&r->txn, id, &row, &found);
    if (err || !found || row.state != PH_STATE_OPEN)
        return err;
    body = free_slot(r);
    err = open_into(r, body, id, &row);
    r->body_bytes += body->plain.n;
    if (err) {
        body_drop(r, body);
        return ph__is_unreadable(err) ? PH_OK : err;
    }
    body->used = ++r->tick;
    *out = body;
    return PH_OK;
}

static enum ph_err emit_object(struct ph_reading *r, struct ph__body *body, uint16_t position,
                               ph_object_fn fn, void *ctx, bool *stop)
{
    struct ph_object object = {.position = position};
    bool found;
    enum ph_err err = ph__reading_entry(r, &body->id, &object.entry, &found);
    if (err || !found)
        return err;
    /* A tail that is not indexed yet has no count in its row. */
    object.entry.n_objects = (uint32_t)body->n;
    err = ph_content_object(&object.json, body->encodings[position], r->txn.why);
    if (!err)
        *stop = !fn(ctx, &object);
    ph_object_done(&object);
    return ph__is_unreadable(err) ? PH_OK : err;
}

enum ph_err ph__reading_emit(struct ph_reading *r, const struct ph__posting *at, ph_object_fn fn,
                             void *ctx, bool *stop)
{
    struct ph_id id;
    struct ph__body *body;
    bool found;
    *stop = false;
    enum ph_err err = ph__recent_get(&r->txn, at->arrival, &id, &found);
    if (err || !found)
        return err;
    err = ph__reading_body(r, &id, &body);
    if (err || !body || at->position >= body->n)
        return err;
    return emit_object(r, body, at->position, fn, ctx, stop);
}

enum ph_err ph_entry_objects(struct ph_reading *reading, const struct ph_entry *entry,
                             ph_object_fn fn, void *ctx, struct ph_why *why)
{
    struct ph__body *body;
    struct ph_id id = entry->record->id;
    bool stop = false;
    reading->txn.why = why;
    enum ph_err err = ph__reading_body(reading, &id, &body);
    for (size_t i = 0; !err && body && i < body->n && !stop; i++) {
        err = emit_object(reading, body, (uint16_t)i, fn, ctx, &stop);
        /* @fn may have read on and pushed the body out. */
        if (!err && !stop)
            err = ph__reading_body(reading, &id, &body);
    }
    reading->txn.why = NULL;
    return err;
}

static enum ph_err tail_record(struct ph_reading *r, const struct ph_id *id)
{
    struct ph__row row;
    struct ph_record *record;
    bool found;
    uint32_t n;
    enum ph_err err = ph__records_get(&r->txn, id, &row, &found);
    if (err || !found || row.state != PH_STATE_OPEN)
        return err;
    err = ph__records_load(&r->txn, id, &row, true, &record);
    if (err)
        return err == PH_ERR_CORRUPT ? PH_OK : err;
    struct ph_buf plain = ph_buf(PH_PLAIN_MAX);
    const struct ph_header *h = &record->header;
    if (h->type == PH_RECORD_CONTENT) {
        err = ph__open_body(r->store, &r->txn, &r->zstd, record, &plain);
        if (!err)
            err = ph__extract_add(&r->tail, ph_buf_bytes(&plain), row.arrival, &row.org, h->label,
                                  &h->audience, &n, NULL);
    }
    ph_buf_wipe(&plain);
    ph_record_unref(record);
    return ph__is_unreadable(err) ? PH_OK : err;
}

enum ph_err ph__reading_tail(struct ph_reading *r)
{
    struct ph__cursor c;
    struct ph_id id;
    uint64_t at = r->counters.indexed;
    bool found = true;
    if (r->has_tail)
        return PH_OK;
    enum ph_err err = ph__cursor_open(&c, &r->txn, PH_DB_RECENT);
    while (!err && found) {
        err = ph__recent_next(&c, at, &at, &id, &found);
        if (!err && found)
            err = tail_record(r, &id);
    }
    ph__cursor_close(&c);
    if (!err)
        ph__extract_sort(&r->tail);
    r->has_tail = !err;
    return err;
}

/* First row that is not below @prefix (16 bytes). */
static size_t lower_bound(const struct ph_reading *r, const uint8_t prefix[static PH_BLIND])
{
    size_t from = 0;
    size_t to = r->tail.n_terms;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        if (memcmp(r->tail.terms[mid].key, prefix, PH_BLIND) < 0)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

void ph__tail_range(const struct ph_reading *r, const struct ph__blind *term, size_t *from,
                    size_t *to)
{
    *from = lower_bound(r, term->b);
    for (*to = *from;
         *to < r->tail.n_terms && memcmp(r->tail.terms[*to].key, term->b, PH_BLIND) == 0;)
        (*to)++;
}
