/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/record/pad.h"
#include "tests/lib/test.h"

/* The paper's algorithm 1 word by word, without the shortcuts of the code. */
static uint64_t padme_of_the_paper(uint64_t length)
{
    unsigned e = 0;
    while (length >> (e + 1) != 0)
        e++; /* E = floor(log2 L) */
    unsigned s = 0;
    while (e >> (s + 1) != 0)
        s++;
    s += 1;                                 /* S = floor(log2 E) + 1 */
    uint64_t step = UINT64_C(1) << (e - s); /* the last E - S bits must be zero */
    return (length + step - 1) / step * step;
}

static void test_pad__is_the_published_formula(void **state)
{
    (void)state;
    for (uint64_t n = 2; n < 200000; n++)
        if (ph_padme(n) != padme_of_the_paper(n))
            fail_msg("%llu", (unsigned long long)n);
    for (unsigned shift = 17; shift < 40; shift++) {
        for (uint64_t d = 0; d < 3; d++) {
            uint64_t n = (UINT64_C(1) << shift) - 1 + d;
            assert_true(ph_padme(n) == padme_of_the_paper(n));
        }
    }
}

/* Computed by hand: L in binary, the last E - S bits rounded up. */
static void test_pad__gives_known_lengths(void **state)
{
    (void)state;
    static const struct {
        uint64_t n;
        uint64_t padded;
    } rows[] = {
        {0, 0},
        {1, 1},
        {2, 2},
        {7, 7},
        {8, 8},
        {9, 10},
        {10, 10},
        {15, 16},
        {16, 16},
        {17, 18},
        {100, 104},
        {255, 256},
        {256, 256},
        {257, 272},
        {1000, 1024},
        {1025, 1088},
        {4000, 4096},
        {65537, 67584},
        {262145, 270336},
        {983049, 999424},
        {1048576, 1048576},
        {1048577, 1081344},
    };
    for (size_t i = 0; i < PH_LEN(rows); i++)
        if (ph_padme(rows[i].n) != rows[i].padded)
            fail_msg("%llu gives %llu", (unsigned long long)rows[i].n,
                     (unsigned long long)ph_padme(rows[i].n));
}

static void test_pad__costs_at_most_twelve_percent_and_settles(void **state)
{
    (void)state;
    for (uint64_t n = 1; n < 100000; n++) {
        uint64_t padded = ph_padme(n);
        assert_true(padded >= n);
        assert_true((padded - n) * 100 < n * 12);
        assert_true(ph_padme(padded) == padded);
    }
}

static void test_pad__does_not_wrap(void **state)
{
    (void)state;
    assert_true(ph_padme(UINT64_MAX) == UINT64_MAX);
    assert_true(ph_padme(UINT64_C(1) << 63) == UINT64_C(1) << 63);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pad__is_the_published_formula),
        cmocka_unit_test(test_pad__gives_known_lengths),
        cmocka_unit_test(test_pad__costs_at_most_twelve_percent_and_settles),
        cmocka_unit_test(test_pad__does_not_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
