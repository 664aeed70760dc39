/* SPDX-License-Identifier: Apache-2.0 */
#include "store/env.h"

/* LMDB takes keys as pointers to non-const memory and never writes to it. */
static MDB_val to_val(struct ph_bytes bytes)
{
    union {
        const void *in;
        void *out;
    } p = {.in = bytes.p};
    return (MDB_val){.mv_size = bytes.n, .mv_data = p.out};
}

static struct ph_bytes from_val(const MDB_val *val)
{
    return ph_bytes(val->mv_data, val->mv_size);
}

enum ph_err ph__db_get(struct ph__txn *txn, enum ph_db db, struct ph_bytes key,
                       struct ph_bytes *out, bool *found)
{
    MDB_val k = to_val(key);
    MDB_val v = {0};
    int rc = mdb_get(txn->mdb, txn->env->dbi[db], &k, &v);
    *found = rc == 0;
    if (rc && rc != MDB_NOTFOUND)
        return ph__env_err(txn->env, rc, ph__db_name(db), txn->why);
    *out = from_val(&v);
    return PH_OK;
}

enum ph_err ph__db_put(struct ph__txn *txn, enum ph_db db, struct ph_bytes key,
                       struct ph_bytes value)
{
    MDB_val k = to_val(key);
    MDB_val v = to_val(value);
    return ph__env_err(txn->env, mdb_put(txn->mdb, txn->env->dbi[db], &k, &v, 0), ph__db_name(db),
                       txn->why);
}

enum ph_err ph__db_del(struct ph__txn *txn, enum ph_db db, struct ph_bytes key)
{
    MDB_val k = to_val(key);
    int rc = mdb_del(txn->mdb, txn->env->dbi[db], &k, NULL);
    return rc == MDB_NOTFOUND ? PH_OK : ph__env_err(txn->env, rc, ph__db_name(db), txn->why);
}

enum ph_err ph__db_count(struct ph__txn *txn, enum ph_db db, uint64_t *out)
{
    MDB_stat stat;
    int rc = mdb_stat(txn->mdb, txn->env->dbi[db], &stat);
    if (!rc)
        *out = stat.ms_entries;
    return ph__env_err(txn->env, rc, ph__db_name(db), txn->why);
}

enum ph_err ph__cursor_open(struct ph__cursor *c, struct ph__txn *txn, enum ph_db db)
{
    *c = (struct ph__cursor){.txn = txn};
    return ph__env_err(txn->env, mdb_cursor_open(txn->mdb, txn->env->dbi[db], &c->mdb),
                       ph__db_name(db), txn->why);
}

void ph__cursor_close(struct ph__cursor *c)
{
    if (c->mdb)
        mdb_cursor_close(c->mdb);
    *c = (struct ph__cursor){0};
}

static enum ph_err step(struct ph__cursor *c, struct ph_bytes key, MDB_cursor_op op)
{
    MDB_val k = to_val(key);
    MDB_val v = {0};
    int rc = mdb_cursor_get(c->mdb, &k, &v, op);
    c->at = rc == 0;
    if (rc == MDB_NOTFOUND)
        return PH_OK;
    if (rc)
        return ph__env_err(c->txn->env, rc, "read store", c->txn->why);
    c->key = from_val(&k);
    c->value = from_val(&v);
    return PH_OK;
}

enum ph_err ph__cursor_seek(struct ph__cursor *c, struct ph_bytes key)
{
    return step(c, key, MDB_SET_RANGE);
}

enum ph_err ph__cursor_seek_before(struct ph__cursor *c, struct ph_bytes key)
{
    enum ph_err err = step(c, key, MDB_SET_RANGE);
    if (err)
        return err;
    return c->at ? ph__cursor_prev(c) : ph__cursor_last(c);
}

enum ph_err ph__cursor_first(struct ph__cursor *c)
{
    return step(c, ph_bytes(NULL, 0), MDB_FIRST);
}

enum ph_err ph__cursor_last(struct ph__cursor *c)
{
    return step(c, ph_bytes(NULL, 0), MDB_LAST);
}

enum ph_err ph__cursor_next(struct ph__cursor *c)
{
    return step(c, ph_bytes(NULL, 0), MDB_NEXT);
}

enum ph_err ph__cursor_prev(struct ph__cursor *c)
{
    return step(c, ph_bytes(NULL, 0), MDB_PREV);
}

enum ph_err ph__cursor_put(struct ph__cursor *c, struct ph_bytes key, struct ph_bytes value)
{
    MDB_val k = to_val(key);
    MDB_val v = to_val(value);
    c->at = false;
    return ph__env_err(c->txn->env, mdb_cursor_put(c->mdb, &k, &v, 0), "write store", c->txn->why);
}

enum ph_err ph__cursor_del(struct ph__cursor *c)
{
    c->at = false;
    return ph__env_err(c->txn->env, mdb_cursor_del(c->mdb, 0), "write store", c->txn->why);
}
