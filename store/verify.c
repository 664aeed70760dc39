/* SPDX-License-Identifier: Apache-2.0
 *
 * Everything hashed, opened and rebuilt again, and compared with what is kept. Each record says
 * what must be in the other databases; the totals then show that nothing else is. */
#include <stdarg.h>
#include <stdio.h>

#include "store/audit.h"
#include "store/channels.h"
#include "store/extract.h"
#include "store/grants.h"
#include "store/recent.h"
#include "store/records.h"

#define PH_VERIFY_ROWS 500000 /* index rows looked for at once: about 13 MB */

struct verify {
    struct ph_store *store;
    const struct ph_members *members;
    ph_verify_fn fn;
    void *ctx;
    struct ph_verify_report report;
    struct ph__txn txn;
    struct ph__cursor terms;
    struct ph__extract x;
    struct ph_zstd zstd;
    struct ph_roster_org self;
    struct ph__counters counters;
    /* What the records say the totals must be. */
    uint64_t n_content, n_waiting, n_channels, n_postings, n_sums;
};

static void say(struct verify *v, const struct ph_id *id, const char *format, ...) PH_PRINTF(3, 4);

static void say(struct verify *v, const struct ph_id *id, const char *format, ...)
{
    char line[512];
    char name[65] = "";
    va_list args;
    v->report.errors++;
    if (!v->fn)
        return;
    if (id)
        ph_hex(name, ph_bytes(id->b, 32));
    int n = snprintf(line, sizeof(line), "%s%s%s", id ? "record " : "", name, id ? ": " : "");
    va_start(args, format);
    (void)vsnprintf(line + n, sizeof(line) - (size_t)n, format, args);
    va_end(args);
    v->fn(v->ctx, line);
}

/* Whether @key is in @db, which a finding about @id is made of when it is not. */
static enum ph_err must_have(struct verify *v, enum ph_db db, struct ph_bytes key,
                             const struct ph_id *id, struct ph_bytes value)
{
    struct ph_bytes kept;
    bool found;
    enum ph_err err = ph__db_get(&v->txn, db, key, &kept, &found);
    if (!err && (!found || !ph_bytes_equal(kept, value)))
        say(v, id, "missing or wrong in %s", ph__db_name(db));
    return err;
}

static enum ph_err check_places(struct verify *v, const struct ph_record *record,
                                const struct ph__row *row)
{
    struct ph_channel channels[PH_CHANNELS_MAX];
    uint8_t channel_key[PH_CHANNELS_KEY];
    uint8_t expiry_key[PH_EXPIRY_KEY];
    uint8_t arrival_key[8];
    size_t n;
    ph_put_be64(arrival_key, row->arrival);
    ph__expiry_key(expiry_key, record->header.expires, &record->id);
    enum ph_err err = must_have(v, PH_DB_RECENT, ph_bytes(arrival_key, sizeof(arrival_key)),
                                &record->id, ph_bytes(record->id.b, 32));
    if (!err)
        err = must_have(v, PH_DB_EXPIRY, ph_bytes(expiry_key, sizeof(expiry_key)), &record->id,
                        ph_bytes(NULL, 0));
    ph_record_channels(channels, PH_CHANNELS_MAX, &n, &record->header, &row->org, &v->self.code);
    for (size_t i = 0; i < n && !err; i++) {
        ph__channels_key(channel_key, &channels[i], &record->id);
        err = must_have(v, PH_DB_CHANNELS, ph_bytes(channel_key, sizeof(channel_key)), &record->id,
                        ph_bytes(NULL, 0));
    }
    v->n_channels += n;
    return err;
}

/* An index entry that is not there, named by its record. */
static void missing(struct verify *v, uint64_t arrival, enum ph_db db)
{
    struct ph_id id;
    bool found;
    if (ph__recent_get(&v->txn, arrival, &id, &found) == PH_OK && found)
        say(v, &id, "an index entry is missing or wrong (%s)", ph__db_name(db));
    else
        say(v, NULL, "an index entry is missing or wrong (%s)", ph__db_name(db));
}

static void missing_term(void *ctx, const struct ph__term_row *row)
{
    missing(ctx, ph__terms_key_posting(row->key).arrival, PH_DB_TERMS);
}

/* Looks for all rows collected so far, in the order of the databases. */
static enum ph_err check_rows(struct verify *v)
{
    enum ph_err err = PH_OK;
    ph__extract_sort(&v->x);
    for (size_t i = 0; i < v->x.n_objects && !err; i++) {
        const struct ph__object_row *row = &v->x.objects[i];
        struct ph__object_key key;
        struct ph_bytes kept;
        bool found;
        err = ph__db_get(&v->txn, PH_DB_OBJECTS, ph_bytes(row->key, PH_OBJECTS_KEY), &kept, &found);
        if (!err && (!found || !ph_bytes_equal(kept, ph_bytes(row->words.b, PH_BLIND))) &&
            !ph__objects_key_decode(&key, ph_bytes(row->key, PH_OBJECTS_KEY)))
            missing(v, key.arrival, PH_DB_OBJECTS);
    }
    if (!err)
        err = ph__terms_missing(&v->terms, v->x.terms, v->x.n_terms, missing_term, v);
    v->report.objects += v->x.n_objects;
    v->n_postings += v->x.n_terms;
    ph__extract_clear(&v->x);
    return err;
}

static enum ph_err check_open(struct verify *v, const struct ph_record *record,
                              const struct ph__row *row)
{
    struct ph_buf plain = ph_buf(PH_PLAIN_MAX);
    uint32_t n = 0;
    size_t n_objects = v->x.n_objects;
    size_t n_terms = v->x.n_terms;
    enum ph_err err = ph__open_body(v->store, &v->txn, &v->zstd, record, &plain);
    if (!err)
        err = ph__extract_add(&v->x, ph_buf_bytes(&plain), row->arrival, &row->org,
                              record->header.label, &record->header.audience, &n, NULL);
    ph_buf_wipe(&plain);
    if (err && !ph__is_unreadable(err))
        return err;
    if (err) {
        if (row->indexed || row->arrival <= v->counters.indexed)
            say(v, &record->id, "does not open: %s", ph_err_text(err));
        return PH_OK;
    }
    v->report.opened++;
    if (!row->indexed) {
        v->x.n_objects = n_objects; /* not to be looked for */
        v->x.n_terms = n_terms;
        if (row->arrival <= v->counters.indexed)
            say(v, &record->id, "passed over by the index");
        return PH_OK;
    }
    if (n != row->n_objects)
        say(v, &record->id, "%u objects, its row says %u", n, row->n_objects);
    return v->x.n_terms >= PH_VERIFY_ROWS ? check_rows(v) : PH_OK;
}

/* Whether a row in this state has its body here. */
static bool has_body(enum ph_state state)
{
    return state == PH_STATE_OPEN || state == PH_STATE_SEALED || state == PH_STATE_WAITING ||
           state == PH_STATE_UNREADABLE;
}

static enum ph_err check_body(struct verify *v, const struct ph_id *id, const struct ph__row *row)
{
    struct ph_bytes body;
    bool found;
    enum ph_err err = ph__bodies_get(&v->txn, id, &body, &found);
    if (err)
        return err;
    v->report.bodies += found;
    if (found != has_body(row->state))
        say(v, id, found ? "has a body that it must not have" : "its body is missing");
    return PH_OK;
}

static enum ph_err check_author(struct verify *v, const struct ph_record *record,
                                const struct ph__row *row)
{
    struct ph_member_node node;
    if (!v->members)
        return PH_OK;
    if (!ph_members_by_sign_key(v->members, &record->header.author, &node) ||
        ph_code_cmp(&node.card->org, &row->org) != 0)
        say(v, &record->id, "its author is not on the card of %s", row->org.s);
    return PH_OK;
}

static enum ph_err check_record(struct verify *v, const struct ph_id *id, const struct ph__row *row)
{
    struct ph_record *record = NULL;
    v->report.records++;
    enum ph_err err = check_body(v, id, row);
    if (!err)
        err = ph__records_load(&v->txn, id, row, true, &record);
    if (err == PH_ERR_CORRUPT) {
        say(v, id, "damaged: header or body does not match its hash");
        return PH_OK;
    }
    if (err)
        return err;
    if (ph_record_check(record, NULL) != PH_OK)
        say(v, id, "its signature does not verify");
    v->n_content += record->header.type == PH_RECORD_CONTENT;
    v->n_waiting += row->state == PH_STATE_WAITING;
    err = check_author(v, record, row);
    if (!err)
        err = check_places(v, record, row);
    if (!err && record->header.type == PH_RECORD_CONTENT && row->state == PH_STATE_OPEN)
        err = check_open(v, record, row);
    ph_record_unref(record);
    return err;
}

static enum ph_err check_records(struct verify *v)
{
    struct ph__cursor c;
    enum ph_err err = ph__cursor_open(&c, &v->txn, PH_DB_RECORDS);
    if (!err)
        err = ph__cursor_first(&c);
    while (!err && c.at) {
        struct ph_id id;
        struct ph__row row;
        if (c.key.n != 32 || ph__row_decode(&row, c.value)) {
            say(v, NULL, "a row of records is damaged");
        } else {
            memcpy(id.b, c.key.p, 32);
            err = check_record(v, &id, &row);
        }
        if (!err)
            err = ph__cursor_next(&c);
    }
    ph__cursor_close(&c);
    return err ? err : check_rows(v);
}

static enum ph_err check_channel(struct verify *v, const uint8_t channel[static PH_CHANNEL_KEY])
{
    uint64_t buckets, wrong;
    enum ph_err err = ph__sums_verify(&v->txn, channel, &buckets, &wrong);
    if (err)
        return err;
    v->report.channels++;
    v->n_sums += buckets;
    if (wrong)
        say(v, NULL, "%llu of %llu sums of a channel are wrong", (unsigned long long)wrong,
            (unsigned long long)buckets);
    return PH_OK;
}

/* Hops from the first id of one channel to the first of the next. */
static enum ph_err check_channels(struct verify *v)
{
    struct ph__cursor c;
    enum ph_err err = ph__cursor_open(&c, &v->txn, PH_DB_CHANNELS);
    if (!err)
        err = ph__cursor_first(&c);
    while (!err && c.at) {
        uint8_t past[PH_CHANNELS_KEY + 1];
        if (c.key.n != PH_CHANNELS_KEY) {
            say(v, NULL, "a key of channels is damaged");
            break;
        }
        memcpy(past, c.key.p, PH_CHANNEL_KEY);
        memset(past + PH_CHANNEL_KEY, 0xff, sizeof(past) - PH_CHANNEL_KEY);
        err = check_channel(v, past);
        if (!err)
            err = ph__cursor_seek(&c, ph_bytes(past, sizeof(past)));
    }
    ph__cursor_close(&c);
    return err;
}

static enum ph_err check_total(struct verify *v, enum ph_db db, uint64_t expected)
{
    uint64_t n;
    enum ph_err err = ph__db_count(&v->txn, db, &n);
    if (!err && n != expected)
        say(v, NULL, "%s has %llu entries, the records say %llu", ph__db_name(db),
            (unsigned long long)n, (unsigned long long)expected);
    return err;
}

static enum ph_err check_totals(struct verify *v)
{
    uint64_t postings = 0;
    enum ph_err err = check_total(v, PH_DB_RECENT, v->report.records);
    if (!err)
        err = check_total(v, PH_DB_EXPIRY, v->report.records);
    if (!err)
        err = check_total(v, PH_DB_BODIES, v->report.bodies);
    if (!err)
        err = check_total(v, PH_DB_CHANNELS, v->n_channels);
    if (!err)
        err = check_total(v, PH_DB_SUMS, v->n_sums);
    if (!err)
        err = check_total(v, PH_DB_OBJECTS, v->report.objects);
    if (!err)
        err = ph__terms_count(&v->txn, &postings);
    if (err)
        return err;
    if (postings != v->n_postings)
        say(v, NULL, "terms has %llu postings, the records say %llu", (unsigned long long)postings,
            (unsigned long long)v->n_postings);
    if (v->counters.content != v->n_content || v->counters.waiting != v->n_waiting)
        say(v, NULL, "counters of content or waiting records are wrong");
    return PH_OK;
}

static enum ph_err check_key(struct verify *v, struct ph_bytes name)
{
    struct ph_hash commitment;
    struct ph_code org;
    struct ph_audience audience = {.kind = (enum ph_audience_kind)name.p[49]};
    struct ph_audience_key key;
    bool found = false;
    memcpy(commitment.b, name.p + 1, 32);
    ph__org_decode(&org, name.p + 33);
    memcpy(audience.id.b, name.p + 50, 32);
    enum ph_err err = ph__grants_get(v->store, &v->txn, &commitment, &org, &audience, &key, &found);
    if (err == PH_ERR_CORRUPT) {
        say(v, NULL, "an audience key does not unwrap");
        return PH_OK;
    }
    if (!err && found) {
        struct ph_hash again = ph_key_commitment(&key);
        if (!ph_hash_equal(&again, &commitment))
            say(v, NULL, "an audience key is not the one committed to");
    }
    ph_wipe(&key, sizeof(key));
    return err;
}

static enum ph_err check_keys(struct verify *v)
{
    struct ph__cursor c;
    enum ph_err err = ph__cursor_open(&c, &v->txn, PH_DB_GRANTS);
    if (!err)
        err = ph__cursor_seek(&c, ph_bytes("K", 1));
    while (!err && c.at && c.key.p[0] == 'K') {
        if (c.key.n == PH_GRANT_KEY)
            err = check_key(v, c.key);
        else
            say(v, NULL, "a key of grants is damaged");
        if (!err)
            err = ph__cursor_next(&c);
    }
    ph__cursor_close(&c);
    return err;
}

static enum ph_err check_audit(struct verify *v)
{
    uint64_t broken;
    enum ph_err err = ph__audit_verify(&v->txn, &v->report.audit_entries, &broken);
    if (!err && broken)
        say(v, NULL, "audit log: entry %llu does not follow from the one before",
            (unsigned long long)broken);
    return err;
}

static enum ph_err verify_all(struct verify *v)
{
    enum ph_err err = ph__counters_get(&v->txn, &v->counters);
    if (!err)
        err = ph__cursor_open(&v->terms, &v->txn, PH_DB_TERMS);
    if (!err) {
        err = ph__self_get(&v->txn, &v->self);
        if (err == PH_ERR_NOTFOUND && v->counters.arrival == 0)
            err = PH_OK; /* nothing was ever stored */
    }
    if (!err)
        err = check_records(v);
    if (!err)
        err = check_channels(v);
    if (!err)
        err = check_totals(v);
    if (!err)
        err = check_keys(v);
    return err ? err : check_audit(v);
}

enum ph_err ph_verify(struct ph_store *store, const struct ph_members *members, ph_verify_fn fn,
                      void *ctx, struct ph_verify_report *out, struct ph_why *why)
{
    struct verify v = {.store = store, .members = members, .fn = fn, .ctx = ctx};
    v.x.store_key = ph__store_key(store);
    enum ph_err err = ph__txn_read(&v.txn, &store->env, why);
    if (err)
        return err;
    err = verify_all(&v);
    ph__cursor_close(&v.terms);
    ph__txn_abort(&v.txn);
    ph__extract_done(&v.x);
    ph_zstd_done(&v.zstd);
    if (!err)
        *out = v.report;
    return err;
}
