/* SPDX-License-Identifier: Apache-2.0 */
#include "node/config.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/text.h"

#define CONFIG_FILE_MAX PH_KIB(64)

struct ph_config ph_config_default(void)
{
    return (struct ph_config){.listen = "",
                              .log_level = PH_LOG_INFO,
                              .store_max_size = UINT64_C(16) << 30,
                              .sessions_max = PH_SESSIONS_MAX,
                              .reconcile_ms = 60000};
}

typedef bool (*set_fn)(struct ph_config *config, const char *value);

static bool parse_number(const char *value, uint64_t min, uint64_t max, uint64_t *out)
{
    if (value[0] < '0' || value[0] > '9')
        return false;
    char *end = NULL;
    errno = 0;
    unsigned long long v = strtoull(value, &end, 10);
    if (errno != 0 || *end != 0 || v < min || v > max)
        return false;
    *out = v;
    return true;
}

static bool set_listen(struct ph_config *config, const char *value)
{
    const char *colon = strrchr(value, ':');
    uint64_t port = 0;
    if (strlen(value) > PH_ADDRESS_MAX || colon == NULL || colon == value ||
        !parse_number(colon + 1, 0, 65535, &port))
        return false;
    snprintf(config->listen, sizeof(config->listen), "%s", value);
    return true;
}

static bool set_log_level(struct ph_config *config, const char *value)
{
    return ph_log_level_parse(&config->log_level, value);
}

static bool set_log_format(struct ph_config *config, const char *value)
{
    config->log_json = strcmp(value, "json") == 0;
    return config->log_json || strcmp(value, "logfmt") == 0;
}

static bool set_max_size(struct ph_config *config, const char *value)
{
    char digits[24];
    size_t n = strlen(value);
    uint64_t unit = 1, v = 0;
    if (n == 0 || n >= sizeof(digits))
        return false;
    memcpy(digits, value, n + 1);
    switch (digits[n - 1]) {
    case 'M':
        unit = UINT64_C(1) << 20;
        break;
    case 'G':
        unit = UINT64_C(1) << 30;
        break;
    case 'T':
        unit = UINT64_C(1) << 40;
        break;
    default:
        return false;
    }
    digits[n - 1] = 0;
    if (!parse_number(digits, 1, UINT64_C(1) << 24, &v) || v * unit < PH_MIB(UINT64_C(16)) ||
        v * unit > UINT64_C(64) << 40)
        return false;
    config->store_max_size = v * unit;
    return true;
}

static bool set_sessions(struct ph_config *config, const char *value)
{
    uint64_t v = 0;
    if (!parse_number(value, 1, 1024, &v))
        return false;
    config->sessions_max = (uint32_t)v;
    return true;
}

static bool set_workers(struct ph_config *config, const char *value)
{
    uint64_t v = 0;
    if (!parse_number(value, 0, 64, &v))
        return false;
    config->workers = (uint32_t)v;
    return true;
}

static bool set_reconcile(struct ph_config *config, const char *value)
{
    uint64_t v = 0;
    if (!parse_number(value, 1, 3600, &v))
        return false;
    config->reconcile_ms = v * 1000;
    return true;
}

static const struct key {
    const char *section, *name;
    set_fn set;
    const char *expected;
} keys[] = {
    {"node", "listen", set_listen, "HOST:PORT, such as 0.0.0.0:7433 or [::]:7433"},
    {"node", "sessions", set_sessions, "a number from 1 to 1024"},
    {"node", "workers", set_workers, "a number from 0 (one a core) to 64"},
    {"node", "reconcile", set_reconcile, "seconds, from 1 to 3600"},
    {"store", "max_size", set_max_size, "a size from 16M to 64T, with its unit M, G or T"},
    {"log", "level", set_log_level, "error, warn, info or debug"},
    {"log", "format", set_log_format, "logfmt or json"},
};

/* What the parser's callback needs; `bad` is the first thing that was wrong. */
struct parse {
    struct ph_config config;
    bool seen[PH_LEN(keys)];
    char bad[200];
};

static int on_value(void *user, const char *section, const char *name, const char *value)
{
    struct parse *p = (struct parse *)user;
    char safe[80];
    if (p->bad[0] != 0)
        return 0;
    for (size_t i = 0; i < PH_LEN(keys); i++) {
        if (strcmp(keys[i].section, section) != 0 || strcmp(keys[i].name, name) != 0)
            continue;
        if (p->seen[i]) {
            snprintf(p->bad, sizeof(p->bad), "%s: given twice", keys[i].name);
            return 0;
        }
        p->seen[i] = true;
        if (value != NULL && keys[i].set(&p->config, value))
            return 1;
        ph_text_safe(safe, sizeof(safe), ph_bytes_str(value ? value : ""));
        snprintf(p->bad, sizeof(p->bad), "%s: expected %s, not \"%s\"", keys[i].name,
                 keys[i].expected, safe);
        return 0;
    }
    char safe_section[40];
    snprintf(p->bad, sizeof(p->bad), "unknown key \"%s\" in section [%s]",
             ph_text_safe(safe, sizeof(safe), ph_bytes_str(name)),
             ph_text_safe(safe_section, sizeof(safe_section), ph_bytes_str(section)));
    return 0;
}

/* The whole file as text; its size and mode are checked before it is believed. */
static enum ph_err read_file(char **out, const char *path, struct ph_why *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return ph_fail(why, errno == ENOENT ? PH_ERR_NOTFOUND : PH_ERR_IO, "cannot read \"%s\": %s",
                       path, strerror(errno));
    struct stat st;
    enum ph_err err = PH_OK;
    char *text = NULL;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        err = ph_fail(why, PH_ERR_INPUT, "\"%s\" is not a regular file", path);
    } else if (st.st_mode & (S_IWGRP | S_IWOTH)) {
        err = ph_fail(why, PH_ERR_PERM, "configuration \"%s\": mode is %04o", path,
                      (unsigned)st.st_mode & 07777);
        ph_hint(why, "Others could change it. Run: chmod go-w %s", path);
    } else if (st.st_size > CONFIG_FILE_MAX) {
        err = ph_fail(why, PH_ERR_LIMIT, "configuration \"%s\" is over 64 KiB", path);
    } else {
        text = (char *)calloc(1, (size_t)st.st_size + 1);
        if (text == NULL)
            err = ph_fail(why, PH_ERR_NOMEM, "no memory to read \"%s\"", path);
        else if (read(fd, text, (size_t)st.st_size) < 0)
            err = ph_fail(why, PH_ERR_IO, "cannot read \"%s\": %s", path, strerror(errno));
    }
    close(fd);
    if (err != PH_OK) {
        free(text);
        return err;
    }
    *out = text;
    return PH_OK;
}

static int on_any(void *user, const char *section, const char *name, const char *value)
{
    (void)user, (void)section, (void)name, (void)value;
    return 1;
}

enum ph_err ph_config_read(struct ph_config *out, const char *path, struct ph_why *why)
{
    char *text = NULL;
    enum ph_err err = read_file(&text, path, why);
    if (err != PH_OK)
        return err;
    struct parse p = {.config = ph_config_default()};
    /* First the form of every line: the parser goes on after a broken one, and its first line
     * number must belong to what we say. */
    const char *what = "expected [section] or key = value";
    int line = ini_parse_string(text, on_any, NULL);
    if (line == 0) {
        line = ini_parse_string(text, on_value, &p);
        what = p.bad;
    }
    free(text);
    if (line != 0) {
        err = ph_fail(why, PH_ERR_INPUT, "%s:%d: %s", path, line > 0 ? line : 0, what);
        ph_hint(why, "See posthorn.conf(5) for every key");
        return err;
    }
    *out = p.config;
    return PH_OK;
}
