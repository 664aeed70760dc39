/* SPDX-License-Identifier: Apache-2.0 */
#include "store/evidence.h"

#include "proto/base/hash.h"

#define PH_EVIDENCE_MAX 1024 /* entries: proof needs two, and a flood of it proves no more */

enum ph_err ph__evidence_put(struct ph__txn *txn, enum ph__evidence kind,
                             const struct ph_hash *hash, struct ph_bytes bytes)
{
    uint8_t key[33];
    uint64_t n;
    enum ph_err err = ph__db_count(txn, PH_DB_EVIDENCE, &n);
    if (err || n >= PH_EVIDENCE_MAX)
        return err;
    key[0] = (uint8_t)kind;
    memcpy(key + 1, hash->b, 32);
    return ph__db_put(txn, PH_DB_EVIDENCE, ph_bytes(key, sizeof(key)), bytes);
}

enum ph_err ph__evidence_record(struct ph__txn *txn, const struct ph_record *record)
{
    struct ph_buf value = ph_buf(PH_HEADER_MAX + 64);
    struct ph_hash hash = ph_hash_one("evidence", record->raw_header);
    enum ph_err err = ph_buf_add(&value, ph_bytes(record->sig, 64));
    if (!err)
        err = ph_buf_add(&value, record->raw_header);
    if (!err)
        err = ph__evidence_put(txn, PH_EVIDENCE_RECORD, &hash, ph_buf_bytes(&value));
    ph_buf_done(&value);
    return err;
}
