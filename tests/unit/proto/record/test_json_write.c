/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/record/content.h"
#include "tests/lib/test.h"

static int setup(void **state)
{
    (void)state;
    json_object_seed(1);
    return 0;
}

/* Takes @value. */
static void assert_text(json_t *value, unsigned indent, const char *expected)
{
    struct ph_buf out = ph_buf(PH_OBJECT_MAX);
    assert_non_null(value);
    assert_int_equal(ph_content_json(&out, value, indent), PH_OK);
    assert_int_equal(ph_buf_add(&out, ph_bytes("", 1)), PH_OK);
    assert_string_equal((const char *)out.p, expected);
    ph_buf_done(&out);
    json_decref(value);
}

static void test_json_write__writes_each_kind_of_value(void **state)
{
    (void)state;
    assert_text(json_null(), 0, "null");
    assert_text(json_true(), 0, "true");
    assert_text(json_false(), 0, "false");
    assert_text(json_integer(0), 0, "0");
    assert_text(json_integer(INT64_MIN), 0, "-9223372036854775808");
    assert_text(json_integer(INT64_MAX), 0, "9223372036854775807");
    assert_text(json_string(""), 0, "\"\"");
    assert_text(json_array(), 0, "[]");
    assert_text(json_object(), 0, "{}");
    assert_text(json_pack("{s[ibn]s{}}", "b", 1, 1, "a"), 0, "{\"b\":[1,true,null],\"a\":{}}");
}

static void test_json_write__writes_doubles_as_they_were(void **state)
{
    (void)state;
    assert_text(json_real(0.1), 0, "0.1");
    assert_text(json_real(1.0), 0, "1.0");
    assert_text(json_real(-0.0), 0, "-0.0");
    assert_text(json_real(52.379189), 0, "52.379189");
    assert_text(json_real(1e22), 0, "1e+22");
}

static void test_json_write__indents(void **state)
{
    (void)state;
    assert_text(json_pack("{s[ii]s{}s[]}", "a", 1, 2, "b", "c"), 2,
                "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {},\n  \"c\": []\n}");
    assert_text(
        json_pack("[[i]]", 1), 40,
        "[\n                                        [\n"
        "                                                                                1\n"
        "                                        ]\n]");
}

/* I7: nothing that a terminal obeys, and still the same JSON. */
static void test_json_write__escapes_what_a_terminal_obeys(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *json;
    } rows[] = {
        {"\"\\/", "\"\\\"\\\\/\""},
        {"\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\""},
        {"\x01\x1b[31m\x7f", "\"\\u0001\\u001b[31m\\u007f\""},
        {"\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0", "\"\\u0080\\u009b\\u009f\xc2\xa0\""}, /* C1 */
        {"a\xe2\x80\xae"
         "b\xe2\x81\xa6"
         "c",
         "\"a\\u202eb\\u2066c\""}, /* bidi */
        {"\xe2\x80\x8b\xef\xbb\xbf\xd8\x9c", "\"\\u200b\\ufeff\\u061c\""},
        {"\xf3\xa0\x81\x81", "\"\\udb40\\udc41\""}, /* a tag character, as a pair */
        {"caf\xc3\xa9 \xf0\x9f\x93\xaf \xe6\x97\xa5",
         "\"caf\xc3\xa9 \xf0\x9f\x93\xaf \xe6\x97\xa5\""},
    };
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        json_t *back = json_loads(rows[i].json, JSON_DECODE_ANY, NULL);
        assert_non_null(back);
        assert_string_equal(json_string_value(back), rows[i].text);
        json_decref(back);
        assert_text(json_string(rows[i].text), 0, rows[i].json);
    }
    assert_text(json_pack("{si}", "\x1b", 1), 0, "{\"\\u001b\":1}"); /* keys too */
    assert_text(json_stringn("a\0b", 3), 0, "\"a\\u0000b\"");
}

/* The edges of each range, from both sides. */
static void test_json_write__escapes_no_more_than_that(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool escaped;
    } rows[] = {
        {"\x1f", true},
        {" ", false},
        {"~", false},
        {"\x7f", true},
        {"\xc2\x80", true},
        {"\xc2\x9f", true},
        {"\xc2\xa0", false},
        {"\xd8\x9b", false},
        {"\xd8\x9c", true},
        {"\xd8\x9d", false},
        {"\xe2\x80\x8a", false},
        {"\xe2\x80\x8b", true},
        {"\xe2\x80\x8f", true},
        {"\xe2\x80\x90", false},
        {"\xe2\x80\xa7", false},
        {"\xe2\x80\xa8", true},
        {"\xe2\x80\xae", true},
        {"\xe2\x80\xaf", false},
        {"\xe2\x81\x9f", false},
        {"\xe2\x81\xa0", true},
        {"\xe2\x81\xaf", true},
        {"\xe2\x81\xb0", false},
        {"\xef\xbb\xbe", false},
        {"\xef\xbb\xbf", true},
        {"\xef\xbc\x80", false},
        {"\xf3\x9f\xbf\xbf", false},
        {"\xf3\xa0\x80\x80", true},
        {"\xf3\xa0\x81\xbf", true},
        {"\xf3\xa0\x82\x80", false},
    };
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        struct ph_buf out = ph_buf(100);
        json_t *value = json_string(rows[i].text);
        assert_int_equal(ph_content_json(&out, value, 0), PH_OK);
        if ((out.p[1] == '\\') != rows[i].escaped)
            fail_msg("row %zu", i);
        ph_buf_done(&out);
        json_decref(value);
    }
}

static void test_json_write__refuses_text_that_is_not_utf8(void **state)
{
    (void)state;
    json_t *value = json_string_nocheck("a\xff");
    struct ph_buf out = ph_buf(100);
    assert_int_equal(ph_buf_add(&out, ph_bytes_str("kept")), PH_OK);
    assert_int_equal(ph_content_json(&out, value, 0), PH_ERR_FORMAT);
    assert_int_equal(out.n, 4);
    ph_buf_done(&out);
    json_decref(value);
}

static void test_json_write__stops_at_its_limits(void **state)
{
    (void)state;
    json_t *value = json_pack("[i]", 1);
    struct ph_buf out = ph_buf(2);
    assert_int_equal(ph_content_json(&out, value, 0), PH_ERR_LIMIT);
    assert_int_equal(out.n, 0);
    ph_buf_done(&out);
    out = ph_buf(PH_OBJECT_MAX);
    for (unsigned levels = 1; levels <= 2 * PH_DEPTH_MAX; levels++)
        value = json_pack("[o]", value);
    assert_int_equal(ph_content_json(&out, value, 0), PH_ERR_LIMIT);
    assert_int_equal(ph_content_json(&out, json_array_get(value, 0), 0), PH_OK);
    ph_buf_done(&out);
    json_decref(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_write__writes_each_kind_of_value),
        cmocka_unit_test(test_json_write__writes_doubles_as_they_were),
        cmocka_unit_test(test_json_write__indents),
        cmocka_unit_test(test_json_write__escapes_what_a_terminal_obeys),
        cmocka_unit_test(test_json_write__escapes_no_more_than_that),
        cmocka_unit_test(test_json_write__refuses_text_that_is_not_utf8),
        cmocka_unit_test(test_json_write__stops_at_its_limits),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
