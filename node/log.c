/* SPDX-License-Identifier: Apache-2.0 */
#include "node/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/clock.h"
#include "proto/base/text.h"

static const char *const level_names[] = {"error", "warn", "info", "debug"};

struct ph_log ph_log_open(int fd, enum ph_log_level level, bool json)
{
    struct stat st;
    /* Only a pipe can stall us; a terminal's descriptor is shared with its shell and stays as it
     * is. */
    if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode)) {
        int flags = fcntl(fd, F_GETFL);
        if (flags >= 0)
            (void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    }
    return (struct ph_log){.fd = fd, .level = level, .json = json};
}

bool ph_log_level_parse(enum ph_log_level *out, const char *text)
{
    for (size_t i = 0; i < PH_LEN(level_names); i++) {
        if (strcmp(text, level_names[i]) == 0) {
            *out = (enum ph_log_level)i;
            return true;
        }
    }
    return false;
}

/* A value in double quotes. ph_text_safe() has made control characters visible; quotes and, for
 * JSON, backslashes are left to escape. */
static void add_quoted(struct ph_buf *line, const char *text)
{
    char safe[512];
    ph_text_safe(safe, sizeof(safe), ph_bytes_str(text));
    enum ph_err err = ph_buf_printf(line, "\"");
    for (const char *c = safe; *c && err == PH_OK; c++)
        err = ph_buf_printf(line, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
    if (err == PH_OK)
        err = ph_buf_printf(line, "\"");
    (void)err; /* a line over its maximum is cut: better than none */
}

static bool is_bare(const char *text)
{
    for (const char *c = text; *c; c++) {
        bool plain = (*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') ||
                     (*c >= 'A' && *c <= 'Z') || strchr("-_.:/+[]@", *c) != NULL;
        if (!plain)
            return false;
    }
    return *text != 0;
}

static void add_text(struct ph_buf *line, bool json, const char *key, const char *text)
{
    enum ph_err err = ph_buf_printf(line, json ? ",\"%s\":" : " %s=", key);
    if (err == PH_OK && !json && is_bare(text))
        err = ph_buf_printf(line, "%s", text);
    else if (err == PH_OK)
        add_quoted(line, text);
    (void)err;
}

void ph_log_write(struct ph_log *log, enum ph_log_level level, const char *event,
                  const struct ph_field *fields, size_t n)
{
    if (level > log->level)
        return;
    char when[PH_TIME_TEXT_MAX];
    ph_time_text(when, ph_clock_now().wall);
    struct ph_buf line = ph_buf(4096);
    enum ph_err err =
        ph_buf_printf(&line, log->json ? "{\"time\":\"%s\",\"level\":\"%s\"" : "time=%s level=%s",
                      when, level_names[level]);
    add_text(&line, log->json, "event", event);
    for (size_t i = 0; i < n && err == PH_OK; i++) {
        if (fields[i].text)
            add_text(&line, log->json, fields[i].key, fields[i].text);
        else
            err = ph_buf_printf(&line, log->json ? ",\"%s\":%llu" : " %s=%llu", fields[i].key,
                                (unsigned long long)fields[i].number);
    }
    if (err == PH_OK)
        err = ph_buf_printf(&line, log->json ? "}\n" : "\n");
    if (err == PH_OK && write(log->fd, line.p, line.n) != (ssize_t)line.n)
        log->dropped++;
    ph_buf_done(&line);
}
