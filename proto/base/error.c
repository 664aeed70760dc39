/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/error.h"

#include <stdarg.h>
#include <stdio.h>

struct ph_err_row {
    unsigned number;
    enum ph_err_class class;
    int exit;
    const char *token;
    const char *text;
};

/* Indexed by number: the table in error.h counts from 1 without gaps. */
static const struct ph_err_row rows[] = {{0, PH_CLASS_NONE, 0, "ok", "no error"},
#define PH_ERR_ROW_(name, number, class, exit, token, text) \
    {number, PH_CLASS_##class, exit, token, text},
                                         PH_ERR_TABLE(PH_ERR_ROW_)
#undef PH_ERR_ROW_
};

_Static_assert(PH_LEN(rows) == PH_ERR_INTERNAL + 1, "error numbers count from 1 without gaps");

static const struct ph_err_row *row_of(enum ph_err err)
{
    size_t i = (size_t)err;
    return i < PH_LEN(rows) ? &rows[i] : &rows[PH_ERR_INTERNAL];
}

enum ph_err_class ph_err_class(enum ph_err err)
{
    return row_of(err)->class;
}

int ph_err_exit(enum ph_err err)
{
    return row_of(err)->exit;
}

const char *ph_err_token(enum ph_err err)
{
    return row_of(err)->token;
}

const char *ph_err_text(enum ph_err err)
{
    return row_of(err)->text;
}

enum ph_err ph_err_from_number(uint64_t number)
{
    if (number == 0 || number >= PH_LEN(rows))
        return PH_ERR_INTERNAL;
    return (enum ph_err)rows[number].number;
}

/* A message is one line, whatever a caller let slip into it. */
static void one_line(char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            *s = '?';
}

/* vsnprintf() cuts at a byte; a message must not end in half a character. */
static void whole_characters(char *s, size_t size)
{
    size_t n = strlen(s);
    if (n + 1 < size)
        return;
    size_t start = n;
    while (start > 0 && ((unsigned char)s[start - 1] & 0xc0) == 0x80)
        start--;
    if (start == 0)
        return;
    unsigned char lead = (unsigned char)s[start - 1];
    size_t need = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    if (n - (start - 1) < need)
        s[start - 1] = '\0';
}

PH_PRINTF(3, 0) static void say(char *out, size_t size, const char *format, va_list args)
{
    if (vsnprintf(out, size, format, args) < 0)
        out[0] = '\0';
    whole_characters(out, size);
    one_line(out);
}

enum ph_err ph_fail(struct ph_why *why, enum ph_err err, const char *format, ...)
{
    if (!why)
        return err;
    va_list args;
    va_start(args, format);
    why->code = err;
    why->hint[0] = '\0';
    say(why->what, sizeof(why->what), format, args);
    va_end(args);
    return err;
}

void ph_hint(struct ph_why *why, const char *format, ...)
{
    if (!why)
        return;
    va_list args;
    va_start(args, format);
    say(why->hint, sizeof(why->hint), format, args);
    va_end(args);
}

enum ph_err ph_why_wrap(struct ph_why *why, enum ph_err err, const char *format, ...)
{
    if (!why || err == PH_OK)
        return err;
    char inner[sizeof(why->what)];
    if (why->what[0] == '\0') {
        why->code = err;
        (void)snprintf(inner, sizeof(inner), "%s", ph_err_text(err));
    } else {
        memcpy(inner, why->what, sizeof(inner));
    }

    char noun[sizeof(why->what)];
    va_list args;
    va_start(args, format);
    say(noun, sizeof(noun), format, args);
    va_end(args);

    int n = snprintf(why->what, sizeof(why->what), "%s: ", noun);
    size_t used = PH_MIN((size_t)PH_MAX(n, 0), sizeof(why->what) - 1);
    size_t rest = sizeof(why->what) - used;
    size_t copied = PH_MIN(strlen(inner), rest - 1);
    memcpy(why->what + used, inner, copied);
    why->what[used + copied] = '\0';
    whole_characters(why->what, sizeof(why->what));
    return err;
}
