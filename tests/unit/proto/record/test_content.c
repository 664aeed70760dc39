/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/writer.h"
#include "proto/record/content.h"
#include "tests/lib/fail.h"
#include "tests/lib/test.h"

static int setup(void **state)
{
    (void)state;
    json_object_seed(1);
    return 0;
}

static json_t *parse(const char *text)
{
    json_error_t error;
    json_t *value = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!value)
        fail_msg("%s: %s", text, error.text);
    return value;
}

static struct ph_buf encode(const json_t *object)
{
    struct ph_buf out = ph_buf(PH_OBJECT_MAX);
    struct ph_why why = {0};
    if (ph_content_add(&out, object, &why))
        fail_msg("cannot encode: %s", why.what);
    return out;
}

/* json_equal() knows no order of keys, and 1.0 and 0.1 + ulp must not pass for each other. */
static bool same(const json_t *a, const json_t *b)
{
    if (json_typeof(a) != json_typeof(b))
        return false;
    if (json_is_array(a)) {
        if (json_array_size(a) != json_array_size(b))
            return false;
        for (size_t i = 0; i < json_array_size(a); i++)
            if (!same(json_array_get(a, i), json_array_get(b, i)))
                return false;
        return true;
    }
    if (json_is_real(a)) {
        double x = json_real_value(a);
        double y = json_real_value(b);
        return memcmp(&x, &y, sizeof(x)) == 0;
    }
    if (!json_is_object(a))
        return json_equal(a, b);
    json_t *p = (json_t *)(uintptr_t)a;
    json_t *q = (json_t *)(uintptr_t)b;
    void *x = json_object_iter(p);
    void *y = json_object_iter(q);
    while (x && y) {
        if (strcmp(json_object_iter_key(x), json_object_iter_key(y)) != 0 ||
            !same(json_object_iter_value(x), json_object_iter_value(y)))
            return false;
        x = json_object_iter_next(p, x);
        y = json_object_iter_next(q, y);
    }
    return !x && !y;
}

/* JSON to msgpack to JSON to text to JSON. */
static void assert_round_trip(const json_t *object)
{
    struct ph_buf encoded = encode(object);
    struct ph_buf again = ph_buf(PH_OBJECT_MAX);
    struct ph_buf text = ph_buf(8 * PH_OBJECT_MAX);
    json_t *decoded;
    struct ph_why why = {0};
    if (ph_content_object(&decoded, ph_buf_bytes(&encoded), &why))
        fail_msg("cannot decode: %s", why.what);
    assert_true(same(object, decoded));
    assert_int_equal(ph_content_add(&again, decoded, NULL), PH_OK);
    assert_true(ph_bytes_equal(ph_buf_bytes(&encoded), ph_buf_bytes(&again)));
    assert_int_equal(ph_content_json(&text, decoded, 2), PH_OK);
    assert_int_equal(ph_buf_add(&text, ph_bytes("", 1)), PH_OK);
    json_t *read = parse((const char *)text.p);
    assert_true(same(object, read));
    json_decref(read);
    json_decref(decoded);
    ph_buf_done(&text);
    ph_buf_done(&again);
    ph_buf_done(&encoded);
}

/* Returns how many objects of the file went through. */
static size_t round_trip_file(const char *path)
{
    json_error_t error;
    json_t *file = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!file)
        fail_msg("%s: %s", path, error.text);
    json_t *objects = json_object_get(file, "objects");
    size_t n = objects ? json_array_size(objects) : 1;
    for (size_t i = 0; i < n; i++)
        assert_round_trip(objects ? json_array_get(objects, i) : file);
    json_decref(file);
    return n;
}

static void test_content__gives_back_every_published_object(void **state)
{
    (void)state;
    static const char *const folders[] = {PH_TEST_DATA "/stix", PH_TEST_DATA "/tlp"};
    size_t n = 0;
    for (size_t i = 0; i < PH_LEN(folders); i++) {
        DIR *dir = opendir(folders[i]);
        assert_non_null(dir);
        for (struct dirent *entry; (entry = readdir(dir));) {
            char path[1024];
            size_t length = strlen(entry->d_name);
            if (length < 5 || strcmp(entry->d_name + length - 5, ".json") != 0)
                continue;
            assert_true(snprintf(path, sizeof(path), "%s/%s", folders[i], entry->d_name) <
                        (int)sizeof(path));
            n += round_trip_file(path);
        }
        closedir(dir);
    }
    assert_true(n > 30);
}

static void test_content__keeps_key_order_numbers_and_text(void **state)
{
    (void)state;
    json_t *object = parse(
        "{\"z\":1,\"a\":{\"y\":[],\"b\":{}},\"m\":[1,1.0,-1,0,-0.0,0.1,1e300,5e-324,127,128,255,"
        "256,65535,65536,4294967295,4294967296,9223372036854775807,-32,-33,-128,-129,-32768,-32769,"
        "-2147483648,-2147483649,-9223372036854775808,null,true,false],\"\":\"\","
        "\"text\":\"\\u0001\\u001f\\\"\\\\/\\b\\f\\n\\r\\t caf\\u00e9 \\ud83d\\udcef \\u202e\"}");
    assert_round_trip(object);
    json_decref(object);
}

/* The bytes, from the msgpack specification: maps in key order, shortest forms, doubles whole. */
static void test_content__is_canonical_msgpack(void **state)
{
    (void)state;
    static const uint8_t expected[] = {0x86, 0xa1, 'b',  0x01, 0xa1, 'a',  0xcb, 0x3f, 0xf0, 0,
                                       0,    0,    0,    0,    0,    0xa1, 'n',  0xff, 0xa1, 'u',
                                       0xcf, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xa1,
                                       't',  0x93, 0xc3, 0xc2, 0xc0, 0xa1, 's',  0xa2, 0xc3, 0xa9};
    json_t *object = parse("{\"b\":1,\"a\":1.0,\"n\":-1,\"u\":9223372036854775807,"
                           "\"t\":[true,false,null],\"s\":\"\\u00e9\"}");
    struct ph_buf out = encode(object);
    assert_int_equal(out.n, sizeof(expected));
    assert_memory_equal(out.p, expected, sizeof(expected));
    ph_buf_done(&out);
    json_decref(object);
}

static enum ph_err decode(const char *bytes, size_t n)
{
    json_t *out = NULL;
    struct ph_why why = {0};
    enum ph_err err = ph_content_object(&out, ph_bytes(bytes, n), &why);
    assert_true((out != NULL) == (err == PH_OK));
    assert_true(err == PH_OK || why.what[0] != '\0');
    json_decref(out);
    return err;
}

/* R1, R2 and what JSON does not have. */
static void test_content__refuses_what_is_no_object_of_ours(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        enum ph_err err;
    } rows[] = {
        {"\x80", 1, PH_OK},
        {"\x81\xa1"
         "a\x01",
         4, PH_OK},
        {"", 0, PH_ERR_FORMAT},
        {"\x90", 1, PH_ERR_FORMAT}, /* an array */
        {"\xc0", 1, PH_ERR_FORMAT},
        {"\x81", 1, PH_ERR_TRUNCATED},
        {"\x81\xa1"
         "a",
         3, PH_ERR_TRUNCATED},
        {"\x82\xa1"
         "a\x01\xa1"
         "a\x02",
         7, PH_ERR_FORMAT}, /* a key twice */
        {"\x81\xa1"
         "a\x82\xa0\x01\xa0\x01",
         8, PH_ERR_FORMAT},                 /* inside, the empty key */
        {"\x81\x01\x01", 3, PH_ERR_FORMAT}, /* a key that is no text */
        {"\x81\xa1"
         "a\xcc\x01",
         5, PH_ERR_FORMAT}, /* long integer */
        {"\x81\xd9\x01"
         "a\x01",
         5, PH_ERR_FORMAT}, /* long text */
        {"\xde\x00\x01\xa1"
         "a\x01",
         6, PH_ERR_FORMAT}, /* long map */
        {"\x81\xa1"
         "a\xca\x3f\x80\x00\x00",
         8, PH_ERR_FORMAT}, /* float 32 */
        {"\x81\xa1"
         "a\xcb\x7f\xf0\0\0\0\0\0\0",
         12, PH_ERR_FORMAT}, /* infinity */
        {"\x81\xa1"
         "a\xcb\x7f\xf8\0\0\0\0\0\0",
         12, PH_ERR_FORMAT}, /* not a number */
        {"\x81\xa1"
         "a\xcf\x80\0\0\0\0\0\0\0",
         12, PH_ERR_RANGE}, /* 2^63 */
        {"\x81\xa1"
         "a\xcf\xff\xff\xff\xff\xff\xff\xff\xff",
         12, PH_ERR_RANGE},
        {"\x81\xa1"
         "a\xc4\x01x",
         6, PH_ERR_FORMAT}, /* binary */
        {"\x81\xa1"
         "a\xd4\x01x",
         6, PH_ERR_FORMAT}, /* extension */
        {"\x81\xa1"
         "a\xc1",
         4, PH_ERR_FORMAT}, /* never used */
        {"\x81\xa1"
         "a\xa1\xff",
         5, PH_ERR_FORMAT}, /* bad UTF-8 */
        {"\x81\xa1"
         "a\xa2\xc0\xaf",
         6, PH_ERR_FORMAT}, /* overlong */
        {"\x81\xa1"
         "a\xa3\xed\xa0\x80",
         7, PH_ERR_FORMAT}, /* surrogate */
        {"\x81\xa1"
         "a\xa1\x00",
         5, PH_ERR_FORMAT},                     /* NUL */
        {"\x81\xa1\x00\x01", 4, PH_ERR_FORMAT}, /* NUL in a key */
        {"\x80\x80", 2, PH_ERR_FORMAT},         /* trailing byte */
        {"\x81\xa1"
         "a\xdd\xff\xff\xff\xff",
         8, PH_ERR_LIMIT},
        {"\xdf\xff\xff\xff\xff", 5, PH_ERR_LIMIT},
        {"\x81\xa1"
         "a\xdd\x00\x01\x00\x00",
         8, PH_ERR_TRUNCATED},
    };
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        enum ph_err err = decode(rows[i].bytes, rows[i].n);
        if (err != rows[i].err)
            fail_msg("row %zu: wanted %s, got %s", i, ph_err_token(rows[i].err), ph_err_token(err));
    }
}

/* An object of @depth levels, itself the first. */
static json_t *nested(unsigned depth)
{
    json_t *inner = json_array();
    for (unsigned i = 2; i < depth; i++)
        inner = json_pack("[o]", inner);
    return json_pack("{so}", "a", inner);
}

static void test_content__nests_32_levels_and_no_more(void **state)
{
    (void)state;
    for (unsigned depth = PH_DEPTH_MAX - 1; depth <= PH_DEPTH_MAX + 1; depth++) {
        json_t *object = nested(depth);
        struct ph_buf out = ph_buf(PH_OBJECT_MAX);
        bool fits = depth <= PH_DEPTH_MAX;
        assert_int_equal(ph_content_add(&out, object, NULL), fits ? PH_OK : PH_ERR_LIMIT);
        assert_true(fits || out.n == 0);
        ph_buf_done(&out);
        json_decref(object);

        char bytes[64] = "\x81\xa1"
                         "a"; /* the same, written by hand */
        memset(bytes + 3, '\x91', depth - 2);
        bytes[1 + depth] = '\x90';
        assert_int_equal(decode(bytes, depth + 2), fits ? PH_OK : PH_ERR_LIMIT);
        char body[65] = "\x91";
        memcpy(body + 1, bytes, depth + 2);
        struct ph_bytes view;
        size_t n;
        assert_int_equal(ph_content_split(&view, 1, &n, ph_bytes(body, depth + 3), NULL),
                         fits ? PH_OK : PH_ERR_LIMIT);
    }
    static char deep[10000];
    memset(deep, '\x91', sizeof(deep));
    memcpy(deep,
           "\x81\xa1"
           "a",
           3);
    assert_int_equal(decode(deep, sizeof(deep)), PH_ERR_LIMIT);
}

static void test_content__bounds_an_object_to_256_kib(void **state)
{
    (void)state;
    char *text = malloc(PH_OBJECT_MAX + 1);
    assert_non_null(text);
    memset(text, 'x', PH_OBJECT_MAX + 1);
    /* map, key "a", text of 32-bit length: 1 + 2 + 5 */
    for (int d = -1; d <= 1; d++) {
        size_t n = (size_t)(PH_OBJECT_MAX - 8 + d);
        json_t *object = json_pack("{ss%}", "a", text, n);
        struct ph_buf out = ph_buf(2 * PH_OBJECT_MAX);
        struct ph_bytes view;
        size_t count;
        assert_non_null(object);
        assert_int_equal(ph_content_add(&out, object, NULL), d > 0 ? PH_ERR_LIMIT : PH_OK);
        assert_int_equal(out.n, d > 0 ? 0 : n + 8);
        struct ph_buf body = ph_buf(2 * PH_OBJECT_MAX);
        struct ph_writer w = ph_writer(&body);
        ph_write_array(&w, 1);
        ph_write_map(&w, 1);
        ph_write_str(&w, "a");
        ph_write_text(&w, ph_bytes(text, n));
        assert_int_equal(ph_content_split(&view, 1, &count, ph_buf_bytes(&body), NULL),
                         d > 0 ? PH_ERR_LIMIT : PH_OK);
        assert_int_equal(decode((const char *)body.p + 1, body.n - 1),
                         d > 0 ? PH_ERR_LIMIT : PH_OK);
        ph_buf_done(&body);
        ph_buf_done(&out);
        json_decref(object);
    }
    free(text);
}

static void test_content__refuses_values_that_are_no_objects(void **state)
{
    (void)state;
    struct ph_buf out = ph_buf(PH_OBJECT_MAX);
    json_t *array = json_array();
    assert_int_equal(ph_content_add(&out, array, NULL), PH_ERR_INPUT);
    assert_int_equal(ph_content_add(&out, NULL, NULL), PH_ERR_INPUT);
    assert_int_equal(out.n, 0);
    json_decref(array);
}

static void test_content__splits_what_it_framed(void **state)
{
    (void)state;
    struct ph_buf objects = ph_buf(PH_PLAIN_MAX);
    struct ph_buf body = ph_buf(PH_PLAIN_MAX);
    struct ph_bytes views[3];
    size_t n;
    for (int i = 0; i < 3; i++) {
        json_t *object = json_pack("{si}", "n", i);
        assert_int_equal(ph_content_add(&objects, object, NULL), PH_OK);
        json_decref(object);
    }
    assert_int_equal(ph_content_finish(&body, 3, ph_buf_bytes(&objects)), PH_OK);
    assert_int_equal(ph_content_split(views, 3, &n, ph_buf_bytes(&body), NULL), PH_OK);
    assert_int_equal(n, 3);
    for (int i = 0; i < 3; i++) {
        json_t *object;
        assert_int_equal(ph_content_object(&object, views[i], NULL), PH_OK);
        assert_int_equal(json_integer_value(json_object_get(object, "n")), i);
        json_decref(object);
    }
    assert_int_equal(ph_content_split(views, 2, &n, ph_buf_bytes(&body), NULL), PH_ERR_LIMIT);
    ph_buf_done(&body);
    ph_buf_done(&objects);
}

static void test_content__holds_1_to_4096_objects(void **state)
{
    (void)state;
    static struct ph_bytes views[PH_OBJECTS_MAX + 1];
    static uint8_t empty[PH_OBJECTS_MAX + 1];
    memset(empty, 0x80, sizeof(empty));
    for (int d = -1; d <= 1; d++) {
        size_t count = (size_t)(PH_OBJECTS_MAX + d);
        struct ph_buf body = ph_buf(PH_PLAIN_MAX);
        size_t n;
        assert_int_equal(ph_content_finish(&body, count, ph_bytes(empty, count)),
                         d > 0 ? PH_ERR_LIMIT : PH_OK);
        ph_buf_clear(&body);
        uint8_t head[] = {0xdc, 0, 0};
        ph_put_be16(head + 1, (uint16_t)count);
        assert_int_equal(ph_buf_add(&body, ph_bytes(head, 3)), PH_OK);
        assert_int_equal(ph_buf_add(&body, ph_bytes(empty, count)), PH_OK);
        assert_int_equal(ph_content_split(views, PH_LEN(views), &n, ph_buf_bytes(&body), NULL),
                         d > 0 ? PH_ERR_LIMIT : PH_OK);
        ph_buf_done(&body);
    }
    size_t n;
    struct ph_buf none = ph_buf(PH_PLAIN_MAX);
    assert_int_equal(ph_content_finish(&none, 0, ph_bytes(NULL, 0)), PH_ERR_LIMIT);
    assert_int_equal(ph_content_split(views, 1, &n, ph_bytes("\x90", 1), NULL), PH_ERR_FORMAT);
    assert_int_equal(ph_content_split(views, 1, &n, ph_bytes("\x91\xc0", 2), NULL), PH_ERR_FORMAT);
    assert_int_equal(ph_content_split(views, 1, &n, ph_bytes("\x91\x90", 2), NULL), PH_ERR_FORMAT);
    assert_int_equal(ph_content_split(views, 1, &n, ph_bytes("\x91\x80\x80", 3), NULL),
                     PH_ERR_FORMAT);
    assert_int_equal(ph_content_split(views, 1, &n, ph_bytes("", 0), NULL), PH_ERR_TRUNCATED);
}

static void test_content__lives_as_long_as_its_kind_is_of_use(void **state)
{
    (void)state;
    const ph_ms day = 86400000;
    assert_true(ph_content_lifetime("indicator") == 180 * day);
    assert_true(ph_content_lifetime("sighting") == 180 * day);
    assert_true(ph_content_lifetime("x-unheard-of") == 180 * day);
    assert_true(ph_content_lifetime("") == 180 * day);
    assert_true(ph_content_lifetime("incident") == 730 * day);
    assert_true(ph_content_lifetime("report") == 730 * day);
    assert_true(ph_content_lifetime("course-of-action") == 1826 * day);
    assert_true(ph_content_lifetime("vulnerability") == 1826 * day);
}

static void test_content__survives_every_failed_allocation(void **state)
{
    (void)state;
    json_t *object = parse("{\"a\":[1,{\"b\":\"text\"}],\"c\":1.5}");
    struct ph_buf expected = encode(object);
    json_set_alloc_funcs(malloc, free); /* jansson's allocations fail too */
    enum ph_err err = PH_ERR_NOMEM;
    size_t n;
    for (n = 1; err == PH_ERR_NOMEM; n++) {
        struct ph_buf out = ph_buf(PH_OBJECT_MAX);
        struct ph_buf text = ph_buf(PH_OBJECT_MAX);
        json_t *decoded = NULL;
        ph_test_fail_at(n);
        err = ph_content_add(&out, object, NULL);
        if (!err)
            err = ph_content_object(&decoded, ph_buf_bytes(&out), NULL);
        if (!err)
            err = ph_content_json(&text, decoded, 0);
        ph_test_fail_at(0);
        assert_true(err == PH_OK || text.n == 0);
        json_decref(decoded);
        ph_buf_done(&text);
        ph_buf_done(&out);
    }
    assert_int_equal(err, PH_OK);
    assert_true(n > 10);
    ph_buf_done(&expected);
    json_decref(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_content__gives_back_every_published_object),
        cmocka_unit_test(test_content__keeps_key_order_numbers_and_text),
        cmocka_unit_test(test_content__is_canonical_msgpack),
        cmocka_unit_test(test_content__refuses_what_is_no_object_of_ours),
        cmocka_unit_test(test_content__nests_32_levels_and_no_more),
        cmocka_unit_test(test_content__bounds_an_object_to_256_kib),
        cmocka_unit_test(test_content__refuses_values_that_are_no_objects),
        cmocka_unit_test(test_content__splits_what_it_framed),
        cmocka_unit_test(test_content__holds_1_to_4096_objects),
        cmocka_unit_test(test_content__lives_as_long_as_its_kind_is_of_use),
        cmocka_unit_test(test_content__survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
