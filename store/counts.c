/* SPDX-License-Identifier: Apache-2.0 */
#include "store/recent.h"

static enum ph_err count_tail(struct ph__txn *txn, uint64_t indexed, uint64_t *out)
{
    struct ph__cursor c;
    struct ph_id id;
    bool found = true;
    *out = 0;
    enum ph_err err = ph__cursor_open(&c, txn, PH_DB_RECENT);
    if (err)
        return err;
    err = ph__recent_next(&c, indexed, &indexed, &id, &found);
    for (; !err && found && c.at; err = ph__cursor_next(&c))
        (*out)++;
    ph__cursor_close(&c);
    return err;
}

static enum ph_err counts(struct ph__txn *txn, struct ph_counts *out)
{
    struct ph__counters counters;
    enum ph_err err = ph__counters_get(txn, &counters);
    if (err)
        return err;
    out->content = counters.content;
    out->waiting = counters.waiting;
    err = ph__db_count(txn, PH_DB_RECORDS, &out->records);
    if (!err)
        err = ph__db_count(txn, PH_DB_OBJECTS, &out->objects);
    if (!err)
        err = count_tail(txn, counters.indexed, &out->unindexed);
    return err;
}

enum ph_err ph_counts(struct ph_store *store, struct ph_counts *out, struct ph_why *why)
{
    struct ph_counts result = {0};
    struct ph__txn txn;
    enum ph_err err = ph__env_size(&store->env, &result.bytes_used, &result.bytes_max, why);
    if (!err)
        err = ph__txn_read(&txn, &store->env, why);
    if (err)
        return err;
    err = counts(&txn, &result);
    ph__txn_abort(&txn);
    if (!err)
        *out = result;
    return err;
}
