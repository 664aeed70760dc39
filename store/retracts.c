/* SPDX-License-Identifier: Apache-2.0
 *
 * `retracts`: which ids their authors' organisations have withdrawn. Kept from the moment the
 * retract record comes, whether its targets are here or not, so the order of arrival does not
 * matter. */
#include <stdlib.h>

#include "proto/record/content.h"
#include "store/commit.h"
#include "store/extract.h"
#include "store/grants.h"
#include "store/records.h"

enum ph_err ph__retract_known(struct ph__txn *txn, const struct ph_id *id,
                              const struct ph_code *org, bool *out)
{
    uint8_t key[PH_RETRACTS_KEY];
    struct ph_bytes value;
    ph__retracts_key(key, id, org);
    return ph__db_get(txn, PH_DB_RETRACTS, ph_bytes(key, sizeof(key)), &value, out);
}

static enum ph_err remove_rows(struct ph__txn *txn, const struct ph__extract *x)
{
    enum ph_err err = PH_OK;
    bool found;
    for (size_t i = 0; i < x->n_objects && !err; i++)
        err = ph__objects_remove(txn, &x->objects[i], &found);
    for (size_t i = 0; i < x->n_terms && !err; i++)
        err = ph__terms_remove(txn, &x->terms[i]);
    return err;
}

/* The index is blind: only the body says which entries are its own. */
static enum ph_err drop_index(struct ph__commit *c, const struct ph_record *record,
                              const struct ph__row *row)
{
    struct ph__extract x = {.store_key = ph__store_key(c->store)};
    struct ph_buf plain = ph_buf(PH_PLAIN_MAX);
    uint32_t n;
    enum ph_err err = ph__open_body(c->store, &c->txn, &c->zstd, record, &plain);
    if (!err)
        err = ph__extract_add(&x, ph_buf_bytes(&plain), row->arrival, &row->org,
                              record->header.label, &record->header.audience, &n, c->txn.why);
    if (!err) {
        ph__extract_sort(&x);
        err = remove_rows(&c->txn, &x);
    }
    ph_buf_wipe(&plain);
    ph__extract_done(&x);
    return err;
}

static enum ph_err drop_target(struct ph__commit *c, const struct ph_id *id,
                               const struct ph__row *row)
{
    struct ph_record *record;
    enum ph_err err = ph__records_load(&c->txn, id, row, true, &record);
    if (err)
        return err;
    const struct ph_header *h = &record->header;
    if (h->type != PH_RECORD_CONTENT && h->type != PH_RECORD_BLOB) {
        ph_record_unref(record);
        return PH_OK;
    }
    struct ph__row out = *row;
    out.state = PH_STATE_RETRACTED;
    out.indexed = false;
    out.n_objects = 0;
    out.sig = record->sig;
    out.header = record->raw_header;
    if (row->indexed)
        err = drop_index(c, record, row);
    if (!err && h->has_key)
        err = ph__waiting_del(&c->txn, &h->key_commitment, id);
    if (!err && row->state == PH_STATE_WAITING)
        c->counters.waiting--;
    if (!err)
        err = ph__bodies_del(&c->txn, id);
    if (!err)
        err = ph__records_put(&c->txn, id, &out);
    ph_record_unref(record);
    return err;
}

static enum ph_err apply_one(struct ph__commit *c, const struct ph_record *retract,
                             const struct ph_id *target)
{
    uint8_t key[PH_RETRACTS_KEY];
    struct ph__row row;
    bool found = false;
    ph__retracts_key(key, target, &retract->author_org);
    enum ph_err err = ph__db_put(&c->txn, PH_DB_RETRACTS, ph_bytes(key, sizeof(key)),
                                 ph_bytes(retract->id.b, 32));
    if (!err)
        err = ph__records_get(&c->txn, target, &row, &found);
    if (err || !found || row.state == PH_STATE_RETRACTED ||
        ph_code_cmp(&row.org, &retract->author_org) != 0)
        return err;
    return drop_target(c, target, &row);
}

enum ph_err ph__retract_apply(struct ph__commit *c, const struct ph_record *retract)
{
    size_t n = 0;
    struct ph_retraction *targets = calloc(PH_OBJECTS_MAX, sizeof(*targets));
    if (!targets)
        return ph_fail(c->txn.why, PH_ERR_NOMEM, "out of memory");
    /* Its form was checked before it came here. */
    enum ph_err err = ph_retract_parse(targets, PH_OBJECTS_MAX, &n, retract->body, c->txn.why);
    for (size_t i = 0; i < n && !err; i++)
        err = apply_one(c, retract, &targets[i].id);
    free(targets);
    return err;
}
