/* SPDX-License-Identifier: Apache-2.0 */
#include "store/objects.h"

enum ph_err ph__objects_add(struct ph__txn *txn, const struct ph__object_row *rows, size_t n)
{
    struct ph__cursor c;
    enum ph_err err = ph__cursor_open(&c, txn, PH_DB_OBJECTS);
    for (size_t i = 0; i < n && !err; i++) {
        err = ph__cursor_put(&c, ph_bytes(rows[i].key, PH_OBJECTS_KEY),
                             ph_bytes(rows[i].words.b, PH_BLIND));
    }
    ph__cursor_close(&c);
    return err;
}

enum ph_err ph__objects_remove(struct ph__txn *txn, const struct ph__object_row *row,
                               bool *out_found)
{
    struct ph_bytes key = ph_bytes(row->key, PH_OBJECTS_KEY);
    struct ph_bytes value;
    enum ph_err err = ph__db_get(txn, PH_DB_OBJECTS, key, &value, out_found);
    return !err && *out_found ? ph__db_del(txn, PH_DB_OBJECTS, key) : err;
}

enum ph_err ph__objects_has_words(struct ph__cursor *c, const struct ph__blind *stix,
                                  const struct ph_code *org, const struct ph__blind *words,
                                  bool *out)
{
    uint8_t prefix[PH_BLIND + 4];
    memcpy(prefix, stix->b, PH_BLIND);
    ph__object_org(prefix + PH_BLIND, org);
    struct ph_bytes p = ph_bytes(prefix, sizeof(prefix));
    enum ph_err err = ph__cursor_seek(c, p);
    *out = false;
    while (!err && c->at && ph__has_prefix(c->key, p)) {
        *out = ph_bytes_equal(c->value, ph_bytes(words->b, PH_BLIND));
        if (*out)
            break;
        err = ph__cursor_next(c);
    }
    return err;
}
