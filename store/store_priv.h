/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of store/ share of a struct ph_store. Not for others.
 *
 * Locks, always taken in this order: `publishing` (one publication chooses its audience key at a
 * time), `indexing` (one follower at a time), `trust` (the cached view of members), `writing` (one
 * write transaction at a time in this process). Readers take none of them. */
#ifndef PH_STORE_STORE_PRIV_H
#define PH_STORE_STORE_PRIV_H

#include "store/layout.h"
#include "store/store.h"

struct ph_store {
    struct ph__env env;
    const struct ph_identity *identity; /* borrowed */
    struct ph_vault *vault;
    struct ph_secret *wrap_key; /* wraps audience keys; derived from the store key */
    uint8_t id[16];
    uint64_t boot;
    pthread_mutex_t publishing;
    pthread_mutex_t indexing;
    pthread_mutex_t trust;
    pthread_mutex_t writing;
    bool has_mutexes;
    struct ph_members *members; /* under `trust`; NULL: not loaded */
    ph_ms readers_checked;      /* under `writing`: slots of dead readers were cleared then */
};

/** The key of every blind index. */
static inline const uint8_t *ph__store_key(const struct ph_store *store)
{
    return store->identity->store_key->b;
}

/** Begin and end a write transaction, serialised in this process. End with either of the last two.
 */
enum ph_err ph__store_begin(struct ph_store *store, struct ph__txn *txn, uint64_t grows,
                            struct ph_why *why);
enum ph_err ph__store_commit(struct ph_store *store, struct ph__txn *txn);
void ph__store_abort(struct ph_store *store, struct ph__txn *txn);

/** One value of meta. *found false, with PH_OK, when it is not there. */
enum ph_err ph__meta_get(struct ph__txn *txn, const char *name, struct ph_bytes *out, bool *found);
enum ph_err ph__meta_put(struct ph__txn *txn, const char *name, struct ph_bytes value);
enum ph_err ph__counters_get(struct ph__txn *txn, struct ph__counters *out);
enum ph_err ph__counters_put(struct ph__txn *txn, const struct ph__counters *counters);

/** Our organisation. PH_ERR_NOTFOUND before `init`. */
enum ph_err ph__self_get(struct ph__txn *txn, struct ph_roster_org *out);

/** A value that is not what it must be: names the database. */
enum ph_err ph__corrupt(struct ph__txn *txn, enum ph_db db);

#endif
