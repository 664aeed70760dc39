/* SPDX-License-Identifier: Apache-2.0
 *
 * What is not taken as content, and how much of it is. */
#include <stdlib.h>

#include "proto/base/writer.h"
#include "proto/record/content.h"
#include "tests/lib/test.h"

static int setup(void **state)
{
    (void)state;
    json_object_seed(1);
    return 0;
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

/* An object of @depth levels, itself the first; a number in the innermost is none. */
static json_t *nested(unsigned depth)
{
    json_t *inner = json_pack("[i]", 7);
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
        memset(bytes + 3, '\x91', depth - 1);
        bytes[2 + depth] = 7;
        assert_int_equal(decode(bytes, depth + 3), fits ? PH_OK : PH_ERR_LIMIT);
        char body[65] = "\x91";
        memcpy(body + 1, bytes, depth + 3);
        struct ph_bytes view;
        size_t n;
        assert_int_equal(ph_content_split(&view, 1, &n, ph_bytes(body, depth + 4), NULL),
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

static void test_content__says_that_a_key_is_there_twice(void **state)
{
    (void)state;
    struct ph_why why = {0};
    json_t *out;
    assert_int_equal(ph_content_object(&out,
                                       ph_bytes_str("\x82\xa1"
                                                    "a\xa1"
                                                    "b\xa1"
                                                    "a\xa1"
                                                    "b"),
                                       &why),
                     PH_ERR_FORMAT);
    assert_non_null(strstr(why.what, "twice"));
}

static void test_content__bounds_a_body_to_4_mib(void **state)
{
    (void)state;
    uint8_t *bytes = calloc(1, PH_PLAIN_MAX);
    assert_non_null(bytes);
    for (int d = -1; d <= 1; d++) {
        struct ph_buf out = ph_buf(2 * PH_PLAIN_MAX);
        size_t n = (size_t)(PH_PLAIN_MAX - 3 + d);
        assert_int_equal(ph_content_finish(&out, 20, ph_bytes(bytes, n)),
                         d > 0 ? PH_ERR_LIMIT : PH_OK);
        ph_buf_done(&out);
    }
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_content__refuses_what_is_no_object_of_ours),
        cmocka_unit_test(test_content__nests_32_levels_and_no_more),
        cmocka_unit_test(test_content__bounds_an_object_to_256_kib),
        cmocka_unit_test(test_content__splits_what_it_framed),
        cmocka_unit_test(test_content__holds_1_to_4096_objects),
        cmocka_unit_test(test_content__says_that_a_key_is_there_twice),
        cmocka_unit_test(test_content__bounds_a_body_to_4_mib),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
