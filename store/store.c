/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <sodium.h>
#include <stdlib.h>

#include "proto/base/hash.h"
#include "store/store_priv.h"

enum ph_err ph__corrupt(struct ph__txn *txn, enum ph_db db)
{
    enum ph_err err =
        ph_fail(txn->why, PH_ERR_CORRUPT, "damaged value in the store (%s)", ph__db_name(db));
    ph_hint(txn->why, "Run: posthorn verify");
    return err;
}

enum ph_err ph__meta_get(struct ph__txn *txn, const char *name, struct ph_bytes *out, bool *found)
{
    return ph__db_get(txn, PH_DB_META, ph_bytes_str(name), out, found);
}

enum ph_err ph__meta_put(struct ph__txn *txn, const char *name, struct ph_bytes value)
{
    return ph__db_put(txn, PH_DB_META, ph_bytes_str(name), value);
}

enum ph_err ph__counters_get(struct ph__txn *txn, struct ph__counters *out)
{
    struct ph_bytes value;
    bool found;
    enum ph_err err = ph__meta_get(txn, PH_META_COUNTERS, &value, &found);
    if (err)
        return err;
    if (!found || ph__counters_decode(out, value))
        return ph__corrupt(txn, PH_DB_META);
    return PH_OK;
}

enum ph_err ph__counters_put(struct ph__txn *txn, const struct ph__counters *counters)
{
    uint8_t value[PH_COUNTERS_LEN];
    ph__counters_encode(value, counters);
    return ph__meta_put(txn, PH_META_COUNTERS, ph_bytes(value, sizeof(value)));
}

enum ph_err ph__store_begin(struct ph_store *store, struct ph__txn *txn, uint64_t grows,
                            struct ph_why *why)
{
    if (!store->env.write)
        return ph_fail(why, PH_ERR_INTERNAL, "store is open for reading only");
    pthread_mutex_lock(&store->writing);
    enum ph_err err = ph__txn_write(txn, &store->env, grows, why);
    if (err == PH_ERR_FULL) {
        /* A reader that was killed may hold space back. */
        ph__env_reader_check(&store->env);
        err = ph__txn_write(txn, &store->env, grows, why);
    }
    if (err)
        pthread_mutex_unlock(&store->writing);
    return err;
}

enum ph_err ph__store_commit(struct ph_store *store, struct ph__txn *txn)
{
    enum ph_err err = ph__txn_commit(txn);
    pthread_mutex_unlock(&store->writing);
    return err;
}

void ph__store_abort(struct ph_store *store, struct ph__txn *txn)
{
    ph__txn_abort(txn);
    pthread_mutex_unlock(&store->writing);
}

static struct ph_hash key_check(const struct ph_store *store)
{
    struct ph_bytes id = ph_bytes(store->id, sizeof(store->id));
    return ph_hash_keyed("store check", ph__store_key(store), &id, 1);
}

/* Fill an empty environment. The transaction that opened the databases is committed already: one
 * that has them but no meta was left by a process that died here, and is filled now. */
static enum ph_err init_meta(struct ph_store *store, struct ph__txn *txn)
{
    uint8_t format[4];
    ph_put_be32(format, PH_FORMAT);
    randombytes_buf(store->id, sizeof(store->id));
    struct ph_hash check = key_check(store);
    struct ph__counters counters = {0};
    enum ph_err err = ph__meta_put(txn, PH_META_FORMAT, ph_bytes(format, sizeof(format)));
    if (!err)
        err = ph__meta_put(txn, PH_META_STORE, ph_bytes(store->id, sizeof(store->id)));
    if (!err)
        err = ph__meta_put(txn, PH_META_CHECK, ph_bytes(check.b, sizeof(check.b)));
    if (!err)
        err = ph__counters_put(txn, &counters);
    return err;
}

static enum ph_err check_format(struct ph__txn *txn, bool *out_empty)
{
    struct ph_bytes value;
    bool found;
    enum ph_err err = ph__meta_get(txn, PH_META_FORMAT, &value, &found);
    if (err)
        return err;
    *out_empty = !found;
    if (!found)
        return PH_OK;
    if (value.n != 4)
        return ph__corrupt(txn, PH_DB_META);
    uint32_t format = ph_get_be32(value.p);
    if (format == PH_FORMAT)
        return PH_OK;
    err = ph_fail(txn->why, PH_ERR_VERSION, "store has format %u, this build reads format %d",
                  format, PH_FORMAT);
    ph_hint(txn->why, "Use the release that wrote it, or a newer one.");
    return err;
}

static enum ph_err load_meta(struct ph_store *store, struct ph__txn *txn)
{
    struct ph_bytes value;
    bool found;
    enum ph_err err = ph__meta_get(txn, PH_META_STORE, &value, &found);
    if (err)
        return err;
    if (!found || value.n != sizeof(store->id))
        return ph__corrupt(txn, PH_DB_META);
    memcpy(store->id, value.p, sizeof(store->id));

    struct ph_hash check = key_check(store);
    err = ph__meta_get(txn, PH_META_CHECK, &value, &found);
    if (err)
        return err;
    if (!found || !ph_bytes_equal(value, ph_bytes(check.b, sizeof(check.b)))) {
        err = ph_fail(txn->why, PH_ERR_KEY, "keys/store is not the key of this store");
        ph_hint(txn->why, "Put back the keys/ directory that belongs to this store.");
        return err;
    }
    err = ph__meta_get(txn, PH_META_BOOT, &value, &found);
    if (err)
        return err;
    if (found && value.n != 8)
        return ph__corrupt(txn, PH_DB_META);
    store->boot = found ? ph_get_be64(value.p) : 0;
    return PH_OK;
}

static enum ph_err count_boot(struct ph_store *store, struct ph__txn *txn)
{
    uint8_t value[8];
    store->boot++;
    ph_put_be64(value, store->boot);
    return ph__meta_put(txn, PH_META_BOOT, ph_bytes(value, sizeof(value)));
}

static enum ph_err start_write(struct ph_store *store, struct ph_why *why)
{
    struct ph__txn txn;
    enum ph_err err = ph__store_begin(store, &txn, PH_GROWS_NOT, why);
    if (err)
        return err;
    bool empty = false;
    err = check_format(&txn, &empty);
    if (!err && empty)
        err = init_meta(store, &txn);
    if (!err)
        err = load_meta(store, &txn);
    if (!err)
        err = count_boot(store, &txn);
    if (err) {
        ph__store_abort(store, &txn);
        return err;
    }
    return ph__store_commit(store, &txn);
}

static enum ph_err start_read(struct ph_store *store, struct ph_why *why)
{
    struct ph__txn txn;
    enum ph_err err = ph__txn_read(&txn, &store->env, why);
    if (err)
        return err;
    bool empty = false;
    err = check_format(&txn, &empty);
    if (!err)
        err = empty ? ph_fail(why, PH_ERR_NOTFOUND, "the store is empty") : load_meta(store, &txn);
    ph__txn_abort(&txn);
    return err;
}

static enum ph_err derive_keys(struct ph_store *store, struct ph_why *why)
{
    enum ph_err err = ph_vault_new(&store->vault, 1, NULL);
    if (err)
        return ph_fail(why, err, "no memory for keys");
    store->wrap_key = ph_secret_new(store->vault);
    if (!store->wrap_key)
        return ph_fail(why, PH_ERR_NOMEM, "no memory for keys");
    struct ph_hash key = ph_hash_keyed("wrap audience key", ph__store_key(store), NULL, 0);
    memcpy(store->wrap_key->b, key.b, sizeof(key.b));
    ph_wipe(&key, sizeof(key));
    return PH_OK;
}

static enum ph_err init_mutexes(struct ph_store *store)
{
    pthread_mutex_t *const all[] = {&store->publishing, &store->indexing, &store->trust,
                                    &store->writing};
    for (size_t i = 0; i < PH_LEN(all); i++) {
        if (pthread_mutex_init(all[i], NULL) == 0)
            continue;
        while (i-- > 0)
            pthread_mutex_destroy(all[i]);
        return PH_ERR_NOMEM;
    }
    store->has_mutexes = true;
    return PH_OK;
}

enum ph_err ph_store_open(struct ph_store **out, const struct ph_home *home,
                          const struct ph_identity *identity, const struct ph_store_config *config,
                          struct ph_why *why)
{
    bool write = config->mode == PH_STORE_WRITE;
    enum ph_err err = ph_home_check(home, why);
    if (err)
        return err;
    if (sodium_init() < 0)
        return ph_fail(why, PH_ERR_INTERNAL, "libsodium does not start");
    struct ph_store *store = calloc(1, sizeof(*store));
    if (!store)
        return ph_fail(why, PH_ERR_NOMEM, "out of memory");
    store->identity = identity;
    store->env.lock_fd = -1;
    err = init_mutexes(store);
    if (!err)
        err = derive_keys(store, why);
    if (!err)
        err = ph__env_open(&store->env, home->store, write, config->create, config->max_size, why);
    if (!err)
        err = write ? start_write(store, why) : start_read(store, why);
    if (err) {
        ph_store_close(store);
        return err;
    }
    *out = store;
    return PH_OK;
}

void ph_store_close(struct ph_store *store)
{
    if (!store)
        return;
    ph__env_close(&store->env);
    ph_members_unref(store->members);
    ph_vault_free(store->vault);
    if (store->has_mutexes) {
        pthread_mutex_destroy(&store->writing);
        pthread_mutex_destroy(&store->trust);
        pthread_mutex_destroy(&store->indexing);
        pthread_mutex_destroy(&store->publishing);
    }
    free(store);
}

void ph_store_id(const struct ph_store *store, uint8_t out_id[static 16], uint64_t *out_boot)
{
    memcpy(out_id, store->id, 16);
    if (out_boot)
        *out_boot = store->boot;
}
