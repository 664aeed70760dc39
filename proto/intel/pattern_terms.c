/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/intel/pattern_terms.h"

#include <stdlib.h>

#include "proto/base/text.h"

/* Reads ahead by one token. Errors stick: the first one wins, after it nothing is accepted. */
struct parser {
    struct ph_pattern_lexer lexer;
    struct ph_token token;
    enum ph_err err;
    struct ph_why *why;
    size_t depth;
    bool is_stopped; /* the callback wants no more; the rest is still checked */
    ph_comparison_fn fn;
    void *ctx;
    char path[PH_PATTERN_PATH_MAX];
    size_t n_path;
};

static void next(struct parser *p)
{
    if (!p->err)
        p->err = ph_pattern_next(&p->lexer, &p->token, p->why);
}

static void expected(struct parser *p, const char *what)
{
    char safe[48];
    if (p->err)
        return;
    if (p->token.kind == PH_TOKEN_END)
        p->err = ph_fail(p->why, PH_ERR_INPUT, "column %zu: pattern ends, expected %s",
                         p->token.column, what);
    else
        p->err = ph_fail(p->why, PH_ERR_INPUT, "column %zu: expected %s, not \"%s\"",
                         p->token.column, what, ph_text_safe(safe, sizeof(safe), p->token.text));
}

static bool is(const struct parser *p, enum ph_token_kind kind)
{
    return !p->err && p->token.kind == kind;
}

static bool is_sign(const struct parser *p, char sign)
{
    return is(p, PH_TOKEN_SIGN) && p->token.text.p[0] == (uint8_t)sign;
}

/* Take the next token if it is @kind. */
static bool accept(struct parser *p, enum ph_token_kind kind)
{
    bool found = is(p, kind);
    if (found)
        next(p);
    return found;
}

static bool accept_sign(struct parser *p, char sign)
{
    bool found = is_sign(p, sign);
    if (found)
        next(p);
    return found;
}

static void want(struct parser *p, enum ph_token_kind kind, const char *what)
{
    if (!accept(p, kind))
        expected(p, what);
}

static void want_sign(struct parser *p, char sign)
{
    const char what[] = {'\'', sign, '\'', '\0'};
    if (!accept_sign(p, sign))
        expected(p, what);
}

static void enter(struct parser *p)
{
    if (++p->depth > PH_PATTERN_DEPTH_MAX && !p->err)
        p->err = ph_fail(p->why, PH_ERR_INPUT, "column %zu: nested over %d deep", p->token.column,
                         PH_PATTERN_DEPTH_MAX);
}

static void leave(struct parser *p)
{
    p->depth--;
}

/* A path too long to compare with anything known is checked but loses its text. */
static void path_add(struct parser *p, struct ph_bytes text)
{
    if (sizeof(p->path) - p->n_path >= text.n) {
        memcpy(p->path + p->n_path, text.p, text.n);
        p->n_path += text.n;
    } else {
        p->n_path = sizeof(p->path);
    }
}

static bool has_hyphen(struct ph_bytes text)
{
    return memchr(text.p, '-', text.n) != NULL;
}

/* A property's name; after the first, and only there, hyphens may stand without quotes. */
static void path_step(struct parser *p, bool is_first)
{
    bool is_name = is(p, PH_TOKEN_NAME) && !(is_first && has_hyphen(p->token.text));
    if (!is_name && !is(p, PH_TOKEN_STRING)) {
        expected(p, "a property name");
        return;
    }
    path_add(p, p->token.text);
    next(p);
}

/* '[' '*' ']' or '[' number ']' */
static void path_index(struct parser *p)
{
    path_add(p, ph_bytes("[", 1));
    if (is_sign(p, '*') || is(p, PH_TOKEN_INT))
        path_add(p, p->token.text);
    if (!accept_sign(p, '*') && !accept(p, PH_TOKEN_INT))
        expected(p, "'*' or a number");
    path_add(p, ph_bytes("]", 1));
    want_sign(p, ']');
}

static void object_path(struct parser *p)
{
    p->n_path = 0;
    if (!is(p, PH_TOKEN_NAME)) {
        expected(p, "an object type");
        return;
    }
    path_add(p, p->token.text);
    next(p);
    want_sign(p, ':');
    path_add(p, ph_bytes(":", 1));
    path_step(p, true);
    while (!p->err && (is_sign(p, '.') || is_sign(p, '['))) {
        if (accept_sign(p, '[')) {
            path_index(p);
            continue;
        }
        next(p);
        path_add(p, ph_bytes(".", 1));
        path_step(p, false);
    }
}

static bool is_literal(const struct parser *p, bool with_bool)
{
    if (p->err)
        return false;
    switch (p->token.kind) {
    case PH_TOKEN_STRING:
    case PH_TOKEN_INT:
    case PH_TOKEN_FLOAT:
    case PH_TOKEN_TIME:
    case PH_TOKEN_HEX:
    case PH_TOKEN_BASE64:
        return true;
    case PH_TOKEN_BOOL:
        return with_bool;
    case PH_TOKEN_END:
    case PH_TOKEN_NAME:
    case PH_TOKEN_EQ:
    case PH_TOKEN_NEQ:
    case PH_TOKEN_ORDER:
    case PH_TOKEN_SIGN:
#define KEYWORD(name) case PH_TOKEN_##name:
        PH_PATTERN_KEYWORDS(KEYWORD)
#undef KEYWORD
        return false;
    }
    return false;
}

/* A literal on the right side: told to the caller and taken. */
static void literal(struct parser *p, enum ph_token_kind op, bool is_negated, bool with_bool)
{
    if (!is_literal(p, with_bool)) {
        expected(p, "a value");
        return;
    }
    struct ph_comparison comparison = {.path = ph_bytes(p->path, p->n_path),
                                       .op = op,
                                       .is_negated = is_negated,
                                       .literal = p->token};
    if (p->fn && !p->is_stopped && p->n_path < sizeof(p->path))
        p->is_stopped = !p->fn(p->ctx, &comparison);
    next(p);
}

static void string(struct parser *p, enum ph_token_kind op, bool is_negated)
{
    if (is(p, PH_TOKEN_STRING))
        literal(p, op, is_negated, false);
    else
        expected(p, "a string");
}

static void set(struct parser *p, bool is_negated)
{
    want_sign(p, '(');
    if (accept_sign(p, ')'))
        return;
    do
        literal(p, PH_TOKEN_IN, is_negated, true);
    while (accept_sign(p, ','));
    want_sign(p, ')');
}

/* propTest of the grammar, without EXISTS and brackets */
static void comparison(struct parser *p)
{
    object_path(p);
    bool is_negated = accept(p, PH_TOKEN_NOT);
    enum ph_token_kind op = p->token.kind;
    if (accept(p, PH_TOKEN_EQ) || accept(p, PH_TOKEN_NEQ))
        literal(p, op, is_negated, true);
    else if (accept(p, PH_TOKEN_ORDER))
        literal(p, op, is_negated, false);
    else if (accept(p, PH_TOKEN_IN))
        set(p, is_negated);
    else if (accept(p, PH_TOKEN_LIKE) || accept(p, PH_TOKEN_MATCHES) ||
             accept(p, PH_TOKEN_ISSUBSET) || accept(p, PH_TOKEN_ISSUPERSET))
        string(p, op, is_negated);
    else
        expected(p, "a comparison such as = or IN");
}

static void comparisons(struct parser *p);

static void prop_test(struct parser *p)
{
    if (accept_sign(p, '(')) {
        comparisons(p);
        want_sign(p, ')');
    } else if (is(p, PH_TOKEN_EXISTS) || is(p, PH_TOKEN_NOT)) {
        accept(p, PH_TOKEN_NOT);
        want(p, PH_TOKEN_EXISTS, "EXISTS");
        object_path(p);
    } else {
        comparison(p);
    }
}

/* AND and OR differ in what they mean, not in what may stand around them. */
static void comparisons(struct parser *p)
{
    enter(p);
    do
        prop_test(p);
    while (accept(p, PH_TOKEN_AND) || accept(p, PH_TOKEN_OR));
    leave(p);
}

static bool is_positive(struct ph_bytes number)
{
    bool has_digit = false;
    for (size_t i = 0; i < number.n; i++)
        has_digit |= number.p[i] >= '1' && number.p[i] <= '9';
    return has_digit && number.p[0] != '-';
}

/* START t'…' STOP t'…' | WITHIN n SECONDS | REPEATS n TIMES */
static bool qualifier(struct parser *p)
{
    if (accept(p, PH_TOKEN_START)) {
        want(p, PH_TOKEN_TIME, "a timestamp t'…'");
        want(p, PH_TOKEN_STOP, "STOP");
        want(p, PH_TOKEN_TIME, "a timestamp t'…'");
    } else if (accept(p, PH_TOKEN_WITHIN)) {
        if (!(is(p, PH_TOKEN_FLOAT) || is(p, PH_TOKEN_INT)) || !is_positive(p->token.text))
            expected(p, "a number of seconds above 0");
        next(p);
        want(p, PH_TOKEN_SECONDS, "SECONDS");
    } else if (accept(p, PH_TOKEN_REPEATS)) {
        if (!is(p, PH_TOKEN_INT) || !is_positive(p->token.text))
            expected(p, "a whole number above 0");
        next(p);
        want(p, PH_TOKEN_TIMES, "TIMES");
    } else {
        return false;
    }
    return !p->err;
}

static void observations(struct parser *p)
{
    enter(p);
    do {
        if (accept_sign(p, '[')) {
            comparisons(p);
            want_sign(p, ']');
        } else if (accept_sign(p, '(')) {
            observations(p);
            want_sign(p, ')');
        } else {
            expected(p, "'[' or '('");
        }
        while (qualifier(p))
            ;
    } while (accept(p, PH_TOKEN_AND) || accept(p, PH_TOKEN_OR) || accept(p, PH_TOKEN_FOLLOWEDBY));
    leave(p);
}

enum ph_err ph_pattern_each(struct ph_bytes pattern, ph_comparison_fn fn, void *ctx,
                            struct ph_why *why)
{
    if (!ph_utf8_is_valid(pattern))
        return ph_fail(why, PH_ERR_INPUT, "pattern is not valid UTF-8");
    struct parser p = {.lexer = ph_pattern_lexer(pattern), .why = why, .fn = fn, .ctx = ctx};
    next(&p);
    observations(&p);
    if (!p.err && p.token.kind != PH_TOKEN_END)
        expected(&p, "AND, OR, FOLLOWEDBY, a qualifier or the end");
    return p.err;
}

enum ph_err ph_pattern_check(struct ph_bytes pattern, struct ph_why *why)
{
    return ph_pattern_each(pattern, NULL, NULL, why);
}

/* What the values at an object path are, as far as the index knows them; 0 for nothing. REF stands
 * for what a reference leads to: the value itself has to tell. */
#define KIND_REF -1

static bool ends_with(struct ph_bytes text, const char *end)
{
    size_t n = strlen(end);
    return text.n >= n && memcmp(text.p + text.n - n, end, n) == 0;
}

/* The path without its last step, whose name must be @name when it is not NULL. Empty when not. */
static struct ph_bytes without_last(struct ph_bytes path, const char *name)
{
    size_t n = path.n;
    while (n > 0 && path.p[n - 1] != '.' && path.p[n - 1] != ':')
        n--;
    if (n == 0 || (name && !ph_bytes_equal(ph_bytes(path.p + n, path.n - n), ph_bytes_str(name))))
        return ph_bytes(path.p, 0);
    return ph_bytes(path.p, n);
}

static int kind_of_path(struct ph_bytes path)
{
    static const struct {
        const char *type;
        enum ph_observable_kind kind;
    } owners[] = {
        {"domain-name:", PH_OBS_DOMAIN}, {"url:", PH_OBS_URL},         {"ipv4-addr:", PH_OBS_IP},
        {"ipv6-addr:", PH_OBS_IP},       {"email-addr:", PH_OBS_MAIL},
    };
    struct ph_bytes owner = without_last(path, "value");
    for (size_t i = 0; i < PH_LEN(owners); i++)
        if (ph_bytes_equal(owner, ph_bytes_str(owners[i].type)))
            return (int)owners[i].kind;
    if (ends_with(owner, "_ref.") || ends_with(owner, "_refs[*]."))
        return KIND_REF;
    /* T:hashes.MD5 or x_ref.hashes.MD5; the hashes of a file's sections are not the file's */
    owner = without_last(path, NULL);
    if (ends_with(owner, ":hashes.") || ends_with(owner, "_ref.hashes."))
        return PH_OBS_HASH;
    return 0;
}

static bool is_indexed(const struct ph_comparison *c)
{
    if (c->is_negated || c->literal.kind != PH_TOKEN_STRING)
        return false;
    if (c->op == PH_TOKEN_LIKE)
        return !memchr(c->literal.text.p, '%', c->literal.text.n) &&
               !memchr(c->literal.text.p, '_', c->literal.text.n);
    return c->op == PH_TOKEN_EQ || c->op == PH_TOKEN_IN || c->op == PH_TOKEN_ISSUBSET;
}

struct terms {
    ph_observable_fn fn;
    void *ctx;
};

static bool on_comparison(void *ctx, const struct ph_comparison *c)
{
    const struct terms *terms = ctx;
    char text[PH_OBSERVABLE_MAX];
    struct ph_observable o;
    int kind = kind_of_path(c->path);
    if (kind == 0 || !is_indexed(c) || c->literal.text.n > sizeof(text))
        return true;
    struct ph_bytes value = ph_bytes(text, ph_pattern_unescape(text, c->literal.text));
    enum ph_err err = kind == KIND_REF
                          ? ph_observable_parse(&o, value, NULL)
                          : ph_observable_normalise(&o, (enum ph_observable_kind)kind, value, NULL);
    return err || terms->fn(terms->ctx, o.kind, ph_bytes(o.text, o.n));
}

void ph_pattern_each_term(struct ph_bytes pattern, ph_observable_fn fn, void *ctx)
{
    struct terms terms = {.fn = fn, .ctx = ctx};
    if (ph_pattern_check(pattern, NULL))
        return;
    /* checked above: it cannot fail now */
    if (ph_pattern_each(pattern, on_comparison, &terms, NULL))
        return;
}
