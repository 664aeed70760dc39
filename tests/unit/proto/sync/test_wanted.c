/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/sync/wanted.h"
#include "tests/lib/test.h"

static const uint8_t SEED[16] = {7};

static struct ph_id id_of(uint32_t n)
{
    struct ph_id id = {{0}};
    ph_put_be32(id.b, n);
    return id;
}

static void test_wanted__grows_to_its_limit_and_no_further(void **state)
{
    (void)state;
    struct ph__wanted wanted;
    struct ph__want *want;
    assert_int_equal(ph__wanted_init(&wanted, 1000, SEED), PH_OK);
    for (uint32_t i = 0; i < 1000; i++) {
        struct ph_id id = id_of(i);
        assert_int_equal(ph__wanted_add(&wanted, &id, &want), PH_OK);
        assert_true(ph_id_equal(&want->id, &id));
    }
    struct ph_id more = id_of(1000);
    assert_int_equal(ph__wanted_add(&wanted, &more, &want), PH_ERR_LIMIT);
    /* One out, one in; nobody was lost while it grew. */
    struct ph_id first = id_of(0);
    ph__wanted_remove(&wanted, ph__wanted_get(&wanted, &first));
    assert_null(ph__wanted_get(&wanted, &first));
    assert_int_equal(ph__wanted_add(&wanted, &more, &want), PH_OK);
    for (uint32_t i = 1; i <= 1000; i++) {
        struct ph_id id = id_of(i);
        assert_non_null(ph__wanted_get(&wanted, &id));
    }
    ph__wanted_done(&wanted);
}

static void test_wanted__remembers_a_few_sources_each_once(void **state)
{
    (void)state;
    struct ph__want want = {.n_sources = 0};
    for (ph_conn conn = 1; conn <= PH__SOURCES_MAX; conn++) {
        ph__want_add_source(&want, conn);
        ph__want_add_source(&want, conn);
    }
    assert_int_equal(want.n_sources, PH__SOURCES_MAX);
    ph__want_add_source(&want, 99);
    assert_false(ph__want_has_source(&want, 99));
    ph__want_drop_source(&want, 2);
    ph__want_drop_source(&want, 2);
    assert_int_equal(want.n_sources, PH__SOURCES_MAX - 1);
    assert_false(ph__want_has_source(&want, 2));
    assert_true(ph__want_has_source(&want, 1) && ph__want_has_source(&want, PH__SOURCES_MAX));
    ph__want_add_source(&want, 99);
    assert_true(ph__want_has_source(&want, 99));
}

static void test_wanted__refusals_end_with_their_time(void **state)
{
    (void)state;
    struct ph__refused refused = {.next = 0};
    struct ph_id id = id_of(1), other = id_of(2);
    assert_false(ph__refused_has(&refused, &id, 0)); /* before there is a table */
    assert_int_equal(ph__refused_init(&refused, 8, SEED), PH_OK);
    ph__refused_add(&refused, &id, 1000);
    assert_true(ph__refused_has(&refused, &id, 999));
    assert_false(ph__refused_has(&refused, &id, 1000));
    assert_false(ph__refused_has(&refused, &other, 0));
    ph__refused_add(&refused, &id, 2000); /* again: longer */
    assert_true(ph__refused_has(&refused, &id, 1500));
    ph__refused_done(&refused);
}

static void test_wanted__the_oldest_refusal_makes_room(void **state)
{
    (void)state;
    struct ph__refused refused;
    assert_int_equal(ph__refused_init(&refused, 8, SEED), PH_OK);
    for (uint32_t i = 0; i < 100; i++) {
        struct ph_id id = id_of(i);
        ph__refused_add(&refused, &id, 1000);
        for (uint32_t k = 0; k <= i; k++) {
            struct ph_id known = id_of(k);
            assert_int_equal(ph__refused_has(&refused, &known, 0), k + 8 > i);
        }
    }
    ph__refused_done(&refused);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wanted__grows_to_its_limit_and_no_further),
        cmocka_unit_test(test_wanted__remembers_a_few_sources_each_once),
        cmocka_unit_test(test_wanted__refusals_end_with_their_time),
        cmocka_unit_test(test_wanted__the_oldest_refusal_makes_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
