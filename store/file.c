/* SPDX-License-Identifier: Apache-2.0 */
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/home.h"

enum ph_err ph__errno_fail(struct ph_why *why, const char *path)
{
    char safe[160];
    int code = errno;
    enum ph_err err = PH_ERR_IO;
    ph_text_safe(safe, sizeof(safe), ph_bytes_str(path));
    if (code == ENOENT)
        err = PH_ERR_NOTFOUND;
    else if (code == EEXIST)
        err = PH_ERR_EXISTS;
    else if (code == ENOSPC || code == EDQUOT)
        err = PH_ERR_FULL;
    else if (code == EACCES || code == EPERM || code == EROFS || code == ELOOP)
        err = PH_ERR_PERM;
    return ph_fail(why, err, "%s: %s", safe, strerror(code));
}

enum ph_err ph__dir_sync(const char *path, struct ph_why *why)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum ph_err err = fd < 0 || fsync(fd) != 0 ? ph__errno_fail(why, path) : PH_OK;
    if (fd >= 0)
        close(fd);
    return err;
}

enum ph_err ph__dir_sync_parent(const char *path, struct ph_why *why)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return ph__dir_sync(".", why);
    char *dir = strndup(path, slash == path ? 1 : (size_t)(slash - path));
    if (!dir)
        return ph_fail(why, PH_ERR_NOMEM, "out of memory");
    enum ph_err err = ph__dir_sync(dir, why);
    free(dir);
    return err;
}

static enum ph_err write_all(int fd, struct ph_bytes bytes, const char *path, struct ph_why *why)
{
    while (bytes.n > 0) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ph__errno_fail(why, path);
        bytes = ph_bytes(bytes.p + n, bytes.n - (size_t)n);
    }
    return fsync(fd) == 0 ? PH_OK : ph__errno_fail(why, path);
}

static enum ph_err write_new(const char *path, struct ph_bytes bytes, unsigned mode,
                             struct ph_why *why)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0)
        return ph__errno_fail(why, path);
    enum ph_err err = write_all(fd, bytes, path, why);
    if (!err && fchmod(fd, mode) != 0) /* whatever the umask */
        err = ph__errno_fail(why, path);
    if (close(fd) != 0 && !err)
        err = ph__errno_fail(why, path);
    return err;
}

enum ph_err ph__file_create(const char *path, struct ph_bytes bytes, unsigned mode,
                            struct ph_why *why)
{
    enum ph_err err = write_new(path, bytes, mode, why);
    if (err && err != PH_ERR_EXISTS)
        unlink(path);
    return err ? err : ph__dir_sync_parent(path, why);
}

enum ph_err ph_file_replace(const char *path, struct ph_bytes bytes, unsigned mode,
                            struct ph_why *why)
{
    struct stat st;
    char *temp = NULL;
    uint8_t tag[6];
    char tag_text[13];
    if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        enum ph_err err = ph_fail(why, PH_ERR_PERM, "%s is not a regular file", path);
        ph_hint(why, "It is not written through links. Remove it, or name another file.");
        return err;
    }
    randombytes_buf(tag, sizeof(tag));
    ph_hex(tag_text, ph_bytes(tag, sizeof(tag)));
    if (asprintf(&temp, "%s.%s.tmp", path, tag_text) < 0)
        return ph_fail(why, PH_ERR_NOMEM, "out of memory");
    enum ph_err err = write_new(temp, bytes, mode, why);
    if (!err && rename(temp, path) != 0)
        err = ph__errno_fail(why, path);
    if (err)
        unlink(temp);
    else
        err = ph__dir_sync_parent(path, why);
    free(temp);
    return err;
}

static enum ph_err read_all(struct ph_buf *out, int fd, const char *path, struct ph_why *why)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return ph__errno_fail(why, path);
    if (!S_ISREG(st.st_mode))
        return ph_fail(why, PH_ERR_INPUT, "%s is not a regular file", path);
    if ((uint64_t)st.st_size > out->max - out->n)
        return ph_fail(why, PH_ERR_LIMIT, "%s has %lld bytes, limit is %zu", path,
                       (long long)st.st_size, out->max - out->n);
    for (;;) {
        uint8_t chunk[8192];
        ssize_t n = read(fd, chunk, sizeof(chunk));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ph__errno_fail(why, path);
        if (n == 0)
            return PH_OK;
        enum ph_err err = ph_buf_add(out, ph_bytes(chunk, (size_t)n));
        ph_wipe(chunk, sizeof(chunk)); /* key files pass through here */
        if (err)
            return ph_fail(why, err, "%s is larger than %zu bytes", path, out->max);
    }
}

enum ph_err ph_file_read(struct ph_buf *out, const char *path, struct ph_why *why)
{
    /* O_NONBLOCK: a named pipe must not hold us up before fstat() can refuse it. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return ph__errno_fail(why, path);
    enum ph_err err = read_all(out, fd, path, why);
    close(fd);
    return err;
}
