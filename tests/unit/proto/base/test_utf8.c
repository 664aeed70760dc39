/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "proto/base/text.h"
#include "tests/lib/test.h"

/* UTF-8 of @c by RFC 3629's table, without regard to surrogates or the last code point. */
static size_t encode(uint8_t out[static 4], uint32_t c)
{
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--) {
        out[i] = (uint8_t)(0x80 | (c & 0x3f));
        c >>= 6;
    }
    out[0] = (uint8_t)((n == 2 ? 0xc0 : n == 3 ? 0xe0 : 0xf0) | c);
    return n;
}

static void test_utf8__takes_every_code_point_but_surrogates_and_nul(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < 0x120000; c++) {
        uint8_t bytes[4];
        uint32_t back = 0;
        struct ph_bytes text = ph_bytes(bytes, encode(bytes, c));
        bool is_character = c <= 0x10ffff && !(c >= 0xd800 && c <= 0xdfff);
        assert_int_equal(ph_utf8_decode(text, &back), is_character ? text.n : 0);
        assert_int_equal(ph_utf8_is_valid(text), is_character && c != 0);
        if (is_character)
            assert_int_equal(back, c);
    }
}

/* The number of byte strings of each length that are one character is known from the table. */
static void test_utf8__takes_nothing_else(void **state)
{
    (void)state;
    size_t n_two = 0;
    size_t n_three = 0;
    for (uint32_t v = 0; v < 0x1000000; v++) {
        const uint8_t b[3] = {(uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
        uint32_t c;
        if (b[2] == 0 && ph_utf8_decode(ph_bytes(b, 2), &c) == 2)
            n_two++;
        if (b[0] >= 0x80 && ph_utf8_decode(ph_bytes(b, 3), &c) == 3)
            n_three++;
    }
    assert_int_equal(n_two, 0x800 - 0x80);
    assert_int_equal(n_three, 0x10000 - 0x800 - 0x800);
}

static void test_utf8__refuses_long_forms_of_four_and_more(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\xf0\x80\x80\x80",         "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80",
        "\xfc\x84\x80\x80\x80\x80", "\xf0\x90\x80",     "\xf0\x90\x80\x7f", "\xf0\x90\x80\xc0"};
    for (size_t i = 0; i < PH_LEN(bad); i++) {
        uint32_t c;
        assert_int_equal(ph_utf8_decode(ph_bytes_str(bad[i]), &c), 0);
        assert_false(ph_utf8_is_valid(ph_bytes_str(bad[i])));
    }
    assert_false(ph_utf8_is_valid(ph_bytes("a\0b", 3)));
    assert_true(ph_utf8_is_valid(ph_bytes(NULL, 0)));
}

static void assert_safe(const char *text, size_t n, const char *want)
{
    char out[256];
    assert_string_equal(ph_text_safe(out, sizeof(out), ph_bytes(text, n)), want);
}

static void test_text_safe__keeps_what_people_write(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "plain",
        "back\\slash",
        "Poste italiane S.p.A.",
        "\xc3\x96sterreichische Post",
        "\xe6\x97\xa5\xe6\x9c\xac\xe9\x83\xb5\xe4\xbe\xbf", /* Japanese */
        "\xd8\xa7\xd9\x84\xd8\xa8\xd8\xb1\xd9\x8a\xd8\xaf", /* Arabic */
        "\xf0\x9f\x93\xaf",
        "a\xcc\x81", /* emoji; combining */
    };
    for (size_t i = 0; i < PH_LEN(texts); i++)
        assert_safe(texts[i], strlen(texts[i]), texts[i]);
}

static void test_text_safe__shows_what_terminals_obey(void **state)
{
    (void)state;
    assert_safe("a\0b", 3, "a\\x00b");
    assert_safe("\x1b[31mred", 8, "\\x1b[31mred");
    assert_safe("\x1b]8;;http://x\x07", 14, "\\x1b]8;;http://x\\x07"); /* OSC 8 */
    assert_safe("\x1b]52;c;eA==\x1b\\", 13, "\\x1b]52;c;eA==\\x1b\\"); /* OSC 52 */
    assert_safe("over\rwrite\n", 11, "over\\x0dwrite\\x0a");
    assert_safe("tab\x08\x09\x7f", 6, "tab\\x08\\x09\\x7f");
    assert_safe("\xc2\x9b"
                "31m",
                5, "\\u{009b}31m"); /* CSI of C1 */
    assert_safe("\xc2\x9d"
                "8;;",
                5, "\\u{009d}8;;"); /* OSC of C1 */
    assert_safe("\x9b"
                "31m",
                4, "\\x9b31m");                       /* as a bare byte */
    assert_safe("\x7f\xc2\x80", 3, "\\x7f\\u{0080}"); /* last of ASCII, first of C1 */
    assert_safe("\xff\xfe\xc3", 3, "\\xff\\xfe\\xc3");
    assert_safe("\xe2\x82x", 3, "\\xe2\\x82x");
    assert_safe("\xed\xa0\x80", 3, "\\xed\\xa0\\x80");
}

/* Every control, bidi control and character without a shape, named one by one. */
static void test_text_safe__shows_what_hides_or_turns_text(void **state)
{
    (void)state;
    static const uint32_t hidden[] = {
        0x00ad, 0x034f, 0x061c, 0x115f, 0x1160, 0x17b4,  0x17b5,  0x180b,  0x180e,  0x200b, 0x200c,
        0x200d, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a,  0x202b,  0x202c,  0x202d,  0x202e, 0x2060,
        0x2061, 0x2064, 0x2066, 0x2067, 0x2068, 0x2069,  0x206f,  0x3164,  0xfe00,  0xfe0f, 0xfeff,
        0xffa0, 0xfff9, 0xfffb, 0xfffe, 0xffff, 0xe0001, 0xe0020, 0xe007f, 0xe0100, 0xe01ef};
    static const uint32_t shown[] = {0x20,   0x7e,   0xa0,    0xac,    0xae,    0x200a, 0x2010,
                                     0x2027, 0x202f, 0x205f,  0x2070,  0xfdcf,  0xfdf0, 0xfe10,
                                     0xfefe, 0xfffd, 0x10000, 0xdffff, 0x10ffff};
    for (uint32_t c = 0; c < 0xa0; c++) {
        uint8_t bytes[4];
        char out[32];
        size_t n = encode(bytes, c);
        bool control = c < 0x20 || c >= 0x7f;
        assert_int_equal(strlen(ph_text_safe(out, sizeof(out), ph_bytes(bytes, n))) > 1, control);
    }
    for (size_t i = 0; i < PH_LEN(hidden); i++) {
        uint8_t bytes[4];
        char want[16];
        size_t n = encode(bytes, hidden[i]);
        (void)snprintf(want, sizeof(want), "\\u{%04x}", hidden[i]);
        assert_safe((const char *)bytes, n, want);
    }
    for (size_t i = 0; i < PH_LEN(shown); i++) {
        uint8_t bytes[5] = {0};
        size_t n = encode(bytes, shown[i]);
        assert_safe((const char *)bytes, n, (const char *)bytes);
    }
}

/* Whatever goes in and however little room there is, what comes out is whole, safe and ends. */
static void test_text_safe__fits_any_room(void **state)
{
    (void)state;
    static const char text[] = "a\xc3\xa9\x1b\xe2\x80\xae\xf0\x9f\x93\xaf\xff"
                               "end";
    char whole[64];
    (void)ph_text_safe(whole, sizeof(whole), ph_bytes_str(text));
    size_t length = strlen(whole);
    for (size_t size = 4; size <= length + 2; size++) {
        char out[64];
        memset(out, '#', sizeof(out));
        assert_ptr_equal(ph_text_safe(out, size, ph_bytes_str(text)), out);
        size_t n = strlen(out);
        assert_true(n < size);
        assert_int_equal(out[size], '#');
        assert_true(ph_utf8_is_valid(ph_bytes(out, n)));
        if (size > length) {
            assert_string_equal(out, whole);
        } else {
            assert_memory_equal(out + n - 3, "\xe2\x80\xa6", 3);
            assert_memory_equal(out, whole, n - 3);
        }
    }
}

static void test_text_safe__cuts_only_what_does_not_fit(void **state)
{
    (void)state;
    char out[8];
    assert_string_equal(ph_text_safe(out, sizeof(out), ph_bytes_str("1234567")), "1234567");
    assert_string_equal(ph_text_safe(out, sizeof(out), ph_bytes_str("12345678")),
                        "1234\xe2\x80\xa6");
}

static void test_text_safe__changes_nothing_the_second_time(void **state)
{
    (void)state;
    char once[64];
    char twice[64];
    (void)ph_text_safe(once, sizeof(once), ph_bytes_str("a\x1b\xe2\x80\xae\\"));
    assert_string_equal(ph_text_safe(twice, sizeof(twice), ph_bytes_str(once)), once);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utf8__takes_every_code_point_but_surrogates_and_nul),
        cmocka_unit_test(test_utf8__takes_nothing_else),
        cmocka_unit_test(test_utf8__refuses_long_forms_of_four_and_more),
        cmocka_unit_test(test_text_safe__keeps_what_people_write),
        cmocka_unit_test(test_text_safe__shows_what_terminals_obey),
        cmocka_unit_test(test_text_safe__shows_what_hides_or_turns_text),
        cmocka_unit_test(test_text_safe__fits_any_room),
        cmocka_unit_test(test_text_safe__cuts_only_what_does_not_fit),
        cmocka_unit_test(test_text_safe__changes_nothing_the_second_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
