/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/cli/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/text.h"

static enum ph_err cannot(const struct ph_outfile *out, const char *doing, struct ph_why *why)
{
    char safe[160];
    int e = errno;
    if (e == EPIPE)
        return ph_fail(why, PH_ERR_CLOSED, "nobody reads the output");
    const char *name = out->path[0] ? out->path : "standard output";
    return ph_fail(why, e == ENOSPC || e == EDQUOT ? PH_ERR_FULL : PH_ERR_IO,
                   "cannot %s \"%s\": %s", doing,
                   ph_text_safe(safe, sizeof(safe), ph_bytes_str(name)), strerror(e));
}

enum ph_err ph_outfile_open(struct ph_outfile *out, const char *path, unsigned mode,
                            struct ph_why *why)
{
    *out = (struct ph_outfile){.to = stdout};
    if (path == NULL)
        return PH_OK;
    out->to = NULL;
    int n = snprintf(out->draft, sizeof(out->draft), "%s.XXXXXX", path);
    if (n < 0 || (size_t)n >= sizeof(out->draft)) {
        out->draft[0] = 0;
        return ph_fail(why, PH_ERR_LIMIT, "the path of the file is too long");
    }
    memcpy(out->path, path, strlen(path) + 1);
    int fd = mkostemp(out->draft, O_CLOEXEC);
    if (fd < 0) {
        out->draft[0] = 0;
        return cannot(out, "write", why);
    }
    if (fchmod(fd, mode) == 0)
        out->to = fdopen(fd, "w");
    if (out->to != NULL)
        return PH_OK;
    enum ph_err err = cannot(out, "write", why);
    close(fd);
    ph_outfile_done(out);
    return err;
}

enum ph_err ph_outfile_write(struct ph_outfile *out, struct ph_bytes bytes, struct ph_why *why)
{
    if (bytes.n == 0 || fwrite(bytes.p, 1, bytes.n, out->to) == bytes.n)
        return PH_OK;
    return cannot(out, "write", why);
}

/* The new name is on disk only once its directory is. */
static bool sync_directory(const char *path)
{
    char copy[4096];
    snprintf(copy, sizeof(copy), "%s", path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool ok = fsync(fd) == 0;
    close(fd);
    return ok;
}

enum ph_err ph_outfile_commit(struct ph_outfile *out, struct ph_why *why)
{
    if (fflush(out->to) != 0)
        return cannot(out, "write", why);
    if (out->draft[0] == 0)
        return PH_OK;
    if (fsync(fileno(out->to)) != 0 || rename(out->draft, out->path) != 0)
        return cannot(out, "write", why);
    out->draft[0] = 0;
    return sync_directory(out->path) ? PH_OK : cannot(out, "sync the folder of", why);
}

void ph_outfile_done(struct ph_outfile *out)
{
    if (out->draft[0] != 0)
        (void)unlink(out->draft);
    if (out->to != NULL && out->to != stdout)
        (void)fclose(out->to);
    *out = (struct ph_outfile){.to = NULL};
}
