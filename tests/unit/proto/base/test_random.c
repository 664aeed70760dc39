/* SPDX-License-Identifier: Apache-2.0 */
#include <sodium.h>

#include "proto/base/random.h"
#include "proto/base/text.h"
#include "tests/lib/test.h"

static struct ph_random start(uint8_t first)
{
    uint8_t seed[32];
    for (size_t i = 0; i < sizeof(seed); i++)
        seed[i] = (uint8_t)(first + i);
    struct ph_random random;
    ph_random_init(&random, seed);
    return random;
}

/* Expected bytes: `openssl enc -chacha20` over zeroes, key 00 to 1f, nonces 1 and 2 big-endian. */
static void test_random__gives_the_stream_of_chacha20(void **state)
{
    (void)state;
    struct ph_random random = start(0);
    uint8_t bytes[264];
    char text[529];
    ph_random_bytes(&random, bytes, sizeof(bytes));
    ph_hex(text, ph_bytes(bytes, sizeof(bytes)));
    assert_memory_equal(text, "0123b9e11afa89a6a9492b62f151faeb3aa3ec5be9fcbe70b058bf539af77bec",
                        64);
    assert_string_equal(text + 2 * 248, "1c3a5715ded569c8129d17a79b52f1b2");
}

static void test_random__repeats_from_its_seed_however_it_is_read(void **state)
{
    (void)state;
    uint8_t whole[1000];
    struct ph_random random = start(0);
    ph_random_bytes(&random, whole, sizeof(whole));
    for (size_t step = 1; step < 300; step += 7) {
        uint8_t parts[1000];
        random = start(0);
        for (size_t i = 0; i < sizeof(parts); i += step)
            ph_random_bytes(&random, parts + i, PH_MIN(step, sizeof(parts) - i));
        assert_memory_equal(parts, whole, sizeof(whole));
    }
    struct ph_random other = start(1);
    random = start(0);
    assert_true(ph_random_u64(&random) == ph_get_be64(whole));
    assert_false(ph_random_u64(&other) == ph_get_be64(whole));
}

static void test_random__stays_below_and_reaches_every_number(void **state)
{
    (void)state;
    struct ph_random random = start(3);
    for (uint64_t n = 1; n <= 10; n++) {
        unsigned counts[10] = {0};
        for (size_t i = 0; i < 10000; i++) {
            uint64_t v = ph_random_below(&random, n);
            assert_true(v < n);
            counts[v]++;
        }
        for (uint64_t v = 0; v < n; v++) { /* far outside of chance, for a fixed seed anyway */
            assert_true(counts[v] > 8500 / n);
            assert_true(counts[v] < 11500 / n + 1);
        }
    }
    assert_true(ph_random_below(&random, UINT64_MAX) < UINT64_MAX);
}

/* With n = 3/4 of the range, a plain remainder would give the lowest third twice as often. */
static void test_random__has_no_bias_for_large_bounds(void **state)
{
    (void)state;
    struct ph_random random = start(4);
    const uint64_t n = UINT64_C(3) << 62;
    unsigned low = 0;
    for (size_t i = 0; i < 9000; i++)
        low += ph_random_below(&random, n) < n / 3;
    assert_in_range(low, 2800, 3200);
}

static void test_random__jitters_over_the_whole_wait(void **state)
{
    (void)state;
    struct ph_random random = start(5);
    static const struct {
        ph_ms base, cap;
        unsigned attempt;
        ph_ms most;
    } waits[] = {
        {100, 10000, 0, 100},      {100, 10000, 1, 200},    {100, 10000, 6, 6400},
        {100, 10000, 7, 10000},    {100, 10000, 63, 10000}, {100, 10000, 64, 10000},
        {100, 10000, 1000, 10000}, {0, 10000, 3, 0},        {500, 100, 0, 100},
    };
    for (size_t i = 0; i < PH_LEN(waits); i++) {
        ph_ms least = PH_NEVER_MS;
        ph_ms most = 0;
        for (size_t j = 0; j < 2000; j++) {
            ph_ms wait =
                ph_random_full_jitter(&random, waits[i].base, waits[i].cap, waits[i].attempt);
            least = PH_MIN(least, wait);
            most = PH_MAX(most, wait);
        }
        assert_true(most <= waits[i].most);
        assert_true(most >= waits[i].most - waits[i].most / 20);
        assert_true(least <= waits[i].most / 20);
    }
    (void)ph_random_full_jitter(&random, 1, PH_NEVER_MS, 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random__gives_the_stream_of_chacha20),
        cmocka_unit_test(test_random__repeats_from_its_seed_however_it_is_read),
        cmocka_unit_test(test_random__stays_below_and_reaches_every_number),
        cmocka_unit_test(test_random__has_no_bias_for_large_bounds),
        cmocka_unit_test(test_random__jitters_over_the_whole_wait),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
