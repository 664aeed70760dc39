/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <time.h>

#include "proto/base/text.h"
#include "tests/lib/test.h"

#define LAST ((ph_ms)UINT64_C(253402300799999))

static bool parse(const char *text, ph_ms *out, uint32_t *out_nanos)
{
    return ph_time_parse(ph_bytes_str(text), out, out_nanos);
}

static void test_time__writes_and_reads_the_same_instant(void **state)
{
    (void)state;
    static const struct {
        ph_ms ms;
        const char *text;
    } times[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {1, "1970-01-01T00:00:00.001Z"},
        {UINT64_C(951782399999), "2000-02-28T23:59:59.999Z"},
        {UINT64_C(951782400000), "2000-02-29T00:00:00.000Z"},
        {UINT64_C(951868800000), "2000-03-01T00:00:00.000Z"},
        {UINT64_C(1795428000123), "2026-11-23T10:00:00.123Z"},
        {UINT64_C(4107542400000), "2100-03-01T00:00:00.000Z"},
        {LAST, "9999-12-31T23:59:59.999Z"},
    };
    for (size_t i = 0; i < PH_LEN(times); i++) {
        char text[PH_TIME_TEXT_MAX];
        ph_ms back = 1;
        uint32_t nanos = 1;
        ph_time_text(text, times[i].ms);
        assert_string_equal(text, times[i].text);
        assert_true(parse(text, &back, &nanos));
        assert_true(back == times[i].ms);
        assert_int_equal(nanos, 0);
    }
}

/* Each day from 1970 to 2500 against the C library's calendar. */
static void test_time__agrees_with_the_c_library_on_every_day(void **state)
{
    (void)state;
    for (time_t day = 0; day < 193600; day++) {
        time_t t = day * 86400 + 43261;
        struct tm tm;
        char want[PH_TIME_TEXT_MAX + 40];
        char text[PH_TIME_TEXT_MAX];
        ph_ms back;
        assert_non_null(gmtime_r(&t, &tm));
        (void)snprintf(want, sizeof(want), "%04d-%02d-%02dT%02d:%02d:%02d.007Z", tm.tm_year + 1900,
                       tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
        ph_time_text(text, (ph_ms)t * 1000 + 7);
        assert_string_equal(text, want);
        assert_true(parse(text, &back, NULL));
        assert_true(back == (ph_ms)t * 1000 + 7);
    }
}

static void test_time__clamps_years_of_five_digits(void **state)
{
    (void)state;
    char text[PH_TIME_TEXT_MAX];
    static const ph_ms late[] = {LAST + 1, UINT64_C(1) << 48, PH_NEVER_MS};
    for (size_t i = 0; i < PH_LEN(late); i++) {
        ph_time_text(text, late[i]);
        assert_string_equal(text, "9999-12-31T23:59:59.999Z");
    }
}

static void test_time__reads_any_number_of_fraction_digits(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        ph_ms ms;
        uint32_t nanos;
    } times[] = {
        {"1970-01-01T00:00:01Z", 1000, 0},
        {"1970-01-01T00:00:01.5Z", 1500, 0},
        {"1970-01-01T00:00:01.05Z", 1050, 0},
        {"1970-01-01T00:00:01.123456Z", 1123, 456000},
        {"1970-01-01T00:00:01.123456789Z", 1123, 456789},
        {"1970-01-01T00:00:01.999999999999999999999999Z", 1999, 999999},
        {"1970-01-01T00:00:01.000000001Z", 1000, 1},
        {"1970-01-01T00:00:01.0000000009Z", 1000, 0},
    };
    for (size_t i = 0; i < PH_LEN(times); i++) {
        ph_ms ms;
        uint32_t nanos;
        assert_true(parse(times[i].text, &ms, &nanos));
        assert_true(ms == times[i].ms);
        assert_int_equal(nanos, times[i].nanos);
    }
}

static void test_time__takes_instants_before_1970_as_0(void **state)
{
    (void)state;
    static const char *const texts[] = {"1969-12-31T23:59:59.999999Z", "1900-02-28T00:00:00Z",
                                        "0001-01-01T00:00:00.5Z", "0000-02-29T00:00:00Z"};
    for (size_t i = 0; i < PH_LEN(texts); i++) {
        ph_ms ms = 7;
        uint32_t nanos = 7;
        assert_true(parse(texts[i], &ms, &nanos));
        assert_true(ms == 0);
        assert_int_equal(nanos, 0);
    }
}

static void test_time__takes_a_leap_second_as_the_instant_that_follows(void **state)
{
    (void)state;
    ph_ms leap;
    ph_ms next;
    assert_true(parse("2016-12-31T23:59:60.25Z", &leap, NULL));
    assert_true(parse("2017-01-01T00:00:00.25Z", &next, NULL));
    assert_true(leap == next);
    assert_false(parse("2016-12-31T23:58:60Z", &leap, NULL));
    assert_false(parse("2016-12-31T22:59:60Z", &leap, NULL));
    assert_false(parse("2016-12-31T23:59:61Z", &leap, NULL));
}

static void test_time__knows_the_calendar(void **state)
{
    (void)state;
    static const uint8_t last[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    static const unsigned years[] = {1999, 2000, 2004, 2023, 2024, 2100, 2400, 9999};
    static const bool leap[] = {false, true, true, false, true, false, true, false};
    for (size_t i = 0; i < PH_LEN(years); i++) {
        for (unsigned month = 0; month <= 13; month++) {
            for (unsigned day = 0; day <= 32; day++) {
                char text[64];
                ph_ms ms;
                (void)snprintf(text, sizeof(text), "%04u-%02u-%02uT00:00:00Z", years[i], month,
                               day);
                bool exists = month >= 1 && month <= 12 && day >= 1 &&
                              day <= (unsigned)last[month - 1] + (month == 2 && leap[i]);
                assert_int_equal(parse(text, &ms, NULL), exists);
            }
        }
    }
}

static void test_time__refuses_every_other_form(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "Z",
        "2026-11-23",
        "2026-11-23T10:00:00",
        "2026-11-23T10:00Z",
        "2026-11-23T10:00:00.Z",
        "2026-11-23T10:00:00,5Z",
        "2026-11-23T10:00:00.5",
        "2026-11-23T10:00:00.5z",
        "2026-11-23t10:00:00Z",
        "2026-11-23 10:00:00Z",
        "2026-11-23T10:00:00+00:00",
        "2026-11-23T10:00:00.5+01:00",
        "2026-11-23T10:00:00ZZ",
        "2026-11-23T10:00:00Z ",
        " 2026-11-23T10:00:00Z",
        "2026-11-23T10:00:00.1 Z",
        "2026-11-23T10:00:00.1x2Z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T10:60:00Z",
        "2026-11-23T10:00:61Z",
        "+026-11-23T10:00:00Z",
        "12026-11-23T10:00:00Z",
        "2026-1-23T10:00:00Z",
        "2026/11/23T10:00:00Z",
    };
    for (size_t i = 0; i < PH_LEN(bad); i++) {
        ph_ms ms = 7;
        uint32_t nanos = 7;
        assert_false(parse(bad[i], &ms, &nanos));
        assert_true(ms == 7);
        assert_int_equal(nanos, 7);
    }
    ph_ms ms;
    assert_false(ph_time_parse(ph_bytes("2026-11-23T10:00:00\0Z", 21), &ms, NULL));
}

/* Each character of a good time, replaced by each byte: digits may change the time, nothing else
 * may pass. */
static void test_time__refuses_strange_characters_everywhere(void **state)
{
    (void)state;
    static const char good[] = "2026-11-13T10:10:10.111Z";
    for (size_t i = 0; i < sizeof(good) - 1; i++) {
        for (unsigned c = 0; c <= 0xff; c++) {
            char text[sizeof(good)];
            ph_ms ms;
            memcpy(text, good, sizeof(good));
            text[i] = (char)c;
            bool digit = c >= '0' && c <= '9';
            bool place = good[i] >= '0' && good[i] <= '9';
            if (c != (unsigned char)good[i] && !(digit && place))
                assert_false(ph_time_parse(ph_bytes(text, sizeof(good) - 1), &ms, NULL));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time__writes_and_reads_the_same_instant),
        cmocka_unit_test(test_time__agrees_with_the_c_library_on_every_day),
        cmocka_unit_test(test_time__clamps_years_of_five_digits),
        cmocka_unit_test(test_time__reads_any_number_of_fraction_digits),
        cmocka_unit_test(test_time__takes_instants_before_1970_as_0),
        cmocka_unit_test(test_time__takes_a_leap_second_as_the_instant_that_follows),
        cmocka_unit_test(test_time__knows_the_calendar),
        cmocka_unit_test(test_time__refuses_every_other_form),
        cmocka_unit_test(test_time__refuses_strange_characters_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
