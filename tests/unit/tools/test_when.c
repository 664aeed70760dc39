/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/test.h"
#include "tools/cli/when.h"

#define NOW UINT64_C(1795000000000)

static void test_when__reads_durations(void **state)
{
    static const struct {
        const char *text;
        ph_ms ms;
    } rows[] = {{"1s", 1000},        {"90m", 5400000},
                {"24h", 86400000},   {"30d", 2592000000},
                {"2w", 1209600000},  {"0s", 0},
                {"007d", 604800000}, {"999999999999s", UINT64_C(999999999999000)}};
    (void)state;
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        ph_ms ms = 1;
        assert_int_equal(ph_when_duration(&ms, rows[i].text, NULL), PH_OK);
        assert_int_equal(ms, rows[i].ms);
    }
}

static void test_when__refuses_what_is_no_duration(void **state)
{
    static const char *const rows[] = {"",   "s",    "1",   "1 h", "-1h",           "1hh",
                                       "1y", "1.5h", "h24", "1H",  "1000000000000s"};
    (void)state;
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        struct ph_why why = {0};
        ph_ms ms = 77;
        assert_int_equal(ph_when_duration(&ms, rows[i], &why), PH_ERR_INPUT);
        assert_int_equal(ms, 77);
        assert_non_null(strstr(why.what, "is no duration"));
    }
}

static void test_when__reads_moments(void **state)
{
    static const struct {
        const char *text;
        ph_ms at;
    } rows[] = {{"24h", NOW - 86400000},
                {"999999999999s", 0}, /* before 1970 is the beginning */
                {"2026-11-23", UINT64_C(1795392000000)},
                {"2026-11-23T10:00:00Z", UINT64_C(1795428000000)},
                {"2026-11-23T10:00:00.250Z", UINT64_C(1795428000250)}};
    (void)state;
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        ph_ms at = 1;
        assert_int_equal(ph_when_moment(&at, rows[i].text, NOW, NULL), PH_OK);
        assert_int_equal(at, rows[i].at);
    }
}

static void test_when__refuses_what_is_no_moment(void **state)
{
    static const char *const rows[] = {"",         "yesterday", "2026-13-01",
                                       "2026-1-2", "10:00",     "2026-11-23T10:00:00+01:00"};
    (void)state;
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        struct ph_why why = {0};
        ph_ms at = 77;
        assert_int_equal(ph_when_moment(&at, rows[i], NOW, &why), PH_ERR_INPUT);
        assert_non_null(strstr(why.what, "is no time"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_when__reads_durations),
        cmocka_unit_test(test_when__refuses_what_is_no_duration),
        cmocka_unit_test(test_when__reads_moments),
        cmocka_unit_test(test_when__refuses_what_is_no_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
