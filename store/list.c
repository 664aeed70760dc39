/* SPDX-License-Identifier: Apache-2.0
 *
 * Records by time and by the beginning of their id: ids sort by time, so both are walks of
 * `records`. */
#include "store/reading.h"
#include "store/records.h"

#define PH_PREFIX_MIN 4 /* hex digits */

static struct ph_id first_id(ph_ms created)
{
    uint8_t be[8];
    struct ph_id id = {{0}};
    ph_put_be64(be, PH_MIN(created, PH_CREATED_MAX));
    memcpy(id.b, be + 2, 6);
    return id;
}

static bool passes(const struct ph_list_filter *f, const struct ph_entry *entry)
{
    const struct ph_header *h = &entry->record->header;
    return (f->all_types || h->type == PH_RECORD_CONTENT) &&
           (!f->has_label || h->label == f->label) &&
           (!f->has_audience || ph_audience_equal(&h->audience, &f->audience)) &&
           (!f->has_org || ph_code_cmp(&entry->record->author_org, &f->org) == 0);
}

/* Calls @fn with the record under the cursor. */
static enum ph_err show(struct ph_reading *r, struct ph__cursor *c,
                        const struct ph_list_filter *filter, ph_entry_fn fn, void *ctx, bool *stop)
{
    struct ph_id id;
    struct ph_entry entry;
    bool found;
    memcpy(id.b, c->key.p, sizeof(id.b));
    enum ph_err err = ph__reading_entry(r, &id, &entry, &found);
    if (err || !found)
        return err;
    if (!filter || passes(filter, &entry))
        *stop = !fn(ctx, &entry);
    ph_entry_done(&entry);
    return PH_OK;
}

static enum ph_err list_forward(struct ph_reading *r, struct ph__cursor *c,
                                const struct ph_list_filter *filter, ph_entry_fn fn, void *ctx)
{
    struct ph_id from = first_id(filter->since);
    bool stop = false;
    enum ph_err err = ph__cursor_seek(c, ph_bytes(from.b, 32));
    while (!err && c->at && !stop) {
        struct ph_id id;
        if (c->key.n != 32)
            return ph__corrupt(&r->txn, PH_DB_RECORDS);
        memcpy(id.b, c->key.p, 32);
        if (filter->until && ph_id_created(&id) >= filter->until)
            break;
        err = show(r, c, filter, fn, ctx, &stop);
        if (!err && !stop)
            err = ph__cursor_next(c);
    }
    return err;
}

static enum ph_err list_backward(struct ph_reading *r, struct ph__cursor *c,
                                 const struct ph_list_filter *filter, ph_entry_fn fn, void *ctx)
{
    struct ph_id limit = first_id(filter->until);
    bool stop = false;
    enum ph_err err =
        filter->until ? ph__cursor_seek_before(c, ph_bytes(limit.b, 32)) : ph__cursor_last(c);
    while (!err && c->at && !stop) {
        struct ph_id id;
        if (c->key.n != 32)
            return ph__corrupt(&r->txn, PH_DB_RECORDS);
        memcpy(id.b, c->key.p, 32);
        if (ph_id_created(&id) < filter->since)
            break;
        err = show(r, c, filter, fn, ctx, &stop);
        if (!err && !stop)
            err = ph__cursor_prev(c);
    }
    return err;
}

enum ph_err ph_list(struct ph_reading *reading, const struct ph_list_filter *filter, ph_entry_fn fn,
                    void *ctx, struct ph_why *why)
{
    struct ph__cursor c;
    reading->txn.why = why;
    enum ph_err err = ph__cursor_open(&c, &reading->txn, PH_DB_RECORDS);
    if (!err)
        err = filter->oldest_first ? list_forward(reading, &c, filter, fn, ctx)
                                   : list_backward(reading, &c, filter, fn, ctx);
    ph__cursor_close(&c);
    reading->txn.why = NULL;
    return err;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The lowest id that begins with @prefix. */
static enum ph_err parse_prefix(struct ph_id *out, const char *prefix, size_t n, struct ph_why *why)
{
    *out = (struct ph_id){{0}};
    if (n < PH_PREFIX_MIN || n > 2 * sizeof(out->b))
        return ph_fail(why, PH_ERR_INPUT, "an id has %d to 64 hex digits", PH_PREFIX_MIN);
    for (size_t i = 0; i < n; i++) {
        int digit = hex_digit(prefix[i]);
        if (digit < 0)
            return ph_fail(why, PH_ERR_INPUT, "an id has hex digits only");
        out->b[i / 2] |= (uint8_t)(i % 2 ? digit : digit << 4);
    }
    return PH_OK;
}

static bool begins_with(const uint8_t *id, const struct ph_id *prefix, size_t digits)
{
    return memcmp(id, prefix->b, digits / 2) == 0 &&
           (digits % 2 == 0 || (id[digits / 2] & 0xf0) == prefix->b[digits / 2]);
}

enum ph_err ph_find(struct ph_reading *reading, const char *prefix, ph_entry_fn fn, void *ctx,
                    struct ph_why *why)
{
    struct ph_id from;
    struct ph__cursor c;
    size_t digits = strlen(prefix);
    bool stop = false;
    enum ph_err err = parse_prefix(&from, prefix, digits, why);
    if (err)
        return err;
    reading->txn.why = why;
    err = ph__cursor_open(&c, &reading->txn, PH_DB_RECORDS);
    if (!err)
        err = ph__cursor_seek(&c, ph_bytes(from.b, 32));
    while (!err && !stop && c.at && c.key.n == 32 && begins_with(c.key.p, &from, digits)) {
        err = show(reading, &c, NULL, fn, ctx, &stop);
        if (!err && !stop)
            err = ph__cursor_next(&c);
    }
    ph__cursor_close(&c);
    reading->txn.why = NULL;
    return err;
}
