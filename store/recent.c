/* SPDX-License-Identifier: Apache-2.0 */
#include "store/recent.h"

enum ph_err ph__recent_put(struct ph__txn *txn, uint64_t arrival, const struct ph_id *id)
{
    uint8_t key[8];
    ph_put_be64(key, arrival);
    return ph__db_put(txn, PH_DB_RECENT, ph_bytes(key, sizeof(key)), ph_bytes(id->b, 32));
}

enum ph_err ph__recent_del(struct ph__txn *txn, uint64_t arrival)
{
    uint8_t key[8];
    ph_put_be64(key, arrival);
    return ph__db_del(txn, PH_DB_RECENT, ph_bytes(key, sizeof(key)));
}

enum ph_err ph__recent_get(struct ph__txn *txn, uint64_t arrival, struct ph_id *out, bool *found)
{
    uint8_t key[8];
    struct ph_bytes value;
    ph_put_be64(key, arrival);
    enum ph_err err = ph__db_get(txn, PH_DB_RECENT, ph_bytes(key, sizeof(key)), &value, found);
    if (err || !*found)
        return err;
    if (value.n != 32)
        return ph__corrupt(txn, PH_DB_RECENT);
    memcpy(out->b, value.p, 32);
    return PH_OK;
}

enum ph_err ph__recent_next(struct ph__cursor *c, uint64_t after, uint64_t *out_arrival,
                            struct ph_id *out, bool *found)
{
    uint8_t key[8];
    ph_put_be64(key, after + 1);
    enum ph_err err = ph__cursor_seek(c, ph_bytes(key, sizeof(key)));
    *found = !err && c->at;
    if (err || !c->at)
        return err;
    if (c->key.n != 8 || c->value.n != 32)
        return ph__corrupt(c->txn, PH_DB_RECENT);
    *out_arrival = ph_get_be64(c->key.p);
    memcpy(out->b, c->value.p, 32);
    return PH_OK;
}

enum ph_err ph__expiry_put(struct ph__txn *txn, ph_ms expires, const struct ph_id *id)
{
    uint8_t key[PH_EXPIRY_KEY];
    ph__expiry_key(key, expires, id);
    return ph__db_put(txn, PH_DB_EXPIRY, ph_bytes(key, sizeof(key)), ph_bytes(NULL, 0));
}
