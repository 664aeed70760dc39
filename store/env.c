/* SPDX-License-Identifier: Apache-2.0 */
#include "store/env.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "proto/base/assert.h"
#include "store/file.h"

#define PH_READERS_MAX      254
#define PH_RESERVE_PERCENT  5
#define PH_RESERVE_MIN      (UINT64_C(2) << 20)
#define PH_DISK_LEFT_MIN    (UINT64_C(1) << 20)
#define PH_ENVS_PER_PROCESS 32
#define PH_MAP_DEFAULT      (UINT64_C(16) << 30)

/* Directories with an open environment in this process: LMDB forbids a second one and does not
 * notice. */
static pthread_mutex_t registry_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct {
    dev_t dev;
    ino_t ino;
    pid_t pid; /* 0: free */
} registry[PH_ENVS_PER_PROCESS];

const char *ph__db_name(enum ph_db db)
{
    static const char *const names[PH_N_DBS] = {
#define PH_DB_NAME_(id, name) [PH_DB_##id] = name,
        PH_DB_TABLE(PH_DB_NAME_)
#undef PH_DB_NAME_
    };
    PH_ASSERT(db < PH_N_DBS);
    return names[db];
}

static bool registry_enter(struct ph__env *env)
{
    bool ok = false;
    size_t slot = PH_ENVS_PER_PROCESS;
    pthread_mutex_lock(&registry_mutex);
    for (size_t i = 0; i < PH_ENVS_PER_PROCESS; i++) {
        if (registry[i].pid != getpid())
            slot = i;
        else if (registry[i].dev == env->dev && registry[i].ino == env->ino)
            goto out;
    }
    if (slot < PH_ENVS_PER_PROCESS) {
        registry[slot].dev = env->dev;
        registry[slot].ino = env->ino;
        registry[slot].pid = getpid();
        ok = env->registered = true;
    }
out:
    pthread_mutex_unlock(&registry_mutex);
    return ok;
}

static void registry_leave(struct ph__env *env)
{
    pthread_mutex_lock(&registry_mutex);
    for (size_t i = 0; env->registered && i < PH_ENVS_PER_PROCESS; i++) {
        if (registry[i].pid == getpid() && registry[i].dev == env->dev &&
            registry[i].ino == env->ino)
            registry[i].pid = 0;
    }
    env->registered = false;
    pthread_mutex_unlock(&registry_mutex);
}

static bool disk_is_full(const char *dir)
{
    struct statvfs fs;
    if (statvfs(dir, &fs) != 0)
        return false;
    return (uint64_t)fs.f_bavail * fs.f_frsize < PH_DISK_LEFT_MIN;
}

enum ph_err ph__env_err(struct ph__env *env, int rc, const char *doing, struct ph_why *why)
{
    enum ph_err err;
    switch (rc) {
    case 0:
        return PH_OK;
    case MDB_MAP_FULL:
        err = ph_fail(why, PH_ERR_FULL, "store full: %s needs more than max_size", doing);
        ph_hint(why, "Raise max_size in posthorn.conf and restart, or wait for expiry.");
        return err;
    case MDB_TXN_FULL:
        return ph_fail(why, PH_ERR_LIMIT, "%s: too much for one transaction", doing);
    case MDB_READERS_FULL:
        err = ph_fail(why, PH_ERR_BUSY, "%s: %d readers are open already", doing, PH_READERS_MAX);
        ph_hint(why, "Stop some of the tools that are reading the store.");
        return err;
    case MDB_VERSION_MISMATCH:
        return ph_fail(why, PH_ERR_VERSION, "%s: written by another version of LMDB", doing);
    case MDB_INVALID:
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_PANIC:
        atomic_store(&env->failed, true);
        err = ph_fail(why, PH_ERR_CORRUPT, "%s: store damaged (%s)", doing, mdb_strerror(rc));
        ph_hint(why, "Run: posthorn verify");
        return err;
    case ENOMEM:
        return ph_fail(why, PH_ERR_NOMEM, "%s: out of memory", doing);
    case EACCES:
    case EPERM:
    case EROFS:
        err = ph_fail(why, PH_ERR_PERM, "%s: %s", doing, strerror(rc));
        ph_hint(why, "Reading needs write permission on the store's lock.mdb too.");
        return err;
    case ENOENT:
        return ph_fail(why, PH_ERR_NOTFOUND, "%s: no store here", doing);
    case ENOSPC:
    case EDQUOT:
        return ph_fail(why, PH_ERR_FULL, "%s: disk full", doing);
    case EIO:
        /* LMDB reports a short write, which is what a full disk gives, as EIO. */
        if (disk_is_full(env->dir))
            return ph_fail(why, PH_ERR_FULL, "%s: disk full", doing);
        atomic_store(&env->failed, true);
        err = ph_fail(why, PH_ERR_IO, "%s: disk error", doing);
        ph_hint(why, "Nothing more is written until the node is restarted. Check the disk first.");
        return err;
    case MDB_BAD_TXN:
    case MDB_BAD_DBI:
    case MDB_BAD_VALSIZE:
    case MDB_BAD_RSLOT:
    case EINVAL:
        return ph_fail(why, PH_ERR_INTERNAL, "%s: %s", doing, mdb_strerror(rc));
    default:
        atomic_store(&env->failed, true);
        return ph_fail(why, PH_ERR_IO, "%s: %s", doing, mdb_strerror(rc));
    }
}

void ph__env_reader_check(struct ph__env *env)
{
    int dead;
    (void)mdb_reader_check(env->mdb, &dead);
}

static enum ph_err lock_held(int fd, const char *path, struct ph_why *why)
{
    char pid[32] = "";
    ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);
    pid[n > 0 ? strspn(pid, "0123456789") : 0] = '\0';
    enum ph_err err = ph_fail(why, PH_ERR_BUSY, "store is in use by process %s (%s)",
                              pid[0] ? pid : "unknown", path);
    ph_hint(why, "Stop that process, or let it do the work: tools talk to a running posthornd.");
    return err;
}

/* The flock decides who writes; the pid inside is only for people, so a stale one does no harm. */
static enum ph_err lock_take(struct ph__env *env, struct ph_why *why)
{
    char *path = NULL;
    if (asprintf(&path, "%s/lock", env->dir) < 0)
        return ph_fail(why, PH_ERR_NOMEM, "out of memory");
    enum ph_err err = PH_OK;
    env->lock_fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (env->lock_fd < 0) {
        err = ph__errno_fail(why, path);
    } else if (flock(env->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        err = errno == EWOULDBLOCK ? lock_held(env->lock_fd, path, why) : ph__errno_fail(why, path);
    } else {
        char pid[32];
        int n = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
        if (ftruncate(env->lock_fd, 0) != 0 || pwrite(env->lock_fd, pid, (size_t)n, 0) != n)
            err = ph__errno_fail(why, path);
    }
    free(path);
    return err;
}

static int open_databases(struct ph__env *env, bool create)
{
    MDB_txn *txn;
    int rc = mdb_txn_begin(env->mdb, NULL, env->write ? 0 : MDB_RDONLY, &txn);
    if (rc)
        return rc;
    for (size_t i = 0; i < PH_N_DBS && !rc; i++)
        rc = mdb_dbi_open(txn, ph__db_name((enum ph_db)i), create ? MDB_CREATE : 0, &env->dbi[i]);
    if (rc) {
        mdb_txn_abort(txn);
        return rc == MDB_NOTFOUND ? MDB_INVALID : rc;
    }
    return mdb_txn_commit(txn);
}

static int open_lmdb(struct ph__env *env, bool create, uint64_t max_size)
{
    int rc = mdb_env_create(&env->mdb);
    if (rc)
        return rc;
    if ((rc = mdb_env_set_maxdbs(env->mdb, PH_N_DBS)) ||
        (rc = mdb_env_set_maxreaders(env->mdb, PH_READERS_MAX)))
        return rc;
    if (env->write && (rc = mdb_env_set_mapsize(env->mdb, max_size ? max_size : PH_MAP_DEFAULT)))
        return rc;
    rc =
        mdb_env_open(env->mdb, env->dir, MDB_NOTLS | (env->write ? 0 : (unsigned)MDB_RDONLY), 0600);
    if (rc)
        return rc;
    ph__env_reader_check(env);
    return open_databases(env, create);
}

/* Whether a store was made here. A directory with LMDB's files but without our databases is not
 * one: a process died while it made the store, before anything could be in it. */
static enum ph_err find_data(struct ph__env *env, bool create, struct ph_why *why)
{
    char *path = NULL;
    if (asprintf(&path, "%s/data.mdb", env->dir) < 0)
        return ph_fail(why, PH_ERR_NOMEM, "out of memory");
    struct stat st;
    enum ph_err err = PH_OK;
    if (lstat(path, &st) != 0) {
        if (errno != ENOENT)
            err = ph__errno_fail(why, path);
        else if (!create)
            err = ph_fail(why, PH_ERR_NOTFOUND, "no store in %s", env->dir);
    } else if (!S_ISREG(st.st_mode)) {
        err = ph_fail(why, PH_ERR_PERM, "%s is not a regular file", path);
    }
    free(path);
    return err;
}

static enum ph_err open_all(struct ph__env *env, bool create, uint64_t max_size, struct ph_why *why)
{
    struct stat st;
    if (stat(env->dir, &st) != 0)
        return ph__errno_fail(why, env->dir);
    env->dev = st.st_dev;
    env->ino = st.st_ino;
    enum ph_err err = find_data(env, create, why);
    if (err)
        return err;
    if (env->write) {
        err = lock_take(env, why);
        if (err)
            return err;
    }
    if (!registry_enter(env))
        return ph_fail(why, PH_ERR_BUSY, "store %s is open in this process already", env->dir);
    err = ph__env_err(env, open_lmdb(env, create, max_size), "open store", why);
    /* LMDB does not fsync the directory of the files it makes. */
    if (!err && create)
        err = ph__dir_sync(env->dir, why);
    return err;
}

enum ph_err ph__env_open(struct ph__env *env, const char *dir, bool write, bool create,
                         uint64_t max_size, struct ph_why *why)
{
    *env = (struct ph__env){.write = write, .lock_fd = -1};
    env->dir = strdup(dir);
    if (!env->dir)
        return ph_fail(why, PH_ERR_NOMEM, "out of memory");
    env->has_mutex = pthread_mutex_init(&env->mutex, NULL) == 0;
    enum ph_err err = env->has_mutex ? open_all(env, create && write, max_size, why)
                                     : ph_fail(why, PH_ERR_NOMEM, "out of memory");
    if (err)
        ph__env_close(env);
    return err;
}

void ph__env_close(struct ph__env *env)
{
    if (!env->dir)
        return;
    PH_ASSERT(env->n_txns == 0);
    if (env->mdb)
        mdb_env_close(env->mdb);
    registry_leave(env);
    if (env->lock_fd >= 0)
        close(env->lock_fd);
    if (env->has_mutex)
        pthread_mutex_destroy(&env->mutex);
    free(env->dir);
    *env = (struct ph__env){.lock_fd = -1};
}

static void count_free(MDB_txn *txn, uint64_t *out)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    *out = 0;
    if (mdb_cursor_open(txn, 0, &cursor)) /* 0: the list of free pages */
        return;
    while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
        size_t n;
        memcpy(&n, value.mv_data, sizeof(n));
        *out += n;
    }
    mdb_cursor_close(cursor);
}

enum ph_err ph__env_size(struct ph__env *env, uint64_t *out_used, uint64_t *out_max,
                         struct ph_why *why)
{
    struct ph__txn txn;
    enum ph_err err = ph__txn_read(&txn, env, why);
    if (err)
        return err;
    MDB_envinfo info;
    MDB_stat stat;
    uint64_t n_free;
    mdb_env_info(env->mdb, &info);
    mdb_env_stat(env->mdb, &stat);
    count_free(txn.mdb, &n_free);
    ph__txn_abort(&txn);
    uint64_t pages = (uint64_t)info.me_last_pgno + 1;
    *out_used = (pages - PH_MIN(n_free, pages)) * stat.ms_psize;
    *out_max = info.me_mapsize;
    return PH_OK;
}

/* What is kept free: 5 %, in small maps enough for a transaction that touches every tree. */
static uint64_t reserve_of(uint64_t map_size)
{
    return PH_MIN(PH_MAX(map_size / 100 * PH_RESERVE_PERCENT, PH_RESERVE_MIN), map_size / 2);
}

static enum ph_err check_room(struct ph__env *env, uint64_t grows, struct ph_why *why)
{
    MDB_envinfo info;
    MDB_stat stat;
    mdb_env_info(env->mdb, &info);
    mdb_env_stat(env->mdb, &stat);
    uint64_t limit = info.me_mapsize - reserve_of(info.me_mapsize);
    if ((uint64_t)info.me_last_pgno * stat.ms_psize + grows < limit)
        return PH_OK;
    /* The file never shrinks: near its end only the list of free pages says how full it is. */
    uint64_t used, max;
    enum ph_err err = ph__env_size(env, &used, &max, why);
    if (err || used + grows < limit)
        return err;
    err = ph_fail(why, PH_ERR_FULL, "store full: %llu of %llu MiB (max_size) in use",
                  (unsigned long long)(used >> 20), (unsigned long long)(max >> 20));
    ph_hint(why, "Raise max_size in posthorn.conf and restart, or wait for expiry.");
    return err;
}

static int begin_counted(struct ph__txn *txn, struct ph__env *env, MDB_txn *renew)
{
    pthread_mutex_lock(&env->mutex);
    int rc = renew ? mdb_txn_renew(renew) : mdb_txn_begin(env->mdb, NULL, MDB_RDONLY, &txn->mdb);
    if (rc == MDB_MAP_RESIZED && env->n_txns == 0) {
        rc = mdb_env_set_mapsize(env->mdb, 0);
        if (!rc)
            rc =
                renew ? mdb_txn_renew(renew) : mdb_txn_begin(env->mdb, NULL, MDB_RDONLY, &txn->mdb);
    }
    if (!rc)
        env->n_txns++;
    pthread_mutex_unlock(&env->mutex);
    return rc;
}

static void end_counted(struct ph__env *env)
{
    pthread_mutex_lock(&env->mutex);
    PH_ASSERT(env->n_txns > 0);
    env->n_txns--;
    pthread_mutex_unlock(&env->mutex);
}

enum ph_err ph__txn_read(struct ph__txn *txn, struct ph__env *env, struct ph_why *why)
{
    *txn = (struct ph__txn){.env = env, .why = why};
    int rc = begin_counted(txn, env, NULL);
    if (rc == MDB_READERS_FULL) {
        ph__env_reader_check(env);
        rc = begin_counted(txn, env, NULL);
    }
    if (rc == MDB_MAP_RESIZED)
        return ph_fail(why, PH_ERR_BUSY, "the store has grown; a reading of this process is open");
    return ph__env_err(env, rc, "read store", why);
}

enum ph_err ph__txn_write(struct ph__txn *txn, struct ph__env *env, uint64_t grows,
                          struct ph_why *why)
{
    *txn = (struct ph__txn){.env = env, .why = why, .write = true};
    PH_ASSERT(env->write);
    if (atomic_load(&env->failed))
        return ph_fail(why, PH_ERR_IO, "an earlier disk error stopped all writing");
    if (grows) {
        enum ph_err err = check_room(env, grows, why);
        if (err)
            return err;
    }
    pthread_mutex_lock(&env->mutex);
    env->n_txns++;
    pthread_mutex_unlock(&env->mutex);
    int rc = mdb_txn_begin(env->mdb, NULL, 0, &txn->mdb);
    if (rc)
        end_counted(env);
    return ph__env_err(env, rc, "write store", why);
}

enum ph_err ph__txn_commit(struct ph__txn *txn)
{
    int rc = mdb_txn_commit(txn->mdb);
    txn->mdb = NULL;
    end_counted(txn->env);
    return ph__env_err(txn->env, rc, "commit", txn->why);
}

void ph__txn_abort(struct ph__txn *txn)
{
    if (!txn->mdb)
        return;
    mdb_txn_abort(txn->mdb);
    txn->mdb = NULL;
    end_counted(txn->env);
}

void ph__txn_reset(struct ph__txn *txn)
{
    mdb_txn_reset(txn->mdb);
    end_counted(txn->env);
}

enum ph_err ph__txn_renew(struct ph__txn *txn)
{
    int rc = begin_counted(txn, txn->env, txn->mdb);
    if (rc == MDB_MAP_RESIZED)
        return ph_fail(txn->why, PH_ERR_BUSY, "the store has grown; another reading is open");
    return ph__env_err(txn->env, rc, "read store", txn->why);
}

void ph__txn_discard(struct ph__txn *txn)
{
    mdb_txn_abort(txn->mdb);
    txn->mdb = NULL;
}
