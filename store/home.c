/* SPDX-License-Identifier: Apache-2.0 */
#include "store/home.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "store/file.h"

#define PH_INSTALLED_CONF   "/etc/posthorn/posthorn.conf"
#define PH_INSTALLED_STATE  "/var/lib/posthorn"
#define PH_INSTALLED_SOCKET "/run/posthorn/control"

/* File systems on which memory maps and locks of several processes are not what LMDB needs. */
static const struct {
    uint32_t magic;
    const char *name;
} refused_filesystems[] = {
    {0x00006969, "NFS"},  {0xff534d42, "CIFS"}, {0x0000517b, "SMB"},
    {0xfe534d42, "SMB2"}, {0x65735546, "FUSE"}, {0x01021997, "9P"},
};

static char *join(const char *a, const char *b)
{
    char *out = NULL;
    return asprintf(&out, "%s%s", a, b) < 0 ? NULL : out;
}

static char *absolute(const char *dir)
{
    if (dir[0] == '/')
        return strdup(dir);
    char *cwd = getcwd(NULL, 0);
    if (!cwd)
        return NULL;
    char *out = NULL;
    if (asprintf(&out, "%s/%s", cwd, dir) < 0)
        out = NULL;
    free(cwd);
    return out;
}

enum ph_err ph_home_locate(struct ph_home *out, const char *dir, struct ph_why *why)
{
    if (dir && !dir[0])
        return ph_fail(why, PH_ERR_USAGE, "the home directory has an empty name");
    struct ph_home home = {0};
    home.dir = dir ? absolute(dir) : strdup(PH_INSTALLED_STATE);
    for (size_t n = home.dir ? strlen(home.dir) : 0; n > 1 && home.dir[n - 1] == '/'; n--)
        home.dir[n - 1] = '\0';
    if (home.dir) {
        home.conf = dir ? join(home.dir, "/posthorn.conf") : strdup(PH_INSTALLED_CONF);
        home.keys = join(home.dir, "/keys");
        home.store = join(home.dir, "/store");
        home.socket = dir ? join(home.dir, "/run/control") : strdup(PH_INSTALLED_SOCKET);
    }
    if (!home.dir || !home.conf || !home.keys || !home.store || !home.socket) {
        ph_home_done(&home);
        return ph_fail(why, PH_ERR_NOMEM, "out of memory");
    }
    *out = home;
    return PH_OK;
}

void ph_home_done(struct ph_home *home)
{
    free(home->dir);
    free(home->conf);
    free(home->keys);
    free(home->store);
    free(home->socket);
    *home = (struct ph_home){0};
}

static enum ph_err make_dir(const char *path, struct ph_why *why)
{
    if (mkdir(path, 0700) == 0)
        return ph__dir_sync_parent(path, why);
    struct stat st;
    if (errno != EEXIST)
        return ph__errno_fail(why, path);
    if (lstat(path, &st) != 0)
        return ph__errno_fail(why, path);
    if (!S_ISDIR(st.st_mode))
        return ph_fail(why, PH_ERR_PERM, "%s is not a directory", path);
    return PH_OK;
}

/* That of an installed node is in /run, which comes and goes with the service: whoever starts the
 * daemon makes it (RuntimeDirectory= in the unit). */
static bool socket_is_ours(const struct ph_home *home)
{
    size_t n = strlen(home->dir);
    return strncmp(home->socket, home->dir, n) == 0 && home->socket[n] == '/';
}

static enum ph_err make_run_dir(const struct ph_home *home, struct ph_why *why)
{
    char *run = strdup(home->socket);
    if (!run)
        return ph_fail(why, PH_ERR_NOMEM, "out of memory");
    *strrchr(run, '/') = '\0';
    enum ph_err err = make_dir(run, why);
    free(run);
    return err;
}

enum ph_err ph_home_create(const struct ph_home *home, struct ph_why *why)
{
    enum ph_err err = make_dir(home->dir, why);
    if (!err)
        err = make_dir(home->keys, why);
    if (!err)
        err = make_dir(home->store, why);
    if (!err && socket_is_ours(home))
        err = make_run_dir(home, why);
    return err ? err : ph_home_check(home, why);
}

static enum ph_err check_filesystem(const char *path, struct ph_why *why)
{
    struct statfs fs;
    if (statfs(path, &fs) != 0)
        return ph__errno_fail(why, path);
    for (size_t i = 0; i < PH_LEN(refused_filesystems); i++) {
        if ((uint32_t)fs.f_type != refused_filesystems[i].magic)
            continue;
        enum ph_err err =
            ph_fail(why, PH_ERR_PERM, "%s is on %s", path, refused_filesystems[i].name);
        ph_hint(why, "The store needs a local disk: memory maps and locks are not safe there.");
        return err;
    }
    return PH_OK;
}

/* @wide  mode bits that may not be set. */
static enum ph_err check_dir(const char *path, mode_t wide, struct ph_why *why)
{
    struct stat st;
    if (lstat(path, &st) != 0) {
        if (errno != ENOENT)
            return ph__errno_fail(why, path);
        enum ph_err err = ph_fail(why, PH_ERR_NOTFOUND, "there is no %s", path);
        ph_hint(why, "Run: posthorn init");
        return err;
    }
    enum ph_err err = PH_OK;
    if (S_ISLNK(st.st_mode)) {
        err = ph_fail(why, PH_ERR_PERM, "%s is a symbolic link", path);
        ph_hint(why, "Name the directory itself.");
    } else if (!S_ISDIR(st.st_mode)) {
        err = ph_fail(why, PH_ERR_PERM, "%s is not a directory", path);
    } else if (st.st_uid != geteuid()) {
        err = ph_fail(why, PH_ERR_PERM, "%s belongs to user %u, not to this one (%u)", path,
                      st.st_uid, geteuid());
        ph_hint(why, "Run as the user that owns it.");
    } else if (st.st_mode & wide) {
        err = ph_fail(why, PH_ERR_PERM, "cannot use directory %s: mode is %04o", path,
                      st.st_mode & 07777);
        ph_hint(why, "Others on this machine could use it. Run: chmod %s %s",
                wide == 022 ? "go-w" : "700", path);
    }
    return err;
}

/* Also of keys that this command will not open: who could read one has it. Symbolic links and what
 * is no file are refused when a key is opened. */
static enum ph_err check_key_modes(const struct ph_home *home, struct ph_why *why)
{
    enum ph_err err = PH_OK;
    DIR *dir = opendir(home->keys);
    if (dir == NULL)
        return ph__errno_fail(why, home->keys);
    for (const struct dirent *e; !err && (e = readdir(dir)) != NULL;) {
        struct stat st;
        if (fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode) ||
            (st.st_mode & 077) == 0)
            continue;
        err = ph_fail(why, PH_ERR_PERM, "cannot use key file %s/%s: mode is %04o", home->keys,
                      e->d_name, st.st_mode & 07777);
        ph_hint(why, "Others on this machine could read it. Run: chmod 600 %s/%s", home->keys,
                e->d_name);
    }
    closedir(dir);
    return err;
}

enum ph_err ph_home_check(const struct ph_home *home, struct ph_why *why)
{
    enum ph_err err = check_dir(home->dir, 022, why);
    if (!err)
        err = check_dir(home->keys, 077, why);
    if (!err)
        err = check_key_modes(home, why);
    if (!err)
        err = check_dir(home->store, 077, why);
    return err ? err : check_filesystem(home->store, why);
}
