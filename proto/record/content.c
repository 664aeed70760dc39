/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/record/content.h"

#include "proto/base/writer.h"

/* Out: JSON to msgpack. */

static void write_value(struct ph_writer *w, const json_t *value, unsigned depth);

static void write_number(struct ph_writer *w, json_int_t v)
{
    if (v < 0)
        ph_write_int(w, v);
    else
        ph_write_uint(w, (uint64_t)v);
}

static void write_array(struct ph_writer *w, const json_t *array, unsigned depth)
{
    size_t n = json_array_size(array);
    ph_write_array(w, n);
    for (size_t i = 0; i < n; i++)
        write_value(w, json_array_get(array, i), depth + 1);
}

static void write_object(struct ph_writer *w, const json_t *object, unsigned depth)
{
    const char *key;
    const json_t *value;
    ph_write_map(w, json_object_size(object));
    /* The macro wants to change what it walks; nothing here does. */
    json_object_foreach ((json_t *)(uintptr_t)object, key, value) {
        ph_write_str(w, key);
        write_value(w, value, depth + 1);
    }
}

static void write_value(struct ph_writer *w, const json_t *value, unsigned depth)
{
    if (w->err)
        return;
    if (depth > PH_DEPTH_MAX && (json_is_object(value) || json_is_array(value))) {
        w->err = PH_ERR_LIMIT;
        return;
    }
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        write_object(w, value, depth);
        break;
    case JSON_ARRAY:
        write_array(w, value, depth);
        break;
    case JSON_STRING:
        ph_write_text(w, ph_bytes(json_string_value(value), json_string_length(value)));
        break;
    case JSON_INTEGER:
        write_number(w, json_integer_value(value));
        break;
    case JSON_REAL:
        ph_write_double(w, json_real_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        ph_write_bool(w, json_is_true(value));
        break;
    case JSON_NULL:
        ph_write_nil(w);
        break;
    }
}

enum ph_err ph_content_add(struct ph_buf *out, const json_t *object, struct ph_why *why)
{
    if (!json_is_object(object))
        return ph_fail(why, PH_ERR_INPUT, "not a JSON object");
    size_t before = out->n;
    struct ph_writer w = ph_writer(out);
    write_value(&w, object, 1);
    enum ph_err err = ph_writer_end(&w);
    if (!err && out->n - before > PH_OBJECT_MAX)
        err = PH_ERR_LIMIT;
    if (!err)
        return PH_OK;
    out->n = before;
    if (err == PH_ERR_LIMIT)
        return ph_fail(why, err, "object is over %d bytes or nested past %d levels", PH_OBJECT_MAX,
                       PH_DEPTH_MAX);
    return ph_fail(why, err, "cannot encode object: %s", ph_err_text(err));
}

enum ph_err ph_content_finish(struct ph_buf *out, size_t n, struct ph_bytes objects)
{
    if (n == 0 || n > PH_OBJECTS_MAX || objects.n > PH_PLAIN_MAX - 3)
        return PH_ERR_LIMIT;
    size_t before = out->n;
    struct ph_writer w = ph_writer(out);
    ph_write_array(&w, n);
    ph_write_raw(&w, objects);
    enum ph_err err = ph_writer_end(&w);
    if (err)
        out->n = before;
    return err;
}

/* In: msgpack to JSON. */

enum ph_err ph_content_split(struct ph_bytes *out, size_t max, size_t *n, struct ph_bytes body,
                             struct ph_why *why)
{
    struct ph_reader r = ph_reader(body);
    uint32_t count = ph_read_array(&r, (uint32_t)PH_MIN(max, (size_t)PH_OBJECTS_MAX));
    if (count == 0)
        ph_read_fail(&r, PH_ERR_FORMAT, "content has at least one object");
    for (uint32_t i = 0; i < count && !r.err; i++) {
        if (ph_read_peek(&r) != PH_KIND_MAP)
            ph_read_fail(&r, PH_ERR_FORMAT, "content holds objects only");
        out[i] = ph_read_raw(&r);
        if (out[i].n > PH_OBJECT_MAX)
            ph_read_fail(&r, PH_ERR_LIMIT, "an object is over its limit");
    }
    enum ph_err err = ph_reader_end(&r, why);
    if (err)
        return ph_why_wrap(why, err, "content");
    *n = count;
    return PH_OK;
}

static json_t *read_value(struct ph_reader *r, unsigned depth);

/* What jansson could not make; the reader may have the reason already. */
static json_t *made(struct ph_reader *r, json_t *value)
{
    if (!r->err && !value)
        ph_read_fail(r, PH_ERR_NOMEM, "no memory for a JSON value");
    if (r->err) {
        json_decref(value);
        return NULL;
    }
    return value;
}

static json_t *read_text(struct ph_reader *r)
{
    struct ph_bytes text = ph_read_text(r, PH_OBJECT_MAX);
    if (r->err)
        return NULL;
    return made(r, json_stringn_nocheck(text.n ? (const char *)text.p : "", text.n));
}

static json_t *read_array(struct ph_reader *r, unsigned depth)
{
    uint32_t n = ph_read_array(r, PH_OBJECT_MAX);
    json_t *array = made(r, json_array());
    for (uint32_t i = 0; array && i < n; i++) {
        json_t *item = read_value(r, depth + 1);
        if (!r->err && json_array_append_new(array, item) != 0)
            ph_read_fail(r, PH_ERR_NOMEM, "no memory for a JSON array");
        if (r->err)
            return made(r, array);
    }
    return array;
}

static void read_member(struct ph_reader *r, json_t *object, unsigned depth)
{
    struct ph_bytes key = ph_read_text(r, PH_OBJECT_MAX);
    if (r->err)
        return;
    const char *name = key.n ? (const char *)key.p : "";
    if (json_object_getn(object, name, key.n)) {
        ph_read_fail(r, PH_ERR_FORMAT, "a key is there twice");
        return;
    }
    json_t *value = read_value(r, depth + 1);
    if (!r->err && json_object_setn_new_nocheck(object, name, key.n, value) != 0)
        ph_read_fail(r, PH_ERR_NOMEM, "no memory for a JSON object");
}

static json_t *read_object(struct ph_reader *r, unsigned depth)
{
    uint32_t n = ph_read_map(r, PH_OBJECT_MAX);
    json_t *object = made(r, json_object());
    for (uint32_t i = 0; object && i < n; i++) {
        read_member(r, object, depth);
        if (r->err)
            return made(r, object);
    }
    return object;
}

static json_t *read_value(struct ph_reader *r, unsigned depth)
{
    if (depth > PH_DEPTH_MAX &&
        (ph_read_peek(r) == PH_KIND_MAP || ph_read_peek(r) == PH_KIND_ARRAY)) {
        ph_read_fail(r, PH_ERR_LIMIT, "nested too deeply");
        return NULL;
    }
    switch (ph_read_peek(r)) {
    case PH_KIND_NIL:
        (void)ph_read_nil(r);
        return json_null();
    case PH_KIND_BOOL:
        return json_boolean(ph_read_bool(r));
    case PH_KIND_UINT:
    case PH_KIND_INT: {
        json_int_t v = ph_read_int(r);
        return r->err ? NULL : made(r, json_integer(v));
    }
    case PH_KIND_DOUBLE: {
        double v = ph_read_double(r);
        return r->err ? NULL : made(r, json_real(v));
    }
    case PH_KIND_TEXT:
        return read_text(r);
    case PH_KIND_ARRAY:
        return read_array(r, depth);
    case PH_KIND_MAP:
        return read_object(r, depth);
    case PH_KIND_END:
        (void)ph_read_raw(r); /* says what is wrong */
        return NULL;
    case PH_KIND_BIN:
        break;
    }
    ph_read_fail(r, PH_ERR_FORMAT, "not a value that JSON has");
    return NULL;
}

enum ph_err ph_content_object(json_t **out, struct ph_bytes object, struct ph_why *why)
{
    if (object.n > PH_OBJECT_MAX)
        return ph_fail(why, PH_ERR_LIMIT, "object is %zu bytes, limit is %d", object.n,
                       PH_OBJECT_MAX);
    struct ph_reader r = ph_reader(object);
    if (ph_read_peek(&r) != PH_KIND_MAP)
        ph_read_fail(&r, PH_ERR_FORMAT, "not an object");
    json_t *value = r.err ? NULL : read_value(&r, 1);
    enum ph_err err = ph_reader_end(&r, why);
    if (err) {
        json_decref(value);
        return ph_why_wrap(why, err, "object");
    }
    *out = value;
    return PH_OK;
}

/* Lifetimes. */

#define DAYS(n) ((ph_ms)(n)*86400000)

ph_ms ph_content_lifetime(const char *stix_type)
{
    static const struct {
        const char *type;
        ph_ms lifetime;
    } table[] = {
        {"campaign", DAYS(730)},
        {"event", DAYS(730)},
        {"grouping", DAYS(730)},
        {"impact", DAYS(730)},
        {"incident", DAYS(730)},
        {"note", DAYS(730)},
        {"opinion", DAYS(730)},
        {"relationship", DAYS(730)},
        {"report", DAYS(730)},
        {"task", DAYS(730)},
        {"attack-pattern", DAYS(1826)},
        {"course-of-action", DAYS(1826)},
        {"extension-definition", DAYS(1826)},
        {"identity", DAYS(1826)},
        {"intrusion-set", DAYS(1826)},
        {"language-content", DAYS(1826)},
        {"location", DAYS(1826)},
        {"malware", DAYS(1826)},
        {"malware-analysis", DAYS(1826)},
        {"marking-definition", DAYS(1826)},
        {"threat-actor", DAYS(1826)},
        {"tool", DAYS(1826)},
        {"vulnerability", DAYS(1826)},
    };
    for (size_t i = 0; i < PH_LEN(table); i++)
        if (strcmp(stix_type, table[i].type) == 0)
            return table[i].lifetime;
    return DAYS(180);
}
