/* SPDX-License-Identifier: Apache-2.0 */
#include "store/deferred.h"

#define PH_DEFERRED_MAX 65536
#define PH_DAY_MS       86400000

enum ph_err ph__deferred_del(struct ph__txn *txn, const struct ph_id *id)
{
    return ph__db_del(txn, PH_DB_DEFERRED, ph_bytes(id->b, 32));
}

bool ph__deferred_has_any(struct ph_batch *const *batches, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < batches[i]->n; k++) {
            enum ph_err verdict = batches[i]->items[k].verdict;
            if (verdict == PH_ERR_CLOCK || verdict == PH_ERR_QUOTA)
                return true;
        }
    }
    return false;
}

static enum ph_err note(struct ph__txn *txn, const struct ph_batch_item *item, ph_ms again)
{
    uint64_t n;
    uint8_t value[PH_DEFERRED_LEN];
    enum ph_err err = ph__db_count(txn, PH_DB_DEFERRED, &n);
    if (err || n >= PH_DEFERRED_MAX)
        return err;
    ph__deferred_encode(value, item->verdict, again);
    return ph__db_put(txn, PH_DB_DEFERRED, ph_bytes(item->record->id.b, 32),
                      ph_bytes(value, sizeof(value)));
}

enum ph_err ph__deferred_note(struct ph__txn *txn, const struct ph_batch *batch)
{
    enum ph_err err = PH_OK;
    for (size_t i = 0; i < batch->n && !err; i++) {
        const struct ph_batch_item *item = &batch->items[i];
        ph_ms created = item->record->header.created;
        if (item->verdict == PH_ERR_CLOCK)
            err = note(txn, item, created > PH_CLOCK_SKEW_MS ? created - PH_CLOCK_SKEW_MS : 0);
        else if (item->verdict == PH_ERR_QUOTA)
            err = note(txn, item, batch->now + PH_DAY_MS);
    }
    return err;
}
