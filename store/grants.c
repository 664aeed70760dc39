/* SPDX-License-Identifier: Apache-2.0 */
#include "store/grants.h"

#include <sodium.h>

#include "proto/base/assert.h"
#include "store/recent.h"
#include "store/records.h"

#define PH_WRAP_NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define PH_WRAP_TAG   crypto_aead_xchacha20poly1305_ietf_ABYTES
_Static_assert(PH_WRAPPED == PH_WRAP_NONCE + 32 + PH_WRAP_TAG, "nonce, key, tag");

enum ph_err ph__grants_has(struct ph__txn *txn, const struct ph_hash *commitment,
                           const struct ph_code *org, const struct ph_audience *audience, bool *out)
{
    uint8_t name[PH_GRANT_KEY];
    struct ph_bytes value;
    ph__grant_key(name, 'K', commitment, org, audience);
    return ph__db_get(txn, PH_DB_GRANTS, ph_bytes(name, sizeof(name)), &value, out);
}

enum ph_err ph__grants_put(struct ph_store *store, struct ph__txn *txn,
                           const struct ph_audience_key *key, const struct ph_hash *commitment,
                           const struct ph_code *org, const struct ph_audience *audience,
                           bool *out_new)
{
    uint8_t name[PH_GRANT_KEY];
    uint8_t value[PH_WRAPPED];
    bool found;
    enum ph_err err = ph__grants_has(txn, commitment, org, audience, &found);
    *out_new = !err && !found;
    if (err || found)
        return err;
    ph__grant_key(name, 'K', commitment, org, audience);
    randombytes_buf(value, PH_WRAP_NONCE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(value + PH_WRAP_NONCE, NULL, key->b, sizeof(key->b),
                                               name, sizeof(name), NULL, value, store->wrap_key->b);
    err =
        ph__db_put(txn, PH_DB_GRANTS, ph_bytes(name, sizeof(name)), ph_bytes(value, sizeof(value)));
    if (!err) {
        ph__grant_key(name, 'O', commitment, org, audience);
        err = ph__db_put(txn, PH_DB_GRANTS, ph_bytes(name, sizeof(name)), ph_bytes(NULL, 0));
    }
    return err;
}

enum ph_err ph__grants_get(const struct ph_store *store, struct ph__txn *txn,
                           const struct ph_hash *commitment, const struct ph_code *org,
                           const struct ph_audience *audience, struct ph_audience_key *out,
                           bool *found)
{
    uint8_t name[PH_GRANT_KEY];
    struct ph_bytes value;
    ph__grant_key(name, 'K', commitment, org, audience);
    enum ph_err err = ph__db_get(txn, PH_DB_GRANTS, ph_bytes(name, sizeof(name)), &value, found);
    if (err || !*found)
        return err;
    if (value.n != PH_WRAPPED ||
        crypto_aead_xchacha20poly1305_ietf_decrypt(out->b, NULL, NULL, value.p + PH_WRAP_NONCE,
                                                   value.n - PH_WRAP_NONCE, name, sizeof(name),
                                                   value.p, store->wrap_key->b) != 0)
        return ph__corrupt(txn, PH_DB_GRANTS);
    return PH_OK;
}

enum ph_err ph__waiting_put(struct ph__txn *txn, const struct ph_hash *commitment,
                            const struct ph_id *id)
{
    uint8_t key[PH_WAITING_KEY];
    ph__waiting_key(key, commitment, id);
    return ph__db_put(txn, PH_DB_GRANTS, ph_bytes(key, sizeof(key)), ph_bytes(NULL, 0));
}

enum ph_err ph__waiting_del(struct ph__txn *txn, const struct ph_hash *commitment,
                            const struct ph_id *id)
{
    uint8_t key[PH_WAITING_KEY];
    ph__waiting_key(key, commitment, id);
    return ph__db_del(txn, PH_DB_GRANTS, ph_bytes(key, sizeof(key)));
}

/* The header of a row holds the audience; only its few fields are needed, but decoding checks them
 * all. */
static enum ph_err row_fits(struct ph__txn *txn, const struct ph__row *row,
                            const struct ph_code *org, const uint8_t audience[PH_AUDIENCE_KEY],
                            bool *out)
{
    struct ph_header header;
    uint8_t mine[PH_AUDIENCE_KEY];
    if (ph_header_decode(&header, row->header, NULL))
        return ph__corrupt(txn, PH_DB_RECORDS);
    ph__audience_key(mine, &header.audience);
    *out = ph_code_cmp(&row->org, org) == 0 && memcmp(mine, audience, sizeof(mine)) == 0;
    ph_header_done(&header);
    return PH_OK;
}

static enum ph_err open_row(struct ph__txn *txn, struct ph__counters *counters,
                            const struct ph_id *id, const struct ph__row *found)
{
    struct ph_buf header = ph_buf(PH_HEADER_MAX);
    uint8_t sig[64];
    /* The row is rewritten: its views must not be into the page that changes. */
    struct ph__row row = *found;
    enum ph_err err = ph_buf_add(&header, found->header);
    memcpy(sig, found->sig, sizeof(sig));
    row.header = ph_buf_bytes(&header);
    row.sig = sig;
    row.state = PH_STATE_OPEN;
    row.arrival = ++counters->arrival;
    if (!err)
        err = ph__recent_del(txn, found->arrival);
    if (!err)
        err = ph__recent_put(txn, row.arrival, id);
    if (!err)
        err = ph__records_put(txn, id, &row);
    if (!err && found->state == PH_STATE_WAITING)
        counters->waiting--;
    ph_buf_done(&header);
    return err;
}

/* Opens one record that waits for the key of @due, if it is that key it needs. */
static enum ph_err try_waiting(struct ph__txn *txn, struct ph__counters *counters,
                               const uint8_t due[PH_GRANT_KEY], const struct ph_id *id,
                               bool *opened)
{
    struct ph__row row;
    struct ph_code org;
    bool found;
    *opened = false;
    ph__org_decode(&org, due + 33);
    enum ph_err err = ph__records_get(txn, id, &row, &found);
    if (err || !found || (row.state != PH_STATE_WAITING && row.state != PH_STATE_SEALED))
        return err;
    struct ph__row copy = row;
    err = row_fits(txn, &row, &org, due + 49, opened);
    return !err && *opened ? open_row(txn, counters, id, &copy) : err;
}

static enum ph_err open_due(struct ph__txn *txn, struct ph__counters *counters,
                            const uint8_t due[PH_GRANT_KEY], size_t *room)
{
    uint8_t key[PH_WAITING_KEY];
    struct ph_hash commitment;
    struct ph_id id = {{0}};
    struct ph__cursor c;
    memcpy(commitment.b, due + 1, 32);
    ph__waiting_key(key, &commitment, &id);
    enum ph_err err = ph__cursor_open(&c, txn, PH_DB_GRANTS);
    if (!err)
        err = ph__cursor_seek(&c, ph_bytes(key, sizeof(key)));
    while (!err && *room > 0 && c.at && c.key.n == PH_WAITING_KEY &&
           memcmp(c.key.p, key, 33) == 0) {
        bool opened;
        memcpy(key, c.key.p, sizeof(key));
        memcpy(id.b, key + 33, 32);
        err = try_waiting(txn, counters, due, &id, &opened);
        if (!err && opened) {
            (*room)--;
            err = ph__waiting_del(txn, &commitment, &id);
        }
        if (!err)
            err = ph__cursor_seek(&c, ph_bytes(key, sizeof(key)));
        if (!err && c.at && !opened)
            err = ph__cursor_next(&c);
    }
    ph__cursor_close(&c);
    return err;
}

static enum ph_err first_due(struct ph__txn *txn, uint8_t out[static PH_GRANT_KEY], bool *found)
{
    struct ph__cursor c;
    enum ph_err err = ph__cursor_open(&c, txn, PH_DB_GRANTS);
    *found = false;
    if (!err)
        err = ph__cursor_seek(&c, ph_bytes("O", 1));
    if (!err && c.at && c.key.n == PH_GRANT_KEY && c.key.p[0] == 'O') {
        memcpy(out, c.key.p, PH_GRANT_KEY);
        *found = true;
    }
    ph__cursor_close(&c);
    return err;
}

enum ph_err ph__grants_pending(struct ph__txn *txn, bool *out)
{
    uint8_t due[PH_GRANT_KEY];
    return first_due(txn, due, out);
}

enum ph_err ph__grants_open_waiting(struct ph__txn *txn, struct ph__counters *counters, size_t max,
                                    bool *out_more)
{
    uint8_t due[PH_GRANT_KEY];
    bool found;
    enum ph_err err = first_due(txn, due, &found);
    while (!err && found && max > 0) {
        err = open_due(txn, counters, due, &max);
        if (!err && max > 0)
            err = ph__db_del(txn, PH_DB_GRANTS, ph_bytes(due, sizeof(due)));
        if (!err)
            err = first_due(txn, due, &found);
    }
    *out_more = !err && found;
    return err;
}

enum ph_err ph__open_body(const struct ph_store *store, struct ph__txn *txn, struct ph_zstd *zstd,
                          const struct ph_record *record, struct ph_buf *plain)
{
    const struct ph_header *h = &record->header;
    struct ph_audience_key key;
    bool found = false;
    PH_ASSERT(record->has_body);
    if (!h->has_key)
        return ph_unseal_with(plain, zstd, h, record->body, NULL, txn->why);
    enum ph_err err = ph__grants_get(store, txn, &h->key_commitment, &record->author_org,
                                     &h->audience, &key, &found);
    if (!err && !found)
        err = ph_fail(txn->why, PH_ERR_KEY, "no key for this record");
    if (!err)
        err = ph_unseal_with(plain, zstd, h, record->body, &key, txn->why);
    ph_wipe(&key, sizeof(key));
    return err;
}
