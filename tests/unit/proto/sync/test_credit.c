/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/sync/credit.h"
#include "proto/wire/message.h"
#include "tests/lib/test.h"

static struct ph_credit fresh(void)
{
    struct ph_credit credit;
    ph_credit_init(&credit, 1000);
    return credit;
}

static void test_credit__grants_its_budget_once_and_then_what_was_dealt_with(void **state)
{
    (void)state;
    struct ph_credit c = fresh();
    assert_int_equal(ph_credit_take_grant(&c, true), 1000);
    assert_int_equal(ph_credit_take_grant(&c, true), 0);
    assert_int_equal(ph_credit_received(&c, 300), PH_OK);
    assert_int_equal(ph_credit_take_grant(&c, true), 0);
    ph_credit_settle(&c, 300, true);
    assert_int_equal(ph_credit_take_grant(&c, true), 300);
}

static void test_credit__saves_up_small_grants_while_busy(void **state)
{
    (void)state;
    struct ph_credit c = fresh();
    (void)ph_credit_take_grant(&c, true);
    assert_int_equal(ph_credit_received(&c, 500), PH_OK);
    ph_credit_settle(&c, 249, true);
    assert_int_equal(ph_credit_take_grant(&c, false), 0);
    ph_credit_settle(&c, 1, true);
    assert_int_equal(ph_credit_take_grant(&c, false), 250);
    ph_credit_settle(&c, 1, true);
    assert_int_equal(ph_credit_take_grant(&c, true), 1);
}

static void test_credit__refuses_more_than_was_granted(void **state)
{
    (void)state;
    struct ph_credit c = fresh();
    assert_int_equal(ph_credit_received(&c, 1), PH_ERR_PROTOCOL);
    (void)ph_credit_take_grant(&c, true);
    assert_int_equal(ph_credit_received(&c, 1001), PH_ERR_PROTOCOL);
    assert_int_equal(ph_credit_received(&c, 1000), PH_OK);
    assert_int_equal(ph_credit_received(&c, 1), PH_ERR_PROTOCOL);
}

static void test_credit__spends_only_what_it_has(void **state)
{
    (void)state;
    struct ph_credit c = fresh();
    assert_false(ph_credit_spend(&c, 1));
    assert_int_equal(ph_credit_granted(&c, 10), PH_OK);
    assert_false(ph_credit_spend(&c, 11));
    assert_true(ph_credit_spend(&c, 10));
    assert_false(ph_credit_spend(&c, 1));
}

static void test_credit__absurd_grants_are_an_error_and_never_wrap(void **state)
{
    (void)state;
    struct ph_credit c = fresh();
    assert_int_equal(ph_credit_granted(&c, 0), PH_ERR_PROTOCOL);
    assert_int_equal(ph_credit_granted(&c, UINT64_MAX), PH_ERR_PROTOCOL);
    assert_int_equal(ph_credit_granted(&c, (uint64_t)PH_CREDIT_MAX + 1), PH_ERR_PROTOCOL);
    assert_int_equal(ph_credit_granted(&c, PH_CREDIT_MAX), PH_OK);
    assert_int_equal(ph_credit_granted(&c, 1), PH_ERR_PROTOCOL);
    assert_int_equal(ph_credit_granted(&c, UINT64_MAX), PH_ERR_PROTOCOL);
    assert_int_equal(c.available, PH_CREDIT_MAX);
}

static void test_credit__withheld_bytes_come_back_when_the_store_works(void **state)
{
    (void)state;
    struct ph_credit c = fresh();
    (void)ph_credit_take_grant(&c, true);
    assert_int_equal(ph_credit_received(&c, 400), PH_OK);
    ph_credit_settle(&c, 400, false);
    assert_int_equal(ph_credit_take_grant(&c, true), 0);
    ph_credit_release(&c);
    assert_int_equal(ph_credit_take_grant(&c, true), 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_credit__grants_its_budget_once_and_then_what_was_dealt_with),
        cmocka_unit_test(test_credit__saves_up_small_grants_while_busy),
        cmocka_unit_test(test_credit__refuses_more_than_was_granted),
        cmocka_unit_test(test_credit__spends_only_what_it_has),
        cmocka_unit_test(test_credit__absurd_grants_are_an_error_and_never_wrap),
        cmocka_unit_test(test_credit__withheld_bytes_come_back_when_the_store_works),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
