/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/limits.h"
#include "proto/intel/json.h"
#include "tests/lib/test.h"

static enum ph_err parse_max(const void *text, size_t n, size_t max, struct ph_why *why)
{
    json_t *value = NULL;
    enum ph_err err = ph_json_parse(&value, ph_bytes(text, n), max, 1, why);
    assert_true(!err == (value != NULL));
    json_decref(value);
    return err;
}

static enum ph_err parse(const char *text)
{
    return parse_max(text, strlen(text), 1000, NULL);
}

static void test_json__refuses_what_another_reader_might_read_otherwise(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        " ",
        "{",
        "{\"a\":1,}",
        "{\"a\":1,\"a\":2}",
        "{\"a\":{\"b\":1,\"b\":1}}",
        "{'a':1}",
        "{a:1}",
        "[1,]",
        "[01]",
        "[+1]",
        "[.5]",
        "[1.]",
        "[NaN]",
        "[Infinity]",
        "[-Infinity]",
        "[1e400]",
        "[-1e400]",
        "[9223372036854775808]",
        "[-9223372036854775809]",
        "[18446744073709551616]",
        "[\"\\u0000\"]",
        "[\"\\ud800\"]",
        "[\"\\udc00\\ud800\"]",
        "[\"\\x\"]",
        "[\"\n\"]",
        "[\"\xff\"]",
        "[\"\xc0\xaf\"]",
        "[\"\xed\xa0\x80\"]",
        "\xef\xbb\xbf[]",
        "[] []",
        "[]x",
        "/* */ []",
        "[1 2]",
        "{\"a\":1}}",
        "[}",
    };
    for (size_t i = 0; i < PH_LEN(bad); i++)
        if (parse(bad[i]) != PH_ERR_FORMAT)
            fail_msg("%s was taken", bad[i]);
    assert_int_equal(parse_max("[\"a\0b\"]", 7, 100, NULL), PH_ERR_FORMAT);
    assert_int_equal(parse_max("[]\0", 3, 100, NULL), PH_ERR_FORMAT);
}

static void test_json__keeps_order_and_the_kind_of_numbers(void **state)
{
    (void)state;
    static const char text[] =
        "{\"z\":1,\"a\":1.0,\"m\":-9223372036854775808,\"b\":9223372036854775807,\"é\":\"\\u00e9\"}";
    json_t *value = NULL;
    assert_int_equal(ph_json_parse(&value, ph_bytes_str(text), sizeof(text), 1, NULL), PH_OK);
    static const char *const keys[] = {"z", "a", "m", "b", "é"};
    const char *key;
    json_t *member;
    size_t i = 0;
    json_object_foreach (value, key, member) {
        assert_string_equal(key, keys[i++]);
    }
    assert_int_equal(i, PH_LEN(keys));
    assert_true(json_is_integer(json_object_get(value, "z")));
    assert_true(json_is_real(json_object_get(value, "a")));
    assert_int_equal(json_integer_value(json_object_get(value, "m")), INT64_MIN);
    assert_int_equal(json_integer_value(json_object_get(value, "b")), INT64_MAX);
    assert_string_equal(ph_json_str(value, "é"), "é");
    assert_null(ph_json_str(value, "z"));
    assert_null(ph_json_str(value, "none"));
    json_decref(value);
}

static void test_json__is_nested_32_deep_and_no_deeper(void **state)
{
    (void)state;
    char text[2 * 10001 + 1];
    static const size_t depths[] = {31, 32, 33, 2048, 2049, 10000};
    for (size_t i = 0; i < PH_LEN(depths); i++) {
        size_t n = depths[i];
        memset(text, '[', n);
        memset(text + n, ']', n);
        assert_int_equal(parse_max(text, 2 * n, sizeof(text), NULL),
                         n <= PH_DEPTH_MAX ? PH_OK : PH_ERR_LIMIT);
        assert_int_equal(parse_max(text, n, sizeof(text), NULL),
                         n <= PH_DEPTH_MAX ? PH_ERR_FORMAT : PH_ERR_LIMIT);
    }
    /* brackets in strings, also behind escaped quotes, do not nest */
    char strings[1000] = "[\"\\\\\\\"";
    size_t n = strlen(strings);
    memset(strings + n, '[', 500);
    memcpy(strings + n + 500, "\"]", 2);
    assert_int_equal(parse_max(strings, n + 502, sizeof(strings), NULL), PH_OK);
}

static void test_json__is_as_large_as_allowed_and_no_larger(void **state)
{
    (void)state;
    assert_int_equal(parse_max("[123456]", 8, 8, NULL), PH_OK);
    assert_int_equal(parse_max("[123456]", 8, 7, NULL), PH_ERR_LIMIT);
}

static void test_json__names_the_line_of_the_whole_text(void **state)
{
    (void)state;
    struct ph_why why = {.code = PH_OK};
    json_t *value = NULL;
    assert_int_equal(ph_json_parse(&value, ph_bytes_str("{\n\n\"a\": x}"), 100, 40, &why),
                     PH_ERR_FORMAT);
    assert_non_null(strstr(why.what, "line 42: "));
    /* foreign text comes out printable */
    assert_int_equal(ph_json_parse(&value, ph_bytes_str("[\x1b]0;x\x07"), 100, 1, &why),
                     PH_ERR_FORMAT);
    assert_null(strchr(why.what, '\x1b'));
}

int main(void)
{
    json_object_seed(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json__refuses_what_another_reader_might_read_otherwise),
        cmocka_unit_test(test_json__keeps_order_and_the_kind_of_numbers),
        cmocka_unit_test(test_json__is_nested_32_deep_and_no_deeper),
        cmocka_unit_test(test_json__is_as_large_as_allowed_and_no_larger),
        cmocka_unit_test(test_json__names_the_line_of_the_whole_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
