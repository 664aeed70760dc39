/* SPDX-License-Identifier: Apache-2.0
 *
 * LMDB, and nothing of LMDB past this file: environment, transactions, cursors, error mapping.
 *
 * Default flags only, plus MDB_NOTLS so that a read transaction belongs to an object and not to a
 * thread. No DUPSORT, no nested transactions: 0.9.24 has faults in both. One environment a process
 * and store, one writer, held by a flock of our own because LMDB would let a second one in. A map
 * that another process has grown is taken over only while no transaction of ours is open.
 *
 * Views that get, seek and step give are valid until the transaction ends or, in a writer, until
 * its next write. An I/O error sticks: after it nothing is written until the store was opened anew,
 * because an fdatasync that failed once may pretend to succeed the next time. */
#ifndef PH_STORE_ENV_H
#define PH_STORE_ENV_H

#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "proto/base/error.h"

/* clang-format off */
/* X(ENUM, "name in the environment"): the databases, in the order of docs/architecture.md. */
#define PH_DB_TABLE(X)          \
    X(META,     "meta")         \
    X(RECORDS,  "records")      \
    X(BODIES,   "bodies")       \
    X(CHANNELS, "channels")     \
    X(SUMS,     "sums")         \
    X(OBJECTS,  "objects")      \
    X(TERMS,    "terms")        \
    X(RECENT,   "recent")       \
    X(EXPIRY,   "expiry")       \
    X(GRANTS,   "grants")       \
    X(RETRACTS, "retracts")     \
    X(ROSTERS,  "rosters")      \
    X(CARDS,    "cards")        \
    X(EVIDENCE, "evidence")     \
    X(PEERS,    "peers")        \
    X(DEFERRED, "deferred")     \
    X(AUDIT,    "audit")
/* clang-format on */

enum ph_db {
#define PH_DB_ENUM_(id, name) PH_DB_##id,
    PH_DB_TABLE(PH_DB_ENUM_)
#undef PH_DB_ENUM_
    PH_N_DBS
};
const char *ph__db_name(enum ph_db db);

struct ph__env {
    MDB_env *mdb;
    MDB_dbi dbi[PH_N_DBS];
    char *dir;
    bool write;
    int lock_fd; /* our flock; -1 for readers */
    dev_t dev;   /* of the directory: one environment a process and store */
    ino_t ino;
    bool registered;
    atomic_bool failed;    /* an I/O error happened: writes are refused */
    pthread_mutex_t mutex; /* guards n_txns and every change of the map */
    size_t n_txns;
    bool has_mutex;
};

/** Open the environment in @dir.
 *
 * @max_size  bytes of the map for a writer; readers take it from the file.
 * @create    make it when it is not there (writers).
 * PH_ERR_BUSY names the writer's pid; PH_ERR_NOTFOUND, PH_ERR_CORRUPT, PH_ERR_VERSION (LMDB's own),
 * PH_ERR_PERM, PH_ERR_FULL, PH_ERR_IO, PH_ERR_NOMEM. @env is zeroed on failure. */
enum ph_err ph__env_open(struct ph__env *env, const char *dir, bool write, bool create,
                         uint64_t max_size, struct ph_why *why);
/** Close; takes a zeroed one. No transaction may be open. */
void ph__env_close(struct ph__env *env);

/** LMDB's or errno's @rc as ours, explained. PH_OK for 0; never asked about MDB_NOTFOUND. */
enum ph_err ph__env_err(struct ph__env *env, int rc, const char *doing, struct ph_why *why);
/** Clear the slots of readers that died. */
void ph__env_reader_check(struct ph__env *env);
/** Bytes of pages in use (free ones not counted) and of the map. */
enum ph_err ph__env_size(struct ph__env *env, uint64_t *out_used, uint64_t *out_max,
                         struct ph_why *why);

/** One transaction. @why is the caller's and is filled by every call below. */
struct ph__txn {
    MDB_txn *mdb;
    struct ph__env *env;
    struct ph_why *why;
    bool write;
};

enum ph_err ph__txn_read(struct ph__txn *txn, struct ph__env *env, struct ph_why *why);
/** @grows  bytes that it may add: PH_ERR_FULL when they reach into the last 5 % of the map, which
 * is kept for what frees space or is small and must get through (PH_GROWS_NOT: expiry, retraction,
 * trust, audit). PH_ERR_IO after an earlier I/O error. */
#define PH_GROWS_NOT 0
enum ph_err ph__txn_write(struct ph__txn *txn, struct ph__env *env, uint64_t grows,
                          struct ph_why *why);
/** Durable on PH_OK. The transaction is over either way. */
enum ph_err ph__txn_commit(struct ph__txn *txn);
/** End without effect; takes one that is over already. */
void ph__txn_abort(struct ph__txn *txn);
/** Park a read transaction, and give it the newest snapshot later. */
void ph__txn_reset(struct ph__txn *txn);
enum ph_err ph__txn_renew(struct ph__txn *txn);
/** End a parked one. */
void ph__txn_discard(struct ph__txn *txn);

/** Look @key up. *found says whether it is there; *out is a view. */
enum ph_err ph__db_get(struct ph__txn *txn, enum ph_db db, struct ph_bytes key,
                       struct ph_bytes *out, bool *found);
enum ph_err ph__db_put(struct ph__txn *txn, enum ph_db db, struct ph_bytes key,
                       struct ph_bytes value);
/** Remove @key; PH_OK also when it is not there. */
enum ph_err ph__db_del(struct ph__txn *txn, enum ph_db db, struct ph_bytes key);
enum ph_err ph__db_count(struct ph__txn *txn, enum ph_db db, uint64_t *out);

/** A place in a database. Zero-initialise; while @at, @key and @value are the entry there. */
struct ph__cursor {
    MDB_cursor *mdb;
    struct ph__txn *txn;
    struct ph_bytes key;
    struct ph_bytes value;
    bool at;
};
enum ph_err ph__cursor_open(struct ph__cursor *c, struct ph__txn *txn, enum ph_db db);
void ph__cursor_close(struct ph__cursor *c);
/** First entry at or after @key. */
enum ph_err ph__cursor_seek(struct ph__cursor *c, struct ph_bytes key);
/** Last entry before @key. */
enum ph_err ph__cursor_seek_before(struct ph__cursor *c, struct ph_bytes key);
enum ph_err ph__cursor_first(struct ph__cursor *c);
enum ph_err ph__cursor_last(struct ph__cursor *c);
enum ph_err ph__cursor_next(struct ph__cursor *c);
enum ph_err ph__cursor_prev(struct ph__cursor *c);
/** Put through the cursor, which ends up on the entry: cheap for neighbours. */
enum ph_err ph__cursor_put(struct ph__cursor *c, struct ph_bytes key, struct ph_bytes value);
/** Remove the entry it stands on. @at is false afterwards. */
enum ph_err ph__cursor_del(struct ph__cursor *c);

/** Whether @key begins with @prefix. */
static inline bool ph__has_prefix(struct ph_bytes key, struct ph_bytes prefix)
{
    return key.n >= prefix.n && memcmp(key.p, prefix.p, prefix.n) == 0;
}

#endif
