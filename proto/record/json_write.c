/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON text. Our own, because jansson writes 0.1 as 0.10000000000000001, which would make every
 * export differ from what was imported. */
#include <stdlib.h>

#include "proto/base/text.h"
#include "proto/record/content.h"

/* An envelope around objects of PH_DEPTH_MAX levels; past it something points to itself. */
#define DEPTH_MAX (2 * PH_DEPTH_MAX)

/* Sticks at the first error, like the msgpack writer. */
struct text {
    struct ph_buf *out;
    unsigned indent;
    enum ph_err err;
};

static void add(struct text *t, struct ph_bytes bytes)
{
    if (!t->err)
        t->err = ph_buf_add(t->out, bytes);
}

static void add_str(struct text *t, const char *s)
{
    add(t, ph_bytes_str(s));
}

static void new_line(struct text *t, unsigned depth)
{
    static const char spaces[] = "                                ";
    if (t->indent == 0)
        return;
    add_str(t, "\n");
    for (size_t n = (size_t)t->indent * depth; n > 0 && !t->err;) {
        size_t some = PH_MIN(n, sizeof(spaces) - 1);
        add(t, ph_bytes(spaces, some));
        n -= some;
    }
}

/* RFC 8259, section 7; the pair is for characters past U+FFFF. */
static void escape(struct text *t, uint32_t c)
{
    char hex[8];
    if (c > 0xffff) {
        escape(t, 0xd800 + ((c - 0x10000) >> 10));
        escape(t, 0xdc00 + ((c - 0x10000) & 0x3ff));
        return;
    }
    const uint8_t bytes[] = {(uint8_t)(c >> 8), (uint8_t)c};
    ph_hex(hex, ph_bytes(bytes, sizeof(bytes)));
    add_str(t, "\\u");
    add_str(t, hex);
}

/* Characters that a terminal obeys or that hide: escaped, they are the same JSON and do nothing. */
static bool is_escaped(uint32_t c)
{
    return c < 0x20 || c == '"' || c == '\\' || (c >= 0x7f && c <= 0x9f) || c == 0x61c ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xe0000 && c <= 0xe007f);
}

static void add_escaped(struct text *t, uint32_t c)
{
    static const char letters[0x20] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r',
    };
    char letter = c < PH_LEN(letters) ? letters[c] : (char)0;
    if (c == '"' || c == '\\')
        letter = (char)c;
    if (letter)
        add(t, ph_bytes((const char[]){'\\', letter}, 2));
    else
        escape(t, c);
}

static void add_text(struct text *t, struct ph_bytes text)
{
    size_t done = 0; /* what stands before is written; from here to @i nothing needs escaping */
    add_str(t, "\"");
    for (size_t i = 0; i < text.n;) {
        uint32_t c = text.p[i];
        size_t n = c < 0x80 ? 1 : ph_utf8_decode(ph_bytes(text.p + i, text.n - i), &c);
        if (n == 0) /* not UTF-8; jansson's nocheck functions let it in */
            t->err = t->err ? t->err : PH_ERR_FORMAT;
        if (t->err)
            return;
        if (is_escaped(c)) {
            add(t, ph_bytes(text.p + done, i - done));
            add_escaped(t, c);
            done = i + n;
        }
        i += n;
    }
    add(t, ph_bytes(text.p + done, text.n - done));
    add_str(t, "\"");
}

static void add_value(struct text *t, const json_t *value, unsigned depth);

static void add_object(struct text *t, const json_t *value, unsigned depth)
{
    json_t *object = (json_t *)(uintptr_t)value; /* jansson's iterators want to be able to write */
    bool is_first = true;
    add_str(t, "{");
    for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
        if (!is_first)
            add_str(t, ",");
        is_first = false;
        new_line(t, depth + 1);
        add_text(t, ph_bytes(json_object_iter_key(at), json_object_iter_key_len(at)));
        add_str(t, t->indent ? ": " : ":");
        add_value(t, json_object_iter_value(at), depth + 1);
    }
    if (!is_first)
        new_line(t, depth);
    add_str(t, "}");
}

static void add_array(struct text *t, const json_t *array, unsigned depth)
{
    size_t n = json_array_size(array);
    add_str(t, "[");
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            add_str(t, ",");
        new_line(t, depth + 1);
        add_value(t, json_array_get(array, i), depth + 1);
    }
    if (n > 0)
        new_line(t, depth);
    add_str(t, "]");
}

static void add_real(struct text *t, double v)
{
    char text[PH_DOUBLE_TEXT_MAX];
    ph_double_text(text, v); /* jansson makes no reals that are not finite */
    add_str(t, text);
}

static void add_value(struct text *t, const json_t *value, unsigned depth)
{
    if (depth > DEPTH_MAX && !t->err)
        t->err = PH_ERR_LIMIT;
    if (t->err)
        return;
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        add_object(t, value, depth);
        break;
    case JSON_ARRAY:
        add_array(t, value, depth);
        break;
    case JSON_STRING:
        add_text(t, ph_bytes(json_string_value(value), json_string_length(value)));
        break;
    case JSON_INTEGER:
        t->err = ph_buf_printf(t->out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        break;
    case JSON_REAL:
        add_real(t, json_real_value(value));
        break;
    case JSON_TRUE:
        add_str(t, "true");
        break;
    case JSON_FALSE:
        add_str(t, "false");
        break;
    case JSON_NULL:
        add_str(t, "null");
        break;
    }
}

enum ph_err ph_content_json(struct ph_buf *out, const json_t *value, unsigned indent)
{
    size_t before = out->n;
    struct text t = {.out = out, .indent = indent, .err = PH_OK};
    add_value(&t, value, 0);
    if (t.err)
        out->n = before;
    return t.err;
}
