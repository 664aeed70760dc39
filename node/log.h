/* SPDX-License-Identifier: Apache-2.0
 *
 * The daemon's log: one line an event on standard error, logfmt or JSON.
 *
 *     ph_log_event(log, PH_LOG_INFO, "session up", PH_S("org", code.s), PH_U("peers", n));
 *
 * Values are made safe for terminals. A log that cannot be written (a stalled pipe, a full disk)
 * drops lines and counts them; it never blocks the loop. One thread: the loop's. */
#ifndef PH_NODE_LOG_H
#define PH_NODE_LOG_H

#include "proto/base/base.h"

enum ph_log_level {
    PH_LOG_ERROR,
    PH_LOG_WARN,
    PH_LOG_INFO,
    PH_LOG_DEBUG
};

struct ph_log {
    int fd;
    enum ph_log_level level;
    bool json;
    uint64_t dropped;
};

/** One key and value. */
struct ph_field {
    const char *key;
    const char *text; /* NULL: the number */
    uint64_t number;
};
#define PH_S(k, v) ((struct ph_field){.key = (k), .text = (v)})
#define PH_U(k, v) ((struct ph_field){.key = (k), .number = (v)})

/** A log to descriptor @fd, which is made non-blocking where it is a pipe of its own. */
struct ph_log ph_log_open(int fd, enum ph_log_level level, bool json);
/** "error", "warn", "info", "debug"; false for anything else. */
bool ph_log_level_parse(enum ph_log_level *out, const char *text);

void ph_log_write(struct ph_log *log, enum ph_log_level level, const char *event,
                  const struct ph_field *fields, size_t n);
#define ph_log_event(log, level, event, ...)                                      \
    ph_log_write((log), (level), (event), (const struct ph_field[]){__VA_ARGS__}, \
                 PH_LEN(((const struct ph_field[]){__VA_ARGS__})))

#endif
