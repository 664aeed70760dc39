/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/intel/list_read.h"

#include "proto/base/limits.h"
#include "proto/base/text.h"

#define FEED_MAX PH_MIB(64)

struct ph_list_reader ph_list_reader(void)
{
    return (struct ph_list_reader){.pending = ph_buf(FEED_MAX),
                                   .at = 0,
                                   .line = 1,
                                   .text = ph_buf(PH_LIST_LINE_MAX),
                                   .is_too_long = false,
                                   .is_ended = false};
}

void ph_list_reader_done(struct ph_list_reader *reader)
{
    ph_buf_done(&reader->pending);
    ph_buf_done(&reader->text);
}

enum ph_err ph_list_reader_feed(struct ph_list_reader *reader, struct ph_bytes text)
{
    ph_buf_drop(&reader->pending, reader->at);
    reader->at = 0;
    return ph_buf_add(&reader->pending, text);
}

void ph_list_reader_end(struct ph_list_reader *reader)
{
    reader->is_ended = true;
}

static bool is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The line without byte order mark, comment and white space around it. */
static struct ph_bytes meaning(struct ph_bytes line, bool is_first)
{
    if (is_first && line.n >= 3 && memcmp(line.p, "\xef\xbb\xbf", 3) == 0)
        line = ph_bytes(line.p + 3, line.n - 3);
    for (size_t i = 0; i < line.n; i++)
        if (line.p[i] == '#' && (i == 0 || is_space(line.p[i - 1])))
            line.n = i;
    while (line.n > 0 && is_space(line.p[line.n - 1]))
        line.n--;
    while (line.n > 0 && is_space(line.p[0]))
        line = ph_bytes(line.p + 1, line.n - 1);
    return line;
}

/* Move bytes of the line to its text. *out_whole when its end has come. */
static enum ph_err collect(struct ph_list_reader *r, bool *out_whole)
{
    size_t left = r->pending.n - r->at;
    struct ph_bytes rest = left ? ph_bytes(r->pending.p + r->at, left) : ph_bytes(NULL, 0);
    const uint8_t *end = left ? memchr(rest.p, '\n', rest.n) : NULL;
    size_t n = end ? (size_t)(end - rest.p) : rest.n;
    enum ph_err err = r->is_too_long ? PH_OK : ph_buf_add(&r->text, ph_bytes(rest.p, n));
    if (err && err != PH_ERR_LIMIT)
        return err;
    r->is_too_long |= err == PH_ERR_LIMIT;
    r->at += n + (end != NULL);
    bool is_last = r->is_ended && r->at == r->pending.n && (r->text.n > 0 || r->is_too_long);
    *out_whole = end || is_last;
    return PH_OK;
}

static enum ph_err interpret(const struct ph_list_reader *r, struct ph_bytes text,
                             struct ph_observable *out, struct ph_why *why)
{
    char safe[80];
    if (r->is_too_long)
        return ph_fail(why, PH_ERR_INPUT, "line is longer than %d bytes", PH_LIST_LINE_MAX);
    enum ph_err err = ph_observable_parse(out, text, why);
    if (err)
        return ph_why_wrap(why, err, "\"%s\"", ph_text_safe(safe, sizeof(safe), text));
    return PH_OK;
}

enum ph_err ph_list_reader_next(struct ph_list_reader *reader, struct ph_observable *out,
                                bool *out_found, size_t *out_line, enum ph_err *out_err,
                                struct ph_why *why)
{
    *out_found = false;
    *out_err = PH_OK;
    for (;;) {
        bool is_whole = false;
        enum ph_err err = collect(reader, &is_whole);
        if (err)
            return ph_fail(why, err, "out of memory");
        if (!is_whole)
            return PH_OK;
        struct ph_bytes text = meaning(ph_buf_bytes(&reader->text), reader->line == 1);
        bool is_said = text.n > 0 || reader->is_too_long;
        if (is_said) {
            *out_found = true;
            *out_line = reader->line;
            *out_err = interpret(reader, text, out, why);
        }
        ph_buf_clear(&reader->text);
        reader->is_too_long = false;
        reader->line++;
        if (is_said)
            return PH_OK;
    }
}
