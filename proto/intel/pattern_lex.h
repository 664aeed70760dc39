/* SPDX-License-Identifier: Apache-2.0
 *
 * STIX patterns (section 9) as tokens: keywords, names, literals, signs. Each token knows its
 * column, so that every error can name it. */
#ifndef PH_INTEL_PATTERN_LEX_H
#define PH_INTEL_PATTERN_LEX_H

#include "proto/base/error.h"

/* clang-format off */
#define PH_PATTERN_KEYWORDS(X)                                                                      \
    X(AND) X(OR) X(NOT) X(IN) X(LIKE) X(MATCHES) X(ISSUBSET) X(ISSUPERSET) X(EXISTS) X(FOLLOWEDBY)  \
    X(START) X(STOP) X(WITHIN) X(SECONDS) X(REPEATS) X(TIMES)
/* clang-format on */

enum ph_token_kind {
    PH_TOKEN_END,
    PH_TOKEN_NAME,   /* a type or property name; may hold hyphens */
    PH_TOKEN_STRING, /* text between its quotes, escapes still in it */
    PH_TOKEN_INT,
    PH_TOKEN_FLOAT,
    PH_TOKEN_BOOL,
    PH_TOKEN_TIME,   /* t'…', text between its quotes */
    PH_TOKEN_HEX,    /* h'…' */
    PH_TOKEN_BASE64, /* b'…' */
    PH_TOKEN_EQ,     /* = and == */
    PH_TOKEN_NEQ,    /* != and <> */
    PH_TOKEN_ORDER,  /* < <= > >= */
    PH_TOKEN_SIGN,   /* one of [ ] ( ) , . : * */
#define PH_TOKEN_ENUM_(name) PH_TOKEN_##name,
    PH_PATTERN_KEYWORDS(PH_TOKEN_ENUM_)
#undef PH_TOKEN_ENUM_
};

struct ph_token {
    enum ph_token_kind kind;
    struct ph_bytes text; /* view into the pattern; of a sign, its one character */
    size_t column;        /* in characters, from 1 */
};

struct ph_pattern_lexer {
    struct ph_bytes text;
    size_t at;
    size_t column;
};

/** A lexer over @text, which is borrowed and must be valid UTF-8. */
static inline struct ph_pattern_lexer ph_pattern_lexer(struct ph_bytes text)
{
    return (struct ph_pattern_lexer){.text = text, .at = 0, .column = 1};
}

/** The next token; PH_TOKEN_END at the end, again and again. PH_ERR_INPUT with "column N: …". */
enum ph_err ph_pattern_next(struct ph_pattern_lexer *lexer, struct ph_token *out,
                            struct ph_why *why);

/** The value of a string token, its escapes undone, into @out (at least token text bytes). Returns
 * its length. */
size_t ph_pattern_unescape(char *out, struct ph_bytes text);

#endif
