/* SPDX-License-Identifier: Apache-2.0 */
#include "store/audit.h"

#include "proto/base/hash.h"
#include "proto/base/reader.h"
#include "proto/base/writer.h"

#define PH_AUDIT_ENTRY_MAX PH_MIB(4)
#define PH_AUDIT_IDS_MAX   100000
#define PH_AUDIT_TEXT_MAX  1024

static struct ph_hash entry_hash(struct ph_bytes entry)
{
    return ph_hash_one("audit entry", entry);
}

static enum ph_err entry_encode(struct ph_buf *out, const struct ph_hash *before, ph_ms now,
                                const char *who, const char *door, const struct ph_id *records,
                                size_t n)
{
    struct ph_writer w = ph_writer(out);
    ph_write_array(&w, 5);
    ph_write_bin(&w, ph_bytes(before->b, 32));
    ph_write_uint(&w, now);
    ph_write_str(&w, who);
    ph_write_str(&w, door);
    ph_write_array(&w, n);
    for (size_t i = 0; i < n; i++)
        ph_write_bin(&w, ph_bytes(records[i].b, 32));
    return ph_writer_end(&w);
}

/* Hash of the newest entry; zero when the log is empty. */
static enum ph_err head(struct ph__txn *txn, uint64_t number, struct ph_hash *out)
{
    uint8_t key[8];
    struct ph_bytes value;
    bool found;
    *out = (struct ph_hash){{0}};
    if (number == 0)
        return PH_OK;
    ph_put_be64(key, number);
    enum ph_err err = ph__db_get(txn, PH_DB_AUDIT, ph_bytes(key, sizeof(key)), &value, &found);
    if (err)
        return err;
    if (!found)
        return ph__corrupt(txn, PH_DB_AUDIT);
    *out = entry_hash(value);
    return PH_OK;
}

static enum ph_err append(struct ph__txn *txn, ph_ms now, const char *who, const char *door,
                          const struct ph_id *records, size_t n)
{
    struct ph__counters counters;
    struct ph_hash before;
    struct ph_buf entry = ph_buf(PH_AUDIT_ENTRY_MAX);
    uint8_t key[8];
    enum ph_err err = ph__counters_get(txn, &counters);
    if (!err)
        err = head(txn, counters.audit, &before);
    if (!err)
        err = entry_encode(&entry, &before, now, who, door, records, n);
    if (!err) {
        ph_put_be64(key, ++counters.audit);
        err = ph__db_put(txn, PH_DB_AUDIT, ph_bytes(key, sizeof(key)), ph_buf_bytes(&entry));
    }
    if (!err)
        err = ph__counters_put(txn, &counters);
    ph_buf_done(&entry);
    return err;
}

enum ph_err ph_audit_add(struct ph_store *store, ph_ms now, const char *who, const char *door,
                         const struct ph_id *records, size_t n, struct ph_why *why)
{
    struct ph__txn txn;
    if (n > PH_AUDIT_IDS_MAX)
        return ph_fail(why, PH_ERR_LIMIT, "audit entry of %zu records, limit is %d", n,
                       PH_AUDIT_IDS_MAX);
    enum ph_err err = ph__store_begin(store, &txn, PH_GROWS_NOT, why);
    if (err)
        return err;
    err = append(&txn, now, who, door, records, n);
    if (err) {
        ph__store_abort(store, &txn);
        return ph_why_wrap(why, err, "audit log");
    }
    return ph__store_commit(store, &txn);
}

static bool entry_follows(struct ph_bytes entry, const struct ph_hash *before)
{
    struct ph_hash kept = {{0}};
    struct ph_reader r = ph_reader(entry);
    ph_read_array_exact(&r, 5);
    ph_read_bin_exact(&r, kept.b, 32);
    ph_read_uint(&r, UINT64_MAX);
    ph_read_text(&r, PH_AUDIT_TEXT_MAX);
    ph_read_text(&r, PH_AUDIT_TEXT_MAX);
    uint32_t n = ph_read_array(&r, PH_AUDIT_IDS_MAX);
    for (uint32_t i = 0; i < n; i++) {
        struct ph_id id;
        ph_read_bin_exact(&r, id.b, 32);
    }
    return ph_reader_end(&r, NULL) == PH_OK && ph_hash_equal(&kept, before);
}

enum ph_err ph__audit_verify(struct ph__txn *txn, uint64_t *out_entries, uint64_t *out_broken)
{
    struct ph__counters counters;
    struct ph__cursor c;
    struct ph_hash before = {{0}};
    uint64_t n = 0;
    *out_broken = 0;
    enum ph_err err = ph__counters_get(txn, &counters);
    if (!err)
        err = ph__cursor_open(&c, txn, PH_DB_AUDIT);
    if (err)
        return err;
    for (err = ph__cursor_first(&c); !err && c.at && !*out_broken; err = ph__cursor_next(&c)) {
        n++;
        if (c.key.n != 8 || ph_get_be64(c.key.p) != n || !entry_follows(c.value, &before))
            *out_broken = n;
        before = entry_hash(c.value);
    }
    if (!err && !*out_broken && n != counters.audit)
        *out_broken = n + 1;
    ph__cursor_close(&c);
    *out_entries = n;
    return err;
}
