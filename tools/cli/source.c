/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/cli/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/text.h"

#define CHUNK PH_KIB(256)

static enum ph_err cannot_read(const struct ph_source *s, int e, struct ph_why *why)
{
    return ph_fail(why, PH_ERR_INPUT, "cannot read \"%s\": %s", s->name, strerror(e));
}

/* Up to a chunk into s->chunk; 0 at the end. */
static enum ph_err read_chunk(struct ph_source *s, int fd, size_t *out, struct ph_why *why)
{
    for (;;) {
        ssize_t n = read(fd, s->chunk, CHUNK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return cannot_read(s, errno, why);
        *out = (size_t)n;
        return PH_OK;
    }
}

static enum ph_err write_all(int fd, const uint8_t *p, size_t n, const char *dir,
                             struct ph_why *why)
{
    for (size_t done = 0; done < n;) {
        ssize_t put = write(fd, p + done, n - done);
        if (put > 0)
            done += (size_t)put;
        else if (errno != EINTR)
            return ph_fail(why, errno == ENOSPC ? PH_ERR_FULL : PH_ERR_IO,
                           "cannot keep the input in \"%s\" meanwhile: %s", dir, strerror(errno));
    }
    return PH_OK;
}

/* A file without a name, for us alone; gone with its descriptor. */
static int nameless_file(const char *dir)
{
    char path[4096];
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
        return fd;
    int n = snprintf(path, sizeof(path), "%s/.import.XXXXXX", dir);
    if (n < 0 || (size_t)n >= sizeof(path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        (void)unlink(path);
    return fd;
}

/* Replace the pipe in s->fd by a file of what comes through it. */
static enum ph_err spool(struct ph_source *s, const char *dir, struct ph_why *why)
{
    size_t n = 0;
    int fd = nameless_file(dir);
    if (fd < 0)
        return ph_fail(why, PH_ERR_IO, "cannot keep the input in \"%s\" meanwhile: %s", dir,
                       strerror(errno));
    enum ph_err err = PH_OK;
    do {
        err = read_chunk(s, s->fd, &n, why);
        s->size += n;
        if (!err && s->size > PH_SOURCE_PIPE_MAX)
            err = ph_fail(why, PH_ERR_LIMIT, "over 4 GiB through a pipe: give a file");
        if (!err)
            err = write_all(fd, s->chunk, n, dir, why);
    } while (!err && n > 0);
    close(s->fd);
    s->fd = fd;
    s->is_spooled = true;
    return err;
}

/* The first byte that says something decides. Zero and the marks of UTF-16 go to the STIX reader,
 * which knows what to say about them. */
static enum ph_err detect(struct ph_source *s, struct ph_why *why)
{
    static const uint8_t mark[] = {0xef, 0xbb, 0xbf};
    size_t n = 0;
    if (lseek(s->fd, 0, SEEK_SET) != 0)
        return cannot_read(s, errno, why);
    for (bool is_first = true;; is_first = false) {
        enum ph_err err = read_chunk(s, s->fd, &n, why);
        if (err)
            return err;
        if (n == 0)
            return ph_fail(why, PH_ERR_INPUT, "\"%s\" is empty", s->name);
        size_t i = is_first && n >= 3 && memcmp(s->chunk, mark, 3) == 0 ? 3 : 0;
        while (i < n && strchr(" \t\r\n", s->chunk[i]) != NULL && s->chunk[i] != 0)
            i++;
        if (i == n)
            continue;
        uint8_t c = s->chunk[i];
        s->is_list = c != '{' && c != '[' && c != 0 && c != 0xfe && c != 0xff;
        return PH_OK;
    }
}

static enum ph_err open_input(struct ph_source *s, const char *dir, struct ph_why *why)
{
    struct stat st;
    bool is_stdin = strcmp(s->path, "-") == 0;
    s->fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                     : open(s->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (s->fd < 0 || fstat(s->fd, &st) != 0)
        return cannot_read(s, errno, why);
    if (S_ISDIR(st.st_mode))
        return ph_fail(why, PH_ERR_INPUT, "\"%s\" is a directory", s->name);
    s->chunk = (uint8_t *)malloc(CHUNK);
    if (s->chunk == NULL)
        return ph_fail(why, PH_ERR_NOMEM, "no memory to read \"%s\"", s->name);
    s->size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
    return S_ISREG(st.st_mode) ? PH_OK : spool(s, dir, why);
}

enum ph_err ph_source_open(struct ph_source *out, const char *path, const char *dir,
                           struct ph_why *why)
{
    struct ph_source s = {.path = path, .fd = -1, .list = ph_list_reader()};
    ph_text_safe(s.name, sizeof(s.name),
                 ph_bytes_str(strcmp(path, "-") == 0 ? "standard input" : path));
    enum ph_err err = open_input(&s, dir, why);
    if (!err)
        err = detect(&s, why);
    if (!err)
        err = ph_source_rewind(&s, why);
    if (err) {
        ph_source_close(&s);
        return err;
    }
    *out = s;
    return PH_OK;
}

void ph_source_close(struct ph_source *s)
{
    if (s->chunk != NULL || s->fd > 0)
        close(s->fd);
    free(s->chunk);
    ph_stix_reader_free(s->stix);
    ph_list_reader_done(&s->list);
    *s = (struct ph_source){.fd = -1};
}

enum ph_err ph_source_rewind(struct ph_source *s, struct ph_why *why)
{
    if (lseek(s->fd, 0, SEEK_SET) != 0)
        return cannot_read(s, errno, why);
    ph_stix_reader_free(s->stix);
    s->stix = NULL;
    ph_list_reader_done(&s->list);
    s->list = ph_list_reader();
    s->n_read = 0;
    s->is_ended = false;
    if (!s->is_list && ph_stix_reader_new(&s->stix))
        return ph_fail(why, PH_ERR_NOMEM, "no memory to read \"%s\"", s->name);
    return PH_OK;
}

/* One more chunk to the reader, or word that there is none. */
static enum ph_err feed(struct ph_source *s, struct ph_why *why)
{
    size_t n = 0;
    enum ph_err err = read_chunk(s, s->fd, &n, why);
    if (err)
        return err;
    struct ph_bytes text = ph_bytes(s->chunk, n);
    s->n_read += n;
    s->is_ended = n == 0;
    if (s->is_ended && s->is_list)
        ph_list_reader_end(&s->list);
    if (s->is_ended)
        return s->is_list ? PH_OK : ph_stix_reader_finish(s->stix, why);
    err = s->is_list ? ph_list_reader_feed(&s->list, text) : ph_stix_reader_feed(s->stix, text);
    return err ? ph_fail(why, err, "no memory to read \"%s\"", s->name) : PH_OK;
}

/* What the reader has now. */
static enum ph_err take(struct ph_source *s, struct ph_source_item *item, bool *found,
                        struct ph_why *why)
{
    if (s->is_list)
        return ph_list_reader_next(&s->list, &item->observable, found, &item->index, &item->err,
                                   why);
    if (s->is_ended)
        return PH_OK;
    enum ph_err err = ph_stix_reader_next(s->stix, &item->object, &item->index, &item->err, why);
    *found = item->object != NULL || item->err != PH_OK;
    return err;
}

enum ph_err ph_source_next(struct ph_source *s, struct ph_source_item *out, bool *out_end,
                           struct ph_why *why)
{
    for (bool found = false;;) {
        out->object = NULL;
        out->err = PH_OK;
        enum ph_err err = take(s, out, &found, why);
        *out_end = !found && s->is_ended;
        if (err || found || s->is_ended)
            return err;
        err = feed(s, why);
        if (err)
            return err;
    }
}
