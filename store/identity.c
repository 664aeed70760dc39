/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <sodium.h>
#include <stdlib.h>

#include "store/file.h"
#include "store/keys.h"

#define PH_READING_PREFIX "reading-"

static enum ph_err load(struct ph_identity *me, struct ph_secret **out, uint8_t public[static 32],
                        const struct ph_home *home, enum ph_secret_kind kind, const char *name,
                        struct ph_why *why)
{
    *out = ph_secret_new(me->vault);
    if (!*out)
        return ph_fail(why, PH_ERR_NOMEM, "no memory for keys");
    return ph_key_load(*out, public, home, kind, name, ph_bytes(NULL, 0), why);
}

static int cmp_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Names after the prefix of all reading keys, sorted, so that every start finds them in one order.
 */
static enum ph_err list_reading(const struct ph_home *home,
                                char names[PH_READING_KEYS_MAX][PH_NAME_MAX + 1], size_t *out_n,
                                struct ph_why *why)
{
    DIR *dir = opendir(home->keys);
    if (!dir)
        return ph__errno_fail(why, home->keys);
    enum ph_err err = PH_OK;
    size_t n = 0;
    const struct dirent *entry;
    while ((entry = readdir(dir)) != NULL && !err) {
        size_t prefix = strlen(PH_READING_PREFIX);
        const char *name = entry->d_name + prefix;
        if (strncmp(entry->d_name, PH_READING_PREFIX, prefix) != 0 || strlen(name) > PH_NAME_MAX)
            continue;
        if (n == PH_READING_KEYS_MAX)
            err = ph_fail(why, PH_ERR_LIMIT, "more than %d reading keys in %s", PH_READING_KEYS_MAX,
                          home->keys);
        else
            memcpy(names[n++], name, strlen(name) + 1);
    }
    closedir(dir);
    qsort(names, n, PH_NAME_MAX + 1, cmp_names);
    *out_n = n;
    return err;
}

static enum ph_err load_reading(struct ph_identity *me, const struct ph_home *home,
                                struct ph_why *why)
{
    char names[PH_READING_KEYS_MAX][PH_NAME_MAX + 1];
    size_t n = 0;
    enum ph_err err = list_reading(home, names, &n, why);
    for (size_t i = 0; i < n && !err; i++) {
        err = load(me, &me->reading_secret[i], me->reading[i].b, home, PH_SECRET_READING, names[i],
                   why);
        me->n_reading += !err;
    }
    return err;
}

enum ph_err ph_identity_load(struct ph_identity **out, const struct ph_home *home, bool *out_locked,
                             struct ph_why *why)
{
    enum ph_err err = ph_home_check(home, why);
    if (err)
        return err;
    if (sodium_init() < 0) /* the vault's memory comes from it */
        return ph_fail(why, PH_ERR_INTERNAL, "libsodium does not start");
    struct ph_identity *me = calloc(1, sizeof(*me));
    if (!me)
        return ph_fail(why, PH_ERR_NOMEM, "out of memory");
    uint8_t none[32];
    err = ph_vault_new(&me->vault, 3 + PH_READING_KEYS_MAX, out_locked);
    err = ph_why_wrap(why, err, "locked memory for keys");
    if (!err)
        err = load(me, &me->store_key, none, home, PH_SECRET_STORE, NULL, why);
    if (!err)
        err = load(me, &me->node_secret, me->node.b, home, PH_SECRET_NODE, NULL, why);
    if (!err)
        err =
            load(me, &me->transport_secret, me->transport.b, home, PH_SECRET_TRANSPORT, NULL, why);
    if (!err)
        err = load_reading(me, home, why);
    if (err) {
        ph_identity_free(me);
        if (err == PH_ERR_NOTFOUND)
            ph_hint(why, "Run: posthorn init");
        return err;
    }
    *out = me;
    return PH_OK;
}

void ph_identity_free(struct ph_identity *identity)
{
    if (!identity)
        return;
    ph_vault_free(identity->vault);
    free(identity);
}
