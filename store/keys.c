/* SPDX-License-Identifier: Apache-2.0 */
#include "store/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/file.h"
#include "store/keyfile.h"

/* Names come from the command line and go into a path: letters, digits, '.', '_', '-', no leading
 * dot. */
static bool name_is_safe(const char *name)
{
    size_t n = strlen(name);
    return n > 0 && n <= PH_NAME_MAX && name[0] != '.' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == n;
}

static enum ph_err path_of(char **out, const struct ph_home *home, enum ph_secret_kind kind,
                           const char *name, struct ph_why *why)
{
    const char *base = "store";
    bool wants_name = false;
    switch (kind) {
    case PH_SECRET_STORE:
        break;
    case PH_SECRET_NODE:
        base = "node";
        break;
    case PH_SECRET_TRANSPORT:
        base = "transport";
        break;
    case PH_SECRET_READING:
        base = "reading";
        wants_name = true;
        break;
    case PH_SECRET_ORG:
        base = "org";
        break;
    case PH_SECRET_STEWARD:
        base = "steward";
        break;
    case PH_SECRET_PERSON:
        base = "person";
        wants_name = true;
        break;
    }
    if ((name && !name_is_safe(name)) || (wants_name && !name))
        return ph_fail(why, PH_ERR_USAGE,
                       "a key file needs a name of letters, digits, '.', '_', '-'");
    int n = name ? asprintf(out, "%s/%s-%s", home->keys, base, name)
                 : asprintf(out, "%s/%s", home->keys, base);
    return n < 0 ? ph_fail(why, PH_ERR_NOMEM, "out of memory") : PH_OK;
}

static enum ph_err check_mode(int fd, const char *path, struct ph_why *why)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return ph__errno_fail(why, path);
    enum ph_err err = PH_OK;
    if (!S_ISREG(st.st_mode)) {
        err = ph_fail(why, PH_ERR_PERM, "%s is not a regular file", path);
    } else if (st.st_mode & 077) {
        err = ph_fail(why, PH_ERR_PERM, "cannot use key file %s: mode is %04o", path,
                      st.st_mode & 07777);
        ph_hint(why, "Others on this machine could read it. Run: chmod 600 %s", path);
    } else if (st.st_uid != geteuid()) {
        err = ph_fail(why, PH_ERR_PERM, "cannot use key file %s: it belongs to user %u", path,
                      st.st_uid);
    } else if (st.st_size > PH_KEYFILE_MAX) {
        err = ph_fail(why, PH_ERR_CORRUPT, "%s is not a key file: %lld bytes", path,
                      (long long)st.st_size);
    }
    return err;
}

/* @buf  holds PH_KEYFILE_MAX bytes; the caller wipes it. */
static enum ph_err read_keyfile(uint8_t *buf, size_t *out_n, const char *path, struct ph_why *why)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ELOOP)
        return ph_fail(why, PH_ERR_PERM, "cannot use key file %s: it is a symbolic link", path);
    if (fd < 0 && errno == ENOENT)
        return ph_fail(why, PH_ERR_NOTFOUND, "there is no key file %s", path);
    if (fd < 0)
        return ph__errno_fail(why, path);
    enum ph_err err = check_mode(fd, path, why);
    if (!err) {
        ssize_t n = read(fd, buf, PH_KEYFILE_MAX);
        if (n < 0)
            err = ph__errno_fail(why, path);
        else
            *out_n = (size_t)n;
    }
    close(fd);
    return err;
}

/* The store key unwraps the others. Loaded on the way, wiped by the caller. */
static enum ph_err load_store_key(uint8_t out[static 32], const struct ph_home *home,
                                  struct ph_why *why)
{
    uint8_t buf[PH_KEYFILE_MAX];
    uint8_t secret[64];
    struct ph__keyfile file;
    char *path = NULL;
    size_t n = 0;
    enum ph_err err = path_of(&path, home, PH_SECRET_STORE, NULL, why);
    if (!err)
        err = read_keyfile(buf, &n, path, why);
    if (!err) {
        err = ph__keyfile_parse(&file, PH_SECRET_STORE, ph_bytes(buf, n), why);
        if (!err)
            err = ph__keyfile_open(secret, &file, NULL, ph_bytes(NULL, 0), why);
        if (!err)
            memcpy(out, secret, 32);
        err = ph_why_wrap(why, err, "%s", path);
    }
    ph_wipe(buf, sizeof(buf));
    ph_wipe(secret, sizeof(secret));
    free(path);
    return err;
}

static void generate(enum ph_secret_kind kind, uint8_t secret[static 64], uint8_t public[static 32])
{
    uint8_t seed[32];
    randombytes_buf(seed, sizeof(seed));
    if (kind == PH_SECRET_STORE) {
        memcpy(secret, seed, 32);
        memset(public, 0, 32);
    } else if (ph__secret_len(kind) == 64) {
        crypto_sign_seed_keypair(public, secret, seed);
    } else {
        crypto_box_seed_keypair(public, secret, seed);
    }
    ph_wipe(seed, sizeof(seed));
}

static enum ph_err choose_wrap(enum ph__wrap *out, enum ph_secret_kind kind,
                               struct ph_bytes passphrase, struct ph_why *why)
{
    switch (kind) {
    case PH_SECRET_STORE:
        *out = PH_WRAP_PLAIN;
        return PH_OK;
    case PH_SECRET_NODE:
    case PH_SECRET_TRANSPORT:
    case PH_SECRET_READING:
        *out = PH_WRAP_STORE_KEY;
        return PH_OK;
    case PH_SECRET_ORG:
    case PH_SECRET_STEWARD:
        *out = passphrase.n ? PH_WRAP_PASSPHRASE : PH_WRAP_STORE_KEY;
        return PH_OK;
    case PH_SECRET_PERSON:
        *out = PH_WRAP_PASSPHRASE;
        return passphrase.n ? PH_OK
                            : ph_fail(why, PH_ERR_USAGE, "a person's key must have a passphrase");
    }
    return ph_fail(why, PH_ERR_INTERNAL, "unknown kind of key");
}

static enum ph_err write_secret(const struct ph_home *home, enum ph_secret_kind kind,
                                const char *name, enum ph__wrap wrap,
                                const uint8_t public[static 32], const uint8_t *secret,
                                struct ph_bytes passphrase, struct ph_why *why)
{
    struct ph_buf file = ph_buf(PH_KEYFILE_MAX);
    uint8_t store_key[32] = {0};
    char *path = NULL;
    enum ph_err err = path_of(&path, home, kind, name, why);
    if (!err && wrap == PH_WRAP_STORE_KEY)
        err = load_store_key(store_key, home, why);
    if (!err && access(path, F_OK) == 0) /* before a second of Argon2id; O_EXCL decides */
        err = ph_fail(why, PH_ERR_EXISTS, "%s exists already", path);
    if (!err)
        err = ph__keyfile_seal(&file, kind, wrap, public, secret, store_key, passphrase, why);
    if (!err) {
        err = ph__file_create(path, ph_buf_bytes(&file), 0600, why);
        if (err == PH_ERR_EXISTS)
            err = ph_fail(why, err, "%s exists already", path);
    }
    if (err == PH_ERR_EXISTS)
        ph_hint(why, "No key is ever overwritten. Move the file away if you mean to replace it.");
    ph_wipe(store_key, sizeof(store_key));
    ph_buf_wipe(&file);
    free(path);
    return err;
}

enum ph_err ph_key_make(const struct ph_home *home, enum ph_secret_kind kind, const char *name,
                        struct ph_bytes passphrase, uint8_t out_public[static 32],
                        struct ph_why *why)
{
    uint8_t secret[64];
    uint8_t public[32];
    char reading[17];
    enum ph__wrap wrap = PH_WRAP_PASSPHRASE; /* gcc cannot see that it is set on PH_OK */
    if (sodium_init() < 0)
        return ph_fail(why, PH_ERR_INTERNAL, "libsodium does not start");
    enum ph_err err = choose_wrap(&wrap, kind, passphrase, why);
    if (err)
        return err;
    generate(kind, secret, public);
    if (kind == PH_SECRET_READING) {
        ph_hex(reading, ph_bytes(public, 4));
        name = reading;
    }
    err = write_secret(home, kind, name, wrap, public, secret, passphrase, why);
    if (!err)
        memcpy(out_public, public, 32);
    ph_wipe(secret, sizeof(secret));
    return err;
}

enum ph_err ph_key_needs_passphrase(const struct ph_home *home, enum ph_secret_kind kind,
                                    const char *name, bool *out, struct ph_why *why)
{
    uint8_t buf[PH_KEYFILE_MAX];
    struct ph__keyfile file;
    char *path = NULL;
    size_t n = 0;
    enum ph_err err = path_of(&path, home, kind, name, why);
    if (!err)
        err = read_keyfile(buf, &n, path, why);
    if (!err) {
        err = ph__keyfile_parse(&file, kind, ph_bytes(buf, n), why);
        err = ph_why_wrap(why, err, "%s", path);
    }
    if (!err)
        *out = file.wrap == PH_WRAP_PASSPHRASE;
    ph_wipe(buf, sizeof(buf));
    free(path);
    return err;
}

/* Whether the public half in the file is the secret's own. */
static bool halves_match(enum ph_secret_kind kind, const uint8_t secret[static 64],
                         const uint8_t public[static 32])
{
    uint8_t derived[32] = {0};
    if (kind == PH_SECRET_STORE)
        return true;
    if (ph__secret_len(kind) == 64)
        memcpy(derived, secret + 32, 32);
    else
        crypto_scalarmult_base(derived, secret);
    return sodium_memcmp(derived, public, 32) == 0;
}

static enum ph_err open_file(uint8_t secret[static 64], struct ph__keyfile *file,
                             const struct ph_home *home, enum ph_secret_kind kind,
                             struct ph_bytes bytes, struct ph_bytes passphrase, struct ph_why *why)
{
    uint8_t store_key[32] = {0};
    enum ph_err err = ph__keyfile_parse(file, kind, bytes, why);
    if (!err && file->wrap == PH_WRAP_STORE_KEY)
        err = load_store_key(store_key, home, why);
    if (!err)
        err = ph__keyfile_open(secret, file, store_key, passphrase, why);
    ph_wipe(store_key, sizeof(store_key));
    if (!err && !halves_match(kind, secret, file->public_key))
        err = ph_fail(why, PH_ERR_CORRUPT, "public and secret half do not belong together");
    return err;
}

enum ph_err ph_key_load(struct ph_secret *out, uint8_t out_public[static 32],
                        const struct ph_home *home, enum ph_secret_kind kind, const char *name,
                        struct ph_bytes passphrase, struct ph_why *why)
{
    uint8_t buf[PH_KEYFILE_MAX];
    uint8_t secret[64] = {0};
    struct ph__keyfile file;
    char *path = NULL;
    size_t n = 0;
    if (sodium_init() < 0)
        return ph_fail(why, PH_ERR_INTERNAL, "libsodium does not start");
    enum ph_err err = path_of(&path, home, kind, name, why);
    if (!err)
        err = read_keyfile(buf, &n, path, why);
    if (!err) {
        err = open_file(secret, &file, home, kind, ph_bytes(buf, n), passphrase, why);
        err = ph_why_wrap(why, err, "%s", path);
    }
    if (!err) {
        memcpy(out->b, secret, sizeof(secret));
        memcpy(out_public, file.public_key, 32);
    }
    ph_wipe(secret, sizeof(secret));
    ph_wipe(buf, sizeof(buf));
    free(path);
    return err;
}
