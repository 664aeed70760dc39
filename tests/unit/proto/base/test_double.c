/* SPDX-License-Identifier: Apache-2.0
 *
 * Expected texts are those of CPython's repr(). */
#include <locale.h>
#include <math.h>
#include <stdlib.h>

#include "proto/base/random.h"
#include "proto/base/text.h"
#include "tests/lib/test.h"

static void test_double__writes_the_shortest_text(void **state)
{
    (void)state;
    static const struct {
        double v;
        const char *text;
    } doubles[] = {
        {0x0.0p+0, "0.0"},
        {-0x0.0p+0, "-0.0"},
        {0x1.0000000000000p+0, "1.0"},
        {-0x1.0000000000000p+0, "-1.0"},
        {0x1.999999999999ap-4, "0.1"},
        {0x1.0000000000000p-1, "0.5"},
        {0x1.9000000000000p+6, "100.0"},
        {0x1.c6bf526340000p+49, "1000000000000000.0"},
        {0x1.1c37937e08000p+53, "1e+16"},
        {0x1.b69b4ba630f35p+56, "1.2345678901234568e+17"},
        {0x1.0f0cf064dd592p+73, "1e+22"},
        {0x1.52d02c7e14af6p+76, "1e+23"},
        {0x0.0000000000001p-1022, "5e-324"},
        {0x1.0000000000000p-1022, "2.2250738585072014e-308"},
        {0x1.fffffffffffffp+1023, "1.7976931348623157e+308"},
        {0x1.a36e2eb1c432dp-14, "0.0001"},
        {0x1.4f8b588e368f1p-17, "1e-05"},
        {0x1.3333333333334p-2, "0.30000000000000004"},
        {0x1.5555555555555p-2, "0.3333333333333333"},
        {0x1.77954c985f06fp+5, "46.9479"},
        {0x1.dca2339c0ebeep+2, "7.4474"},
        {0x1.0000000000000p+53, "9007199254740992.0"},
        {0x1.fffffffffffffp+52, "9007199254740991.0"},
        {0x1.18b54f22aeb03p+50, "1234567890123456.8"},
        {-0x1.81cd6c8b43958p+13, "-12345.678"},
        {0x1.1eb2d66005835p+997, "1.5e+300"},
        {0x1.9cb8320b15070p-17, "1.23e-05"},
        {0x1.8e757928e0c9ep-14, "9.5e-05"},
        {0x1.0000000000000p+56, "7.205759403792794e+16"},
        {0x1.1666666666666p+2, "4.35"},
        {0x1.1de784a000000p+28, "299792458.0"},
        {0x1.6345785d89fffp+56, "9.999999999999998e+16"},
    };
    for (size_t i = 0; i < PH_LEN(doubles); i++) {
        char text[PH_DOUBLE_TEXT_MAX];
        ph_double_text(text, doubles[i].v);
        assert_string_equal(text, doubles[i].text);
    }
}

static void check_round_trip(double v)
{
    char text[PH_DOUBLE_TEXT_MAX];
    ph_double_text(text, v);
    double back = strtod(text, NULL);
    assert_memory_equal(&back, &v, sizeof(v));
    assert_non_null(strpbrk(text, ".e"));
    assert_null(strchr(text, ','));
}

static void test_double__reads_back_as_the_same_bits(void **state)
{
    (void)state;
    static const uint8_t seed[32] = "double";
    struct ph_random random;
    ph_random_init(&random, seed);
    for (size_t i = 0; i < 20000; i++) {
        uint64_t bits = ph_random_u64(&random);
        double v;
        memcpy(&v, &bits, sizeof(v));
        if (isfinite(v))
            check_round_trip(v);
        check_round_trip((double)(int64_t)bits / 1000.0);
        check_round_trip((double)(bits >> 40) / 10000.0);
    }
}

static void test_double__writes_a_full_stop_in_any_locale(void **state)
{
    (void)state;
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "it_IT.UTF-8", "de_DE.utf8"};
    const char *set = NULL;
    for (size_t i = 0; i < PH_LEN(names) && !set; i++)
        set = setlocale(LC_NUMERIC, names[i]);
    if (!set)
        skip(); /* only C is installed here */
    char text[PH_DOUBLE_TEXT_MAX];
    ph_double_text(text, 0.1);
    assert_string_equal(text, "0.1");
    ph_double_text(text, 1.5e300);
    assert_string_equal(text, "1.5e+300");
    assert_non_null(setlocale(LC_NUMERIC, "C"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_double__writes_the_shortest_text),
        cmocka_unit_test(test_double__reads_back_as_the_same_bits),
        cmocka_unit_test(test_double__writes_a_full_stop_in_any_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
