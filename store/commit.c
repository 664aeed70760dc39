/* SPDX-License-Identifier: Apache-2.0 */
#include "store/commit.h"

#include <stdlib.h>

#include "proto/base/assert.h"
#include "store/deferred.h"
#include "store/evidence.h"
#include "store/grants.h"
#include "store/recent.h"
#include "store/records.h"

#define PH_READER_CHECK_MS  30000
#define PH_OPEN_WAITING_MAX 20000 /* records opened by a grant in one transaction */

enum ph_err ph__commit_begin(struct ph__commit *c, struct ph_store *store, ph_ms now,
                             uint64_t grows, struct ph_why *why)
{
    *c = (struct ph__commit){.store = store, .now = now};
    enum ph_err err = ph__store_begin(store, &c->txn, grows, why);
    if (err)
        return err;
    if (now - store->readers_checked >= PH_READER_CHECK_MS) {
        ph__env_reader_check(&store->env);
        store->readers_checked = now;
    }
    err = ph__counters_get(&c->txn, &c->counters);
    if (!err)
        err = ph__self_get(&c->txn, &c->self);
    if (err)
        ph__commit_abort(c);
    return err;
}

enum ph_err ph__commit_end(struct ph__commit *c)
{
    bool more;
    enum ph_err err = ph__grants_open_waiting(&c->txn, &c->counters, PH_OPEN_WAITING_MAX, &more);
    if (!err)
        err = ph__sums_flush(&c->txn, &c->sums);
    if (!err)
        err = ph__counters_put(&c->txn, &c->counters);
    if (err) {
        ph__commit_abort(c);
        return err;
    }
    ph__sums_done(&c->sums);
    ph_zstd_done(&c->zstd);
    return ph__store_commit(c->store, &c->txn);
}

void ph__commit_abort(struct ph__commit *c)
{
    ph__sums_done(&c->sums);
    ph_zstd_done(&c->zstd);
    ph__store_abort(c->store, &c->txn);
}

static bool may_be_bare(enum ph_record_type type)
{
    return type == PH_RECORD_BLOB;
}

static bool has_person(const struct ph_header *h)
{
    return h->n_recipients > 0 && h->recipients[0].person.s[0] != '\0';
}

/* State of a record with a sealed body that just came. */
static enum ph_err sealed_state(struct ph__commit *c, const struct ph_record *record,
                                const struct ph_members *members, enum ph_state *out)
{
    const struct ph_header *h = &record->header;
    bool has_key;
    enum ph_err err =
        ph__grants_has(&c->txn, &h->key_commitment, &record->author_org, &h->audience, &has_key);
    if (err)
        return err;
    if (has_key) {
        *out = PH_STATE_OPEN;
        return PH_OK;
    }
    /* What is sealed to a person opens on that person's terminal only, never on a node. */
    bool ours = !has_person(h) && ph_members_in_audience(members, &c->self.code, &h->audience,
                                                         h->recipients, h->n_recipients);
    *out = ours ? PH_STATE_WAITING : PH_STATE_SEALED;
    c->counters.waiting += ours;
    return has_person(h) ? PH_OK : ph__waiting_put(&c->txn, &h->key_commitment, &record->id);
}

/* What becomes of a record: its state, or a verdict that keeps it out. */
static enum ph_err decide(struct ph__commit *c, const struct ph_record *record,
                          const struct ph_members *members, enum ph_err *verdict,
                          enum ph_state *state)
{
    const struct ph_header *h = &record->header;
    if (*verdict == PH_ERR_ENDED) {
        *state = PH_STATE_REFUSED;
        return PH_OK;
    }
    if (h->type == PH_RECORD_CONTENT || h->type == PH_RECORD_BLOB) {
        bool retracted;
        enum ph_err err = ph__retract_known(&c->txn, &record->id, &record->author_org, &retracted);
        if (err)
            return err;
        if (retracted) {
            *verdict = PH_ERR_RETRACTED;
            *state = PH_STATE_RETRACTED;
            return PH_OK;
        }
    }
    *state = PH_STATE_ELSEWHERE;
    if (!record->has_body) {
        *verdict = may_be_bare(h->type) ? PH_OK : PH_ERR_GAP;
        return PH_OK;
    }
    *state = PH_STATE_OPEN;
    bool sealed = h->has_key && h->type != PH_RECORD_GRANT;
    return sealed ? sealed_state(c, record, members, state) : PH_OK;
}

static enum ph_err put_record(struct ph__commit *c, const struct ph_record *record,
                              enum ph_state state)
{
    struct ph__row row = {
        .state = state,
        .arrival = ++c->counters.arrival,
        .org = record->author_org,
        .sig = record->sig,
        .header = record->raw_header,
    };
    bool with_body = record->has_body && state != PH_STATE_RETRACTED && state != PH_STATE_REFUSED;
    enum ph_err err = ph__records_put(&c->txn, &record->id, &row);
    if (!err && with_body)
        err = ph__bodies_put(&c->txn, &record->id, record->body);
    if (!err)
        err = ph__recent_put(&c->txn, row.arrival, &record->id);
    return err;
}

static enum ph_err put_new(struct ph__commit *c, const struct ph_record *record,
                           enum ph_state state)
{
    enum ph_err err = put_record(c, record, state);
    if (!err)
        err = ph__channels_add(&c->txn, &c->sums, &record->header, &record->id, &record->author_org,
                               &c->self.code);
    if (!err)
        err = ph__expiry_put(&c->txn, record->header.expires, &record->id);
    if (!err)
        err = ph__deferred_del(&c->txn, &record->id);
    if (!err && record->header.type == PH_RECORD_CONTENT)
        c->counters.content++;
    return err;
}

/* Takes the audience key out of a grant, when one of its boxes is for a reading key of ours. */
static enum ph_err take_grant(struct ph__commit *c, const struct ph_record *record)
{
    const struct ph_identity *me = c->store->identity;
    struct ph_audience_key key;
    bool found = false;
    bool is_new;
    enum ph_err err = PH_OK;
    for (size_t i = 0; i < me->n_reading && !found; i++) {
        uint64_t epoch;
        /* A box that does not open is its author's fault; another may still be good. */
        if (ph_grant_open(&key, &epoch, &found, record, me->reading[i].b, me->reading_secret[i]->b,
                          NULL) != PH_OK)
            found = false;
    }
    if (found)
        err = ph__grants_put(c->store, &c->txn, &key, &record->header.key_commitment,
                             &record->author_org, &record->header.audience, &is_new);
    ph_wipe(&key, sizeof(key));
    return err;
}

static enum ph_err after_put(struct ph__commit *c, const struct ph_record *record,
                             enum ph_state state)
{
    if (state == PH_STATE_REFUSED || !record->has_body)
        return PH_OK;
    switch (record->header.type) {
    case PH_RECORD_GRANT:
        return take_grant(c, record);
    case PH_RECORD_RETRACT:
        return ph__retract_apply(c, record);
    case PH_RECORD_CONTENT:
    case PH_RECORD_BLOB:
    case PH_RECORD_RECEIPT:
    case PH_RECORD_ANCHOR:
        return PH_OK;
    }
    return PH_OK;
}

/* The header is here already. Same header: nothing to do but to take a body that was missing. */
static enum ph_err known(struct ph__commit *c, const struct ph_record *record,
                         const struct ph_members *members, const struct ph__row *row,
                         enum ph_err *verdict)
{
    if (!ph_bytes_equal(row->header, record->raw_header)) {
        *verdict = PH_ERR_CONFLICT;
        return ph__evidence_record(&c->txn, record);
    }
    bool bring_body = row->state == PH_STATE_ELSEWHERE && record->has_body && *verdict == PH_OK;
    uint64_t old_arrival = row->arrival;
    if (!bring_body) {
        *verdict = PH_ERR_EXISTS;
        return PH_OK;
    }
    enum ph_state state;
    enum ph_err err = decide(c, record, members, verdict, &state);
    if (!err)
        err = ph__recent_del(&c->txn, old_arrival);
    return err ? err : put_record(c, record, state);
}

enum ph_err ph__commit_record(struct ph__commit *c, const struct ph_record *record,
                              const struct ph_members *members, enum ph_err *verdict, bool *is_new)
{
    struct ph__row row;
    enum ph_state state;
    bool found;
    *is_new = false;
    if (record->header.expires <= c->now) {
        *verdict = PH_ERR_EXPIRED;
        return PH_OK;
    }
    enum ph_err err = ph__records_get(&c->txn, &record->id, &row, &found);
    if (err)
        return err;
    if (found)
        return known(c, record, members, &row, verdict);
    err = decide(c, record, members, verdict, &state);
    if (err || *verdict == PH_ERR_GAP)
        return err;
    err = put_new(c, record, state);
    if (!err)
        err = after_put(c, record, state);
    *is_new = !err;
    return err;
}

/* Retractions and grants first, so that what they are about comes in as what it is; then in the
 * order of ids, which is the order of the trees on disk. */
static int rank(const struct ph_record *record)
{
    switch (record->header.type) {
    case PH_RECORD_RETRACT:
        return 0;
    case PH_RECORD_GRANT:
        return 1;
    case PH_RECORD_CONTENT:
    case PH_RECORD_BLOB:
    case PH_RECORD_RECEIPT:
    case PH_RECORD_ANCHOR:
        return 2;
    }
    return 2;
}

struct order {
    struct ph_batch_item *item;
    const struct ph_members *members;
    enum ph_err was; /* its verdict before: put back when nothing was stored */
};

static int cmp_order(const void *a, const void *b)
{
    const struct ph_record *x = ((const struct order *)a)->item->record;
    const struct ph_record *y = ((const struct order *)b)->item->record;
    int by_rank = rank(x) - rank(y);
    return by_rank ? by_rank : ph_id_cmp(&x->id, &y->id);
}

/* An ended key's header is counted without its body. Whose key it was, the card still says. */
static bool is_taken(const struct ph_batch_item *item, const struct ph_members *members)
{
    struct ph_member_node node;
    if (item->verdict == PH_ERR_ENDED && !item->record->author_org.s[0] &&
        ph_members_by_sign_key(members, &item->record->header.author, &node))
        item->record->author_org = node.card->org;
    bool judged = item->record->author_org.s[0] != '\0';
    PH_ASSERT(judged || item->verdict != PH_OK);
    return judged && (item->verdict == PH_OK || item->verdict == PH_ERR_ENDED);
}

static size_t collect(struct order *out, struct ph_batch *const *batches, size_t n)
{
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < batches[i]->n; k++) {
            struct ph_batch_item *item = &batches[i]->items[k];
            item->is_new = false;
            if (is_taken(item, batches[i]->members))
                out[used++] = (struct order){item, batches[i]->members, item->verdict};
        }
    }
    return used;
}

static enum ph_err store_items(struct ph_store *store, struct order *order, size_t n, ph_ms now,
                               struct ph_batch *const *batches, size_t n_batches,
                               struct ph_why *why)
{
    uint64_t grows = 0;
    for (size_t i = 0; i < n; i++)
        grows += ph__commit_growth(order[i].item->record);
    struct ph__commit c;
    enum ph_err err = ph__commit_begin(&c, store, now, grows, why);
    if (err)
        return err;
    for (size_t i = 0; i < n && !err; i++) {
        struct ph_batch_item *item = order[i].item;
        err = ph__commit_record(&c, item->record, order[i].members, &item->verdict, &item->is_new);
    }
    for (size_t i = 0; i < n_batches && !err; i++)
        err = ph__deferred_note(&c.txn, batches[i]);
    if (err) {
        ph__commit_abort(&c);
        return err;
    }
    return ph__commit_end(&c);
}

enum ph_err ph_store_commit(struct ph_store *store, struct ph_batch *const *batches, size_t n,
                            ph_ms now, struct ph_why *why)
{
    size_t total = 0;
    for (size_t i = 0; i < n; i++)
        total += batches[i]->n;
    struct order *order = calloc(total ? total : 1, sizeof(*order));
    if (!order)
        return ph_fail(why, PH_ERR_NOMEM, "out of memory");
    size_t used = collect(order, batches, n);
    if (used)
        qsort(order, used, sizeof(*order), cmp_order);
    enum ph_err err = PH_OK;
    if (used || ph__deferred_has_any(batches, n))
        err = store_items(store, order, used, now, batches, n, why);
    for (size_t i = 0; i < used && err; i++) {
        order[i].item->verdict = order[i].was;
        order[i].item->is_new = false;
    }
    free(order);
    return err;
}
