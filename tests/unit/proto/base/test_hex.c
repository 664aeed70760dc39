/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/text.h"
#include "tests/lib/test.h"

static void test_hex__goes_there_and_back(void **state)
{
    (void)state;
    uint8_t bytes[256];
    uint8_t back[256];
    char text[513];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)i;
    ph_hex(text, ph_bytes(bytes, sizeof(bytes)));
    assert_int_equal(strlen(text), 512);
    assert_memory_equal(text, "000102030405060708090a0b0c0d0e0f10", 34);
    assert_memory_equal(text + 504, "fcfdfeff", 8);
    assert_true(ph_hex_parse(back, sizeof(back), ph_bytes_str(text)));
    assert_memory_equal(back, bytes, sizeof(bytes));
}

static void test_hex__of_nothing_is_empty(void **state)
{
    (void)state;
    char text[1] = {'x'};
    ph_hex(text, ph_bytes(NULL, 0));
    assert_string_equal(text, "");
    assert_true(ph_hex_parse(NULL, 0, ph_bytes_str("")));
}

static void test_hex__takes_both_cases(void **state)
{
    (void)state;
    uint8_t out[2];
    static const uint8_t want[2] = {0xab, 0xcd};
    assert_true(ph_hex_parse(out, 2, ph_bytes_str("aBCd")));
    assert_memory_equal(out, want, 2);
}

static void test_hex__refuses_every_other_character_and_length(void **state)
{
    (void)state;
    for (unsigned c = 0; c <= 0xff; c++) {
        bool is_digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        for (size_t at = 0; at < 4; at++) {
            uint8_t out[2] = {0x11, 0x11};
            uint8_t text[4] = "0000";
            text[at] = (uint8_t)c;
            assert_int_equal(ph_hex_parse(out, 2, ph_bytes(text, 4)), is_digit);
            if (!is_digit)
                assert_int_equal(out[0], 0x11); /* untouched */
        }
    }
    uint8_t out[2];
    for (size_t n = 0; n <= 8; n++)
        assert_int_equal(ph_hex_parse(out, 2, ph_bytes("00000000", n)), n == 4);
    assert_false(ph_hex_parse(out, SIZE_MAX, ph_bytes("00", 2)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hex__goes_there_and_back),
        cmocka_unit_test(test_hex__of_nothing_is_empty),
        cmocka_unit_test(test_hex__takes_both_cases),
        cmocka_unit_test(test_hex__refuses_every_other_character_and_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
