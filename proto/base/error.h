/* SPDX-License-Identifier: Apache-2.0
 *
 * One table of everything that can go wrong, and a small struct that explains one case to a person.
 *
 * Every function that can fail returns `enum ph_err`; PH_OK is 0. Found or not found is an answer,
 * not an error. The last argument `why`, which may be NULL, receives what was wrong with what, and
 * a hint of what to do. It belongs to the caller and never allocates. The numbers and tokens are
 * part of the wire (REJECT, BYE) and of the documentation: never renumber. */
#ifndef PH_BASE_ERROR_H
#define PH_BASE_ERROR_H

#include "proto/base/base.h"

/* What an error asks of the caller; callers look at this, not at single codes. */
enum ph_err_class {
    PH_CLASS_NONE,   /* PH_OK */
    PH_CLASS_PEER,   /* whoever sent this is at fault: close, back off, keep a note */
    PH_CLASS_IGNORE, /* depends on what we know or on the hour: nobody's fault */
    PH_CLASS_POLICY, /* our rules say no: refuse and tell the user */
    PH_CLASS_INPUT,  /* a person or a file gave us something bad: explain */
    PH_CLASS_LOCAL,  /* memory, disk, socket here: stop writing, keep serving */
    PH_CLASS_BUG     /* ours */
};

/* clang-format off */
/* X(NAME, number, CLASS, exit code, "token", "text") */
#define PH_ERR_TABLE(X)                                                                             \
    X(NOMEM,      1, LOCAL,  5, "nomem",      "out of memory")                                      \
    X(LIMIT,      2, PEER,   1, "limit",      "larger than its limit")                              \
    X(TRUNCATED,  3, PEER,   1, "truncated",  "ends too early")                                     \
    X(FORMAT,     4, PEER,   1, "format",     "malformed or not in its one canonical form")         \
    X(VERSION,    5, PEER,   1, "version",    "of a version this build does not speak")             \
    X(PROTOCOL,   6, PEER,   1, "protocol",   "message not allowed here")                           \
    X(FORGED,     7, PEER,   1, "forged",     "signature or seal does not verify")                  \
    X(KEY,        8, IGNORE, 1, "key",        "not the key this was made for")                      \
    X(MISFIT,     9, PEER,   3, "misfit",     "label and audience do not fit together")             \
    X(AUTHOR,    10, PEER,   1, "author",     "author is not a member")                             \
    X(COMMUNITY, 11, PEER,   1, "community",  "belongs to another community")                       \
    X(RANGE,     12, PEER,   1, "range",      "value outside its range")                            \
    X(CLOCK,     13, IGNORE, 1, "clock",      "created in the future")                              \
    X(EXPIRED,   14, IGNORE, 1, "expired",    "expired")                                            \
    X(RETRACTED, 15, IGNORE, 1, "retracted",  "retracted by its author")                            \
    X(PURGED,    16, IGNORE, 1, "purged",     "purged on this node")                                \
    X(ENDED,     17, IGNORE, 1, "ended",      "author key, node or organisation had ended")         \
    X(QUOTA,     18, IGNORE, 1, "quota",      "over its organisation's quota for now")              \
    X(OUTSIDE,   19, IGNORE, 1, "outside",    "author is not in this audience")                     \
    X(CONFLICT,  20, PEER,   1, "conflict",   "differs from what is known under the same name")     \
    X(ROLLBACK,  21, IGNORE, 1, "rollback",   "older than what is known")                           \
    X(GAP,       22, IGNORE, 1, "gap",        "an earlier document is missing")                     \
    X(THRESHOLD, 23, PEER,   1, "threshold",  "too few valid signatures")                           \
    X(POLICY,    24, POLICY, 3, "policy",     "refused by policy")                                  \
    X(PASS,      25, POLICY, 3, "passphrase", "wrong passphrase")                                   \
    X(INPUT,     26, INPUT,  1, "input",      "bad input")                                          \
    X(USAGE,     27, INPUT,  2, "usage",      "wrong usage")                                        \
    X(NOTFOUND,  28, INPUT,  1, "notfound",   "not found")                                          \
    X(EXISTS,    29, INPUT,  1, "exists",     "exists already")                                     \
    X(CONNECT,   30, LOCAL,  4, "connect",    "cannot reach it")                                    \
    X(BUSY,      31, LOCAL,  5, "busy",       "in use by another process")                          \
    X(FULL,      32, LOCAL,  5, "full",       "store or disk is full")                              \
    X(CORRUPT,   33, LOCAL,  5, "corrupt",    "damaged on disk")                                    \
    X(IO,        34, LOCAL,  5, "io",         "disk or socket error")                               \
    X(PERM,      35, LOCAL,  5, "perm",       "permissions are not as they must be")                \
    X(CLOSED,    36, LOCAL,  4, "closed",     "closed")                                             \
    X(TIMEOUT,   37, PEER,   4, "timeout",    "took too long")                                      \
    X(DUPLICATE, 38, IGNORE, 0, "duplicate",  "another connection to the same node is kept")        \
    X(SHUTDOWN,  39, IGNORE, 4, "shutdown",   "shutting down")                                      \
    X(INTERNAL,  40, BUG,    5, "internal",   "a mistake in Posthorn itself")
/* clang-format on */

enum PH_NODISCARD ph_err {
    PH_OK = 0,
#define PH_ERR_ENUM_(name, number, class, exit, token, text) PH_ERR_##name = number,
    PH_ERR_TABLE(PH_ERR_ENUM_)
#undef PH_ERR_ENUM_
};

/** What went wrong, for people. Zero-initialise; filled by the first ph_fail(). */
struct ph_why {
    enum ph_err code;
    char what[240]; /* one line, no newline, safe to print */
    char hint[160]; /* what to do; may be empty */
};

/** Class of @err; PH_CLASS_BUG for numbers outside the table. */
enum ph_err_class ph_err_class(enum ph_err err);
/** Process exit code for @err (0 for PH_OK). */
int ph_err_exit(enum ph_err err);
/** Stable token for logs and JSON, such as "forged"; "ok" for PH_OK. Static. */
const char *ph_err_token(enum ph_err err);
/** One clause for people, such as "signature or seal does not verify". Static. */
const char *ph_err_text(enum ph_err err);
/** The error of number @number; PH_ERR_INTERNAL when there is none. For codes read from the wire.
 */
enum ph_err ph_err_from_number(uint64_t number);

/** Record a failure and return its code: `return ph_fail(why, PH_ERR_LIMIT, "body is %zu bytes",
 * n);`
 *
 * @why     may be NULL. Replaces what was in it.
 * @format  one clause: what is wrong with what. Foreign text goes in through ph_text_safe() only.
 */
enum ph_err ph_fail(struct ph_why *why, enum ph_err err, const char *format, ...) PH_PRINTF(3, 4);

/** Add what to do about it. Does nothing when @why is NULL. */
void ph_hint(struct ph_why *why, const char *format, ...) PH_PRINTF(2, 3);

/** Put the caller's noun in front: with "object %zu" the text "no id" becomes "object 12: no id"
 * (the
 * ": " is added here). Returns @err unchanged; does
 * nothing to @why when it is NULL. Fills in the table's text when @why is still empty. */
enum ph_err ph_why_wrap(struct ph_why *why, enum ph_err err, const char *format, ...)
    PH_PRINTF(3, 4);

#endif
