/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/intel/pattern_lex.h"

#include "proto/base/text.h"
#include "proto/intel/stix_value.h"

static bool is_alpha(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_name(uint8_t c)
{
    return is_alpha(c) || is_digit(c) || c == '_' || c == '-';
}

/* The byte @ahead of the next one; 0 past the end. */
static uint8_t peek(const struct ph_pattern_lexer *lexer, size_t ahead)
{
    return lexer->text.n - lexer->at > ahead ? lexer->text.p[lexer->at + ahead] : 0;
}

/* Columns count characters, not the bytes that continue one in UTF-8. */
static void advance(struct ph_pattern_lexer *lexer, size_t n)
{
    for (size_t i = 0; i < n; i++)
        lexer->column += (lexer->text.p[lexer->at + i] & 0xc0) != 0x80;
    lexer->at += n;
}

/* White space of the grammar: the ASCII kinds, NEL, NBSP, and the Unicode spaces. */
static size_t space_at(const struct ph_pattern_lexer *lexer)
{
    uint32_t c;
    size_t n = ph_utf8_decode(ph_bytes(lexer->text.p + lexer->at, lexer->text.n - lexer->at), &c);
    bool is_space = c == ' ' || (c >= 0x09 && c <= 0x0d) || c == 0x85 || c == 0xa0 || c == 0x1680 ||
                    (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
                    c == 0x205f || c == 0x3000;
    return n > 0 && is_space ? n : 0;
}

static size_t comment_at(const struct ph_pattern_lexer *lexer)
{
    size_t n = 2;
    if (peek(lexer, 0) != '/' || (peek(lexer, 1) != '/' && peek(lexer, 1) != '*'))
        return 0;
    size_t left = lexer->text.n - lexer->at;
    if (peek(lexer, 1) == '/') {
        while (n < left && peek(lexer, n) != '\n' && peek(lexer, n) != '\r')
            n++;
        return n;
    }
    while (n < left && !(peek(lexer, n) == '*' && peek(lexer, n + 1) == '/'))
        n++;
    return n < left ? n + 2 : 0;
}

static void skip_blank(struct ph_pattern_lexer *lexer)
{
    while (lexer->at < lexer->text.n) {
        size_t n = space_at(lexer);
        if (n == 0)
            n = comment_at(lexer);
        if (n == 0)
            return;
        advance(lexer, n);
    }
}

static void finish(struct ph_pattern_lexer *lexer, struct ph_token *token, enum ph_token_kind kind,
                   size_t n)
{
    token->kind = kind;
    token->text = ph_bytes(lexer->text.p + lexer->at, n);
    advance(lexer, n);
}

/* Text between single quotes, which stands @prefix bytes ahead. \' and \\ are the escapes. */
static enum ph_err quoted(struct ph_pattern_lexer *lexer, struct ph_token *token,
                          enum ph_token_kind kind, size_t prefix, struct ph_why *why)
{
    size_t n = 0;
    advance(lexer, prefix + 1);
    while (lexer->at + n < lexer->text.n && peek(lexer, n) != '\'') {
        if (kind == PH_TOKEN_STRING && peek(lexer, n) == '\\') {
            n++;
            if (peek(lexer, n) != '\'' && peek(lexer, n) != '\\') {
                advance(lexer, n - 1);
                return ph_fail(why, PH_ERR_INPUT,
                               "column %zu: expected \\' or \\\\ after a backslash", lexer->column);
            }
        }
        n++;
    }
    if (lexer->at + n >= lexer->text.n)
        return ph_fail(why, PH_ERR_INPUT, "column %zu: quote is never closed", token->column);
    finish(lexer, token, kind, n);
    advance(lexer, 1);
    return PH_OK;
}

static size_t digits_at(const struct ph_pattern_lexer *lexer, size_t ahead)
{
    size_t n = 0;
    while (is_digit(peek(lexer, ahead + n)))
        n++;
    return n;
}

/* 0, 12, -3, 1.5, -.5: as the grammar has them, without exponents; integers without leading zeros.
 */
static enum ph_err number(struct ph_pattern_lexer *lexer, struct ph_token *token,
                          struct ph_why *why)
{
    size_t sign = peek(lexer, 0) == '-' || peek(lexer, 0) == '+';
    size_t whole = digits_at(lexer, sign);
    size_t n = sign + whole;
    bool is_float = peek(lexer, n) == '.';
    size_t fraction = is_float ? digits_at(lexer, n + 1) : 0;
    bool is_padded = whole > 1 && peek(lexer, sign) == '0';
    bool is_good = is_float ? fraction > 0 : whole > 0 && !is_padded;
    n += is_float ? 1 + fraction : 0;
    if (!is_good || is_name(peek(lexer, n)))
        return ph_fail(why, PH_ERR_INPUT, "column %zu: not a number", token->column);
    finish(lexer, token, is_float ? PH_TOKEN_FLOAT : PH_TOKEN_INT, n);
    return PH_OK;
}

static enum ph_token_kind word_kind(struct ph_bytes word)
{
    static const struct {
        const char *text;
        enum ph_token_kind kind;
    } words[] = {
#define KEYWORD(name) {#name, PH_TOKEN_##name},
        PH_PATTERN_KEYWORDS(KEYWORD)
#undef KEYWORD
            {"true", PH_TOKEN_BOOL},
        {"false", PH_TOKEN_BOOL},
    };
    for (size_t i = 0; i < PH_LEN(words); i++)
        if (ph_bytes_equal(word, ph_bytes_str(words[i].text)))
            return words[i].kind;
    return PH_TOKEN_NAME;
}

static void word(struct ph_pattern_lexer *lexer, struct ph_token *token)
{
    size_t n = 0;
    while (is_name(peek(lexer, n)))
        n++;
    finish(lexer, token, word_kind(ph_bytes(lexer->text.p + lexer->at, n)), n);
}

static enum ph_err sign(struct ph_pattern_lexer *lexer, struct ph_token *token, struct ph_why *why)
{
    uint8_t c = peek(lexer, 0);
    uint8_t next = peek(lexer, 1);
    if (c == '=') {
        finish(lexer, token, PH_TOKEN_EQ, next == '=' ? 2 : 1);
    } else if ((c == '!' && next == '=') || (c == '<' && next == '>')) {
        finish(lexer, token, PH_TOKEN_NEQ, 2);
    } else if (c == '<' || c == '>') {
        finish(lexer, token, PH_TOKEN_ORDER, next == '=' ? 2 : 1);
    } else if (c != '\0' && strchr("[](),.:*", c)) {
        finish(lexer, token, PH_TOKEN_SIGN, 1);
    } else {
        char safe[16];
        struct ph_bytes rest = ph_bytes(lexer->text.p + lexer->at, lexer->text.n - lexer->at);
        uint32_t point;
        size_t n = ph_utf8_decode(rest, &point);
        return ph_fail(why, PH_ERR_INPUT, "column %zu: \"%s\" means nothing here", token->column,
                       ph_text_safe(safe, sizeof(safe), ph_bytes(rest.p, n ? n : 1)));
    }
    return PH_OK;
}

/* What the quotes of t'…', h'…' and b'…' hold is checked as the property types of the same kind
 * are. */
static enum ph_err check_literal(const struct ph_token *token, struct ph_why *why)
{
    ph_ms ms;
    enum ph_stix_kind kind = PH_PROPERTY_TEXT;
    if (token->kind == PH_TOKEN_TIME && !ph_time_parse(token->text, &ms, NULL))
        return ph_fail(why, PH_ERR_INPUT,
                       "column %zu: not a timestamp such as "
                       "t'2026-11-23T10:00:00Z'",
                       token->column);
    if (token->kind == PH_TOKEN_HEX)
        kind = PH_PROPERTY_HEX;
    if (token->kind == PH_TOKEN_BASE64)
        kind = PH_PROPERTY_BASE64;
    if (kind != PH_PROPERTY_TEXT && !ph_stix_text_fits(kind, token->text))
        return ph_fail(why, PH_ERR_INPUT, "column %zu: not %s between the quotes", token->column,
                       kind == PH_PROPERTY_HEX ? "pairs of hex digits" : "base64");
    return PH_OK;
}

enum ph_err ph_pattern_next(struct ph_pattern_lexer *lexer, struct ph_token *out,
                            struct ph_why *why)
{
    skip_blank(lexer);
    struct ph_token token = {.kind = PH_TOKEN_END, .column = lexer->column};
    uint8_t c = peek(lexer, 0);
    bool is_quote_next = peek(lexer, 1) == '\'';
    enum ph_err err = PH_OK;
    if (lexer->at == lexer->text.n)
        token.text = ph_bytes("", 0);
    else if (c == '\'')
        err = quoted(lexer, &token, PH_TOKEN_STRING, 0, why);
    else if (is_quote_next && (c == 't' || c == 'h' || c == 'b'))
        err = quoted(lexer, &token,
                     c == 't'   ? PH_TOKEN_TIME
                     : c == 'h' ? PH_TOKEN_HEX
                                : PH_TOKEN_BASE64,
                     1, why);
    else if (is_alpha(c) || c == '_')
        word(lexer, &token);
    else if (is_digit(c) || ((c == '-' || c == '+' || c == '.') && is_digit(peek(lexer, 1))) ||
             ((c == '-' || c == '+') && peek(lexer, 1) == '.'))
        err = number(lexer, &token, why);
    else
        err = sign(lexer, &token, why);
    if (!err)
        err = check_literal(&token, why);
    if (!err)
        *out = token;
    return err;
}

size_t ph_pattern_unescape(char *out, struct ph_bytes text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\\' && i + 1 < text.n)
            i++;
        out[n++] = (char)text.p[i];
    }
    return n;
}
