/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/error.h"
#include "tests/lib/test.h"

static void test_error__gives_each_row_of_the_table(void **state)
{
    (void)state;
#define CHECK(name, number, class, exit, token, text)                \
    assert_int_equal(PH_ERR_##name, number);                         \
    assert_int_equal(ph_err_class(PH_ERR_##name), PH_CLASS_##class); \
    assert_int_equal(ph_err_exit(PH_ERR_##name), exit);              \
    assert_string_equal(ph_err_token(PH_ERR_##name), token);         \
    assert_string_equal(ph_err_text(PH_ERR_##name), text);           \
    assert_int_equal(ph_err_from_number(number), PH_ERR_##name);
    PH_ERR_TABLE(CHECK)
#undef CHECK
    assert_int_equal(ph_err_class(PH_OK), PH_CLASS_NONE);
    assert_int_equal(ph_err_exit(PH_OK), 0);
    assert_string_equal(ph_err_token(PH_OK), "ok");
}

static void test_error__takes_unknown_numbers_as_internal(void **state)
{
    (void)state;
    assert_int_equal(ph_err_from_number(0), PH_ERR_INTERNAL);
    assert_int_equal(ph_err_from_number(PH_ERR_INTERNAL + 1), PH_ERR_INTERNAL);
    assert_int_equal(ph_err_from_number(UINT64_MAX), PH_ERR_INTERNAL);
    assert_int_equal(ph_err_from_number((UINT64_C(1) << 32) + 1), PH_ERR_INTERNAL);
}

static void test_error__gives_no_two_errors_one_token(void **state)
{
    (void)state;
    for (uint64_t i = 1; i <= PH_ERR_INTERNAL; i++)
        for (uint64_t j = 1; j < i; j++)
            assert_string_not_equal(ph_err_token(ph_err_from_number(i)),
                                    ph_err_token(ph_err_from_number(j)));
}

static void test_error__explains_and_hints(void **state)
{
    (void)state;
    struct ph_why why = {.hint = "of an earlier failure"};
    assert_int_equal(ph_fail(&why, PH_ERR_LIMIT, "body is %d bytes", 7), PH_ERR_LIMIT);
    assert_int_equal(why.code, PH_ERR_LIMIT);
    assert_string_equal(why.what, "body is 7 bytes");
    assert_string_equal(why.hint, "");
    ph_hint(&why, "Send %d at most.", 6);
    assert_string_equal(why.hint, "Send 6 at most.");
    assert_string_equal(why.what, "body is 7 bytes");
}

static void test_error__needs_nobody_to_listen(void **state)
{
    (void)state;
    assert_int_equal(ph_fail(NULL, PH_ERR_LIMIT, "body is %d bytes", 7), PH_ERR_LIMIT);
    assert_int_equal(ph_why_wrap(NULL, PH_ERR_LIMIT, "object %d", 7), PH_ERR_LIMIT);
    ph_hint(NULL, "nothing");
}

static void test_error__puts_each_layers_noun_in_front(void **state)
{
    (void)state;
    struct ph_why why = {.code = PH_OK};
    enum ph_err err = ph_fail(&why, PH_ERR_INPUT, "expected ']'");
    err = ph_why_wrap(&why, err, "column %d", 31);
    err = ph_why_wrap(&why, err, "\"%s\"", "feed.json");
    assert_int_equal(err, PH_ERR_INPUT);
    assert_string_equal(why.what, "\"feed.json\": column 31: expected ']'");
}

static void test_error__falls_back_on_the_tables_text(void **state)
{
    (void)state;
    struct ph_why why = {.code = PH_OK};
    assert_int_equal(ph_why_wrap(&why, PH_ERR_NOMEM, "keys/%s", "node"), PH_ERR_NOMEM);
    assert_int_equal(why.code, PH_ERR_NOMEM);
    assert_string_equal(why.what, "keys/node: out of memory");
}

static void test_error__wraps_no_success(void **state)
{
    (void)state;
    struct ph_why why = {.code = PH_OK};
    assert_int_equal(ph_why_wrap(&why, PH_OK, "keys"), PH_OK);
    assert_string_equal(why.what, "");
}

static void test_error__keeps_messages_to_one_line(void **state)
{
    (void)state;
    struct ph_why why = {.code = PH_OK};
    (void)ph_fail(&why, PH_ERR_INPUT, "a\nb\x1b[2Jc\x7f");
    assert_string_equal(why.what, "a?b?[2Jc?");
}

/* Characters of two to four bytes, cut at each of their bytes: none is ever left in half. */
static void test_error__cuts_long_messages_between_characters(void **state)
{
    (void)state;
    static const char *const characters[] = {"\xc3\xa9", "\xe0\xa4\x85", "\xf0\x9f\x93\xaf"};
    for (size_t i = 0; i < PH_LEN(characters); i++) {
        size_t size = strlen(characters[i]);
        for (size_t lead = 0; lead < size; lead++) {
            struct ph_why why = {.code = PH_OK};
            size_t room = sizeof(why.what) - 1;
            char text[400];
            size_t n = lead;
            memset(text, 'x', lead);
            for (; n + size < sizeof(text); n += size)
                memcpy(text + n, characters[i], size);
            text[n] = '\0';
            enum ph_err err = ph_fail(&why, PH_ERR_INPUT, "%s", text);
            assert_int_equal(strlen(why.what), lead + (room - lead) / size * size);
            err = ph_why_wrap(&why, err, "a"); /* "a: " takes three bytes */
            assert_int_equal(err, PH_ERR_INPUT);
            assert_int_equal(strlen(why.what), 3 + lead + (room - 3 - lead) / size * size);
        }
    }
}

static void test_error__keeps_what_fits_to_the_last_byte(void **state)
{
    (void)state;
    struct ph_why why = {.code = PH_OK};
    char text[sizeof(why.what) + 1];
    for (size_t n = sizeof(why.what) - 2; n <= sizeof(why.what); n++) {
        memset(text, 'x', n);
        text[n] = '\0';
        (void)ph_fail(&why, PH_ERR_INPUT, "%s", text);
        assert_int_equal(strlen(why.what), PH_MIN(n, sizeof(why.what) - 1));
    }
    /* a whole character that ends exactly where the room ends stays */
    memset(text, 'x', sizeof(text));
    memcpy(text + sizeof(why.what) - 3, "\xc3\xa9", 3);
    (void)ph_fail(&why, PH_ERR_INPUT, "%s", text);
    assert_int_equal(strlen(why.what), sizeof(why.what) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_error__gives_each_row_of_the_table),
        cmocka_unit_test(test_error__takes_unknown_numbers_as_internal),
        cmocka_unit_test(test_error__gives_no_two_errors_one_token),
        cmocka_unit_test(test_error__explains_and_hints),
        cmocka_unit_test(test_error__needs_nobody_to_listen),
        cmocka_unit_test(test_error__puts_each_layers_noun_in_front),
        cmocka_unit_test(test_error__falls_back_on_the_tables_text),
        cmocka_unit_test(test_error__wraps_no_success),
        cmocka_unit_test(test_error__keeps_messages_to_one_line),
        cmocka_unit_test(test_error__cuts_long_messages_between_characters),
        cmocka_unit_test(test_error__keeps_what_fits_to_the_last_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
