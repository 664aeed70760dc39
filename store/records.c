/* SPDX-License-Identifier: Apache-2.0 */
#include "store/records.h"

#include "proto/base/text.h"

enum ph_err ph__records_get(struct ph__txn *txn, const struct ph_id *id, struct ph__row *out,
                            bool *found)
{
    struct ph_bytes value;
    enum ph_err err = ph__db_get(txn, PH_DB_RECORDS, ph_bytes(id->b, 32), &value, found);
    if (!err && *found && ph__row_decode(out, value))
        err = ph__corrupt(txn, PH_DB_RECORDS);
    return err;
}

enum ph_err ph__records_put(struct ph__txn *txn, const struct ph_id *id, const struct ph__row *row)
{
    uint8_t small[PH_ROW_FIXED + 1024];
    struct ph_buf large = ph_buf(PH_ROW_FIXED + PH_HEADER_MAX);
    size_t n = PH_ROW_FIXED + row->header.n;
    uint8_t *value = small;
    enum ph_err err = PH_OK;
    if (n > sizeof(small))
        err = ph_buf_extend(&large, n, &value);
    if (!err) {
        ph__row_encode_fixed(value, row);
        memcpy(value + PH_ROW_FIXED, row->header.p, row->header.n);
        err = ph__db_put(txn, PH_DB_RECORDS, ph_bytes(id->b, 32), ph_bytes(value, n));
    }
    ph_buf_done(&large);
    return err;
}

enum ph_err ph__bodies_get(struct ph__txn *txn, const struct ph_id *id, struct ph_bytes *out,
                           bool *found)
{
    return ph__db_get(txn, PH_DB_BODIES, ph_bytes(id->b, 32), out, found);
}

enum ph_err ph__bodies_put(struct ph__txn *txn, const struct ph_id *id, struct ph_bytes body)
{
    return ph__db_put(txn, PH_DB_BODIES, ph_bytes(id->b, 32), body);
}

enum ph_err ph__bodies_del(struct ph__txn *txn, const struct ph_id *id)
{
    return ph__db_del(txn, PH_DB_BODIES, ph_bytes(id->b, 32));
}

static enum ph_err damaged(struct ph__txn *txn, const struct ph_id *id, const char *what)
{
    char text[65];
    ph_hex(text, ph_bytes(id->b, 32));
    return ph_fail(txn->why, PH_ERR_CORRUPT, "record %s: %s is damaged on disk", text, what);
}

static bool may_give_body(enum ph_state state)
{
    switch (state) {
    case PH_STATE_OPEN:
    case PH_STATE_SEALED:
    case PH_STATE_WAITING:
    case PH_STATE_UNREADABLE:
        return true;
    case PH_STATE_RETRACTED:
    case PH_STATE_REFUSED:
    case PH_STATE_ELSEWHERE:
        return false;
    }
    return false;
}

enum ph_err ph__records_load(struct ph__txn *txn, const struct ph_id *id, const struct ph__row *row,
                             bool with_body, struct ph_record **out)
{
    struct ph_bytes body = {0};
    bool has_body = with_body && may_give_body(row->state);
    enum ph_err err = PH_OK;
    if (has_body) {
        bool found;
        err = ph__bodies_get(txn, id, &body, &found);
        if (err)
            return err;
        if (!found)
            return damaged(txn, id, "its body");
    }
    struct ph_record *record;
    err = ph_record_new(&record, row->header, row->sig, body, has_body, NULL);
    if (err)
        return err == PH_ERR_NOMEM ? err : damaged(txn, id, "its header");
    const char *what = NULL;
    if (!ph_id_equal(&record->id, id))
        what = "its header";
    if (!what && has_body) {
        struct ph_hash hash = ph_record_body_hash(body);
        if (!ph_hash_equal(&hash, &record->header.body_hash))
            what = "its body";
    }
    if (what) {
        ph_record_unref(record);
        return damaged(txn, id, what);
    }
    record->author_org = row->org;
    *out = record;
    return PH_OK;
}
