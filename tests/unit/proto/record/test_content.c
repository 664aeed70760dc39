/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

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

static void test_content__leaves_a_full_buffer_as_it_was(void **state)
{
    (void)state;
    json_t *object = parse("{\"a\":[1,2,3,4,5,6,7,8]}");
    struct ph_buf out = ph_buf(8);
    struct ph_why why = {0};
    assert_int_equal(ph_buf_add(&out, ph_bytes_str("kept")), PH_OK);
    assert_int_equal(ph_content_add(&out, object, &why), PH_ERR_LIMIT);
    assert_non_null(strstr(why.what, "nested"));
    assert_int_equal(out.n, 4);
    assert_int_equal(ph_content_finish(&out, 4, ph_bytes_str("\x80\x80\x80\x80")), PH_ERR_LIMIT);
    assert_int_equal(out.n, 4);
    ph_buf_done(&out);
    json_decref(object);
}

/* Large enough that jansson's arrays and objects grow. */
static void test_content__survives_every_failed_allocation(void **state)
{
    (void)state;
    json_set_alloc_funcs(malloc, free); /* jansson's allocations fail too */
    json_t *object = json_object();
    json_t *list = json_array();
    assert_int_equal(json_object_set_new(object, "list", list), 0);
    for (int i = 0; i < 40; i++) {
        char key[8];
        assert_true(snprintf(key, sizeof(key), "k%d", i) > 0);
        assert_int_equal(json_array_append_new(list, json_pack("{ss}", "b", "text")), 0);
        assert_int_equal(json_object_set_new(object, key, json_real(1.5)), 0);
    }
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
        assert_true(!decoded || same(object, decoded)); /* whole or nothing */
        json_decref(decoded);
        ph_buf_done(&text);
        ph_buf_done(&out);
    }
    assert_int_equal(err, PH_OK);
    assert_true(n > 200);
    json_decref(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_content__gives_back_every_published_object),
        cmocka_unit_test(test_content__keeps_key_order_numbers_and_text),
        cmocka_unit_test(test_content__is_canonical_msgpack),
        cmocka_unit_test(test_content__refuses_values_that_are_no_objects),
        cmocka_unit_test(test_content__lives_as_long_as_its_kind_is_of_use),
        cmocka_unit_test(test_content__leaves_a_full_buffer_as_it_was),
        cmocka_unit_test(test_content__survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
