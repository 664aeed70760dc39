/* SPDX-License-Identifier: Apache-2.0 */
#include "store/channels.h"

#include "proto/base/assert.h"
#include "store/store_priv.h"

enum ph_err ph__channels_add(struct ph__txn *txn, struct ph__sums_batch *sums,
                             const struct ph_header *header, const struct ph_id *id,
                             const struct ph_code *author_org, const struct ph_code *self)
{
    struct ph_channel channels[PH_CHANNELS_MAX];
    size_t n;
    ph_record_channels(channels, PH_CHANNELS_MAX, &n, header, author_org, self);
    PH_ASSERT(n <= PH_CHANNELS_MAX);
    enum ph_err err = PH_OK;
    for (size_t i = 0; i < n && !err; i++) {
        uint8_t key[PH_CHANNELS_KEY];
        ph__channels_key(key, &channels[i], id);
        err = ph__db_put(txn, PH_DB_CHANNELS, ph_bytes(key, sizeof(key)), ph_bytes(NULL, 0));
        if (!err)
            err = ph__sums_add(sums, key);
    }
    return err;
}

/* Items compare by created, then by id, and an id begins with its created. A bound whose prefix
 * says another time than its created lies before or after everything of that millisecond. */
bool ph__channels_bound(uint8_t out[static 32], const struct ph_bound *bound)
{
    if (bound->created > PH_CREATED_MAX)
        return false;
    uint8_t created[8];
    ph_put_be64(created, bound->created);
    memset(out, 0, 32);
    int cmp = memcmp(bound->prefix, created + 2, 6);
    if (cmp == 0) {
        memcpy(out, bound->prefix, 32);
        return true;
    }
    if (cmp > 0) {
        if (bound->created == PH_CREATED_MAX)
            return false;
        ph_put_be64(created, bound->created + 1);
    }
    memcpy(out, created + 2, 6);
    return true;
}

enum ph_err ph__channels_list(struct ph__txn *txn, const struct ph_channel *channel,
                              const struct ph_bound *from, const struct ph_bound *to, size_t max,
                              struct ph_item *out, size_t *out_n)
{
    uint8_t first[32];
    uint8_t limit[32];
    uint8_t key[PH_CHANNELS_KEY];
    *out_n = 0;
    if (!ph__channels_bound(first, from))
        return PH_OK;
    bool bounded = ph__channels_bound(limit, to);
    struct ph__cursor c;
    enum ph_err err = ph__cursor_open(&c, txn, PH_DB_CHANNELS);
    if (err)
        return err;
    ph_channel_key(key, channel);
    memcpy(key + PH_CHANNEL_KEY, first, 32);
    size_t n = 0;
    err = ph__cursor_seek(&c, ph_bytes(key, sizeof(key)));
    while (!err && n < max && c.at && c.key.n == PH_CHANNELS_KEY &&
           memcmp(c.key.p, key, PH_CHANNEL_KEY) == 0) {
        const uint8_t *id = c.key.p + PH_CHANNEL_KEY;
        if (bounded && memcmp(id, limit, 32) >= 0)
            break;
        memcpy(out[n].id.b, id, 32);
        out[n].created = ph_id_created(&out[n].id);
        n++;
        err = ph__cursor_next(&c);
    }
    ph__cursor_close(&c);
    if (!err)
        *out_n = n;
    return err;
}
