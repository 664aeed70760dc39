/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/intel/defang.h"

#include <strings.h>

/* What may stand between brackets, and what it stands for. */
static const struct {
    const char *written;
    const char *means;
} marks[] = {{".", "."},   {":", ":"},  {"@", "@"},    {"://", "://"},
             {"dot", "."}, {"at", "@"}, {"colon", ":"}};

static const struct {
    const char *written;
    const char *means;
} schemes[] = {{"hxxps", "https"}, {"hxxp", "http"}, {"fxps", "ftps"}, {"fxp", "ftp"}};

static bool is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct ph_bytes trim(struct ph_bytes text)
{
    while (text.n > 0 && is_space(text.p[0])) {
        text.p++;
        text.n--;
    }
    while (text.n > 0 && is_space(text.p[text.n - 1]))
        text.n--;
    return text;
}

static uint8_t closing(uint8_t c)
{
    return c == '[' ? ']' : c == '(' ? ')' : c == '{' ? '}' : 0;
}

/* Length of a defanging mark at the start of @text, 0 when there is none. */
static size_t mark_at(struct ph_bytes text, bool square_only, const char **means)
{
    uint8_t close = closing(text.p[0]);
    if (close == 0 || (square_only && close != ']'))
        return 0;
    for (size_t i = 0; i < PH_LEN(marks); i++) {
        size_t n = strlen(marks[i].written);
        if (text.n < n + 2 || text.p[n + 1] != close)
            continue;
        if (strncasecmp((const char *)text.p + 1, marks[i].written, n) == 0) {
            *means = marks[i].means;
            return n + 2;
        }
    }
    return 0;
}

static size_t scheme_at(struct ph_bytes text, const char **means)
{
    for (size_t i = 0; i < PH_LEN(schemes); i++) {
        size_t n = strlen(schemes[i].written);
        if (text.n > n && strncasecmp((const char *)text.p, schemes[i].written, n) == 0 &&
            (text.p[n] == ':' || text.p[n] == '[')) {
            *means = schemes[i].means;
            return n;
        }
    }
    return 0;
}

enum ph_err ph_defang_undo(char *out, size_t size, size_t *out_n, struct ph_bytes value,
                           struct ph_why *why)
{
    struct ph_bytes text = trim(value);
    if (text.n == 0)
        return ph_fail(why, PH_ERR_INPUT, "value is empty");

    const char *means = NULL;
    size_t n = 0;
    bool in_path = false;
    size_t i = scheme_at(text, &means);
    if (i > 0 && strlen(means) < size) {
        n = strlen(means);
        memcpy(out, means, n);
    }
    while (i < text.n) {
        size_t skip = mark_at(ph_bytes(text.p + i, text.n - i), in_path, &means);
        struct ph_bytes piece = skip ? ph_bytes_str(means) : ph_bytes(text.p + i, 1);
        if (size - n < piece.n)
            return ph_fail(why, PH_ERR_INPUT, "value is %zu bytes, limit is %zu", text.n, size);
        memcpy(out + n, piece.p, piece.n);
        n += piece.n;
        i += skip ? skip : 1;
        /* the slashes behind a scheme's colon are not yet a path */
        if (text.p[i - 1] == '/' && n >= 2 && out[n - 2] != ':' && out[n - 2] != '/')
            in_path = true;
    }
    *out_n = n;
    return PH_OK;
}
