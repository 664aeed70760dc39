/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/text.h"
#include "proto/sync/fingerprint.h"
#include "tests/lib/test.h"

static struct ph_id id_of(uint8_t first, uint8_t last)
{
    struct ph_id id = {{0}};

    id.b[0] = first;
    id.b[31] = last;
    return id;
}

/* Expected: SHA-256, by coreutils, of 32 zero bytes and 00. */
static void test_fingerprint__of_nothing(void **state)
{
    struct ph_sum sum = {.count = 0};
    uint8_t out[PH_FINGERPRINT_LEN];
    char hex[2 * PH_FINGERPRINT_LEN + 1];

    (void)state;
    ph_fingerprint(out, &sum);
    ph_hex(hex, ph_bytes(out, sizeof(out)));
    assert_string_equal(hex, "7f9c9e31ac8256ca2f258583df262dbc");
}

/* Expected: likewise, of fe 01 00… (0xff + 0xff in the lowest byte) and 82 2c,
 * the varint of 300. */
static void test_fingerprint__adds_little_endian_and_counts_in_varints(void **state)
{
    struct ph_id id = id_of(0xff, 0);
    struct ph_sum sum = {.count = 298};
    struct ph_hash full;
    char hex[65];

    (void)state;
    ph_sum_add_id(&sum, &id);
    ph_sum_add_id(&sum, &id);
    assert_int_equal(sum.b[0], 0xfe);
    assert_int_equal(sum.b[1], 1);
    assert_int_equal(sum.count, 300);
    full = ph_fingerprint_full(&sum);
    ph_hex(hex, ph_bytes(full.b, sizeof(full.b)));
    assert_string_equal(hex, "8539634be26828a0668a7e7b45424c14038dbfe591aa5af84bf73d9b119b37fc");
}

static void test_fingerprint__sums_wrap_at_256_bits(void **state)
{
    struct ph_id all;
    struct ph_id one = id_of(1, 0);
    struct ph_sum sum = {.count = 0};
    struct ph_sum zero = {.count = 2};

    (void)state;
    memset(all.b, 0xff, sizeof(all.b));
    ph_sum_add_id(&sum, &all);
    ph_sum_add_id(&sum, &one);
    assert_true(ph_sum_equal(&sum, &zero));
    ph_sum_remove_id(&sum, &one);
    assert_memory_equal(sum.b, all.b, 32);
}

static void test_fingerprint__sums_come_apart_as_they_went_together(void **state)
{
    struct ph_sum left = {.count = 0};
    struct ph_sum right = {.count = 0};
    struct ph_sum both = {.count = 0};
    struct ph_sum empty = {.count = 0};

    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        struct ph_id id = id_of((uint8_t)(i * 77), (uint8_t)(255 - i));

        ph_sum_add_id(i % 3 ? &left : &right, &id);
        ph_sum_add_id(&both, &id);
    }
    ph_sum_add(&left, &right);
    assert_true(ph_sum_equal(&left, &both));
    ph_sum_remove(&left, &right);
    ph_sum_remove(&both, &left);
    assert_true(ph_sum_equal(&both, &right));
    ph_sum_remove(&both, &right);
    assert_true(ph_sum_equal(&both, &empty));
}

static void test_fingerprint__varints_have_as_few_digits_as_possible(void **state)
{
    static const struct {
        uint64_t v;
        const char *hex;
    } cases[] = {
        {0, "00"},       {127, "7f"},       {128, "8100"},
        {16383, "ff7f"}, {16384, "818000"}, {UINT64_MAX, "81ffffffffffffffff7f"},
    };

    (void)state;
    for (size_t i = 0; i < PH_LEN(cases); i++) {
        uint8_t out[PH_VARINT_MAX];
        char hex[2 * PH_VARINT_MAX + 1];

        ph_hex(hex, ph_bytes(out, ph__varint_encode(out, cases[i].v)));
        assert_string_equal(hex, cases[i].hex);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fingerprint__of_nothing),
        cmocka_unit_test(test_fingerprint__adds_little_endian_and_counts_in_varints),
        cmocka_unit_test(test_fingerprint__sums_wrap_at_256_bits),
        cmocka_unit_test(test_fingerprint__sums_come_apart_as_they_went_together),
        cmocka_unit_test(test_fingerprint__varints_have_as_few_digits_as_possible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
