/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "tests/lib/test.h"
#include "tools/cli/chosen.h"

static const uint8_t seed[32] = {7};

static struct ph_chosen_version version(const struct ph_chosen *chosen, const char *id,
                                        const char *org, ph_ms modified, uint8_t record)
{
    struct ph_chosen_version v = {.modified = modified, .created = 1000};
    ph_chosen_key(v.key, chosen, id);
    snprintf(v.org.s, sizeof(v.org.s), "%s", org);
    v.record.b[0] = record;
    return v;
}

static void offer(struct ph_chosen *chosen, struct ph_chosen_version v)
{
    assert_int_equal(ph_chosen_offer(chosen, &v), PH_OK);
}

/* Offer @a and @b in both orders; record 1 is @a's. */
static void expect_first(struct ph_chosen_version a, struct ph_chosen_version b)
{
    for (int swap = 0; swap < 2; swap++) {
        struct ph_chosen chosen;
        ph_chosen_init(&chosen, seed);
        ph_chosen_key(a.key, &chosen, "x");
        ph_chosen_key(b.key, &chosen, "x");
        offer(&chosen, swap ? b : a);
        offer(&chosen, swap ? a : b);
        assert_int_equal(ph_chosen_find(&chosen, "x")->record.b[0], a.record.b[0]);
        assert_int_equal(chosen.n, 1);
        ph_chosen_done(&chosen);
    }
}

static void test_chosen__takes_the_latest_of_an_organisation(void **state)
{
    struct ph_chosen c;
    (void)state;
    ph_chosen_init(&c, seed);
    expect_first(version(&c, "x", "IT", 20, 1), version(&c, "x", "IT", 10, 2));
    /* equal times: the later record */
    expect_first(version(&c, "x", "IT", 10, 3), version(&c, "x", "IT", 10, 2));
    struct ph_chosen_version later = version(&c, "x", "IT", 10, 1);
    later.modified_nanos = 1;
    expect_first(later, version(&c, "x", "IT", 10, 2));
}

static void test_chosen__prefers_the_organisation_that_made_the_object(void **state)
{
    struct ph_chosen c;
    (void)state;
    ph_chosen_init(&c, seed);
    struct ph_chosen_version owner = version(&c, "x", "CH", 10, 1);
    owner.is_owner = true;
    expect_first(owner, version(&c, "x", "IT", 20, 2));
    /* else whose object is older, whatever was modified last */
    struct ph_chosen_version older = version(&c, "x", "CH", 10, 1);
    older.created = 999;
    expect_first(older, version(&c, "x", "IT", 20, 2));
    /* else by code, so that two nodes choose alike */
    expect_first(version(&c, "x", "CH", 10, 1), version(&c, "x", "IT", 20, 2));
}

static void test_chosen__finds_each_of_many(void **state)
{
    struct ph_chosen c;
    char id[40];
    (void)state;
    ph_chosen_init(&c, seed);
    assert_null(ph_chosen_find(&c, "none"));
    for (unsigned i = 0; i < 5000; i++) {
        snprintf(id, sizeof(id), "indicator--%u", i);
        struct ph_chosen_version v = version(&c, id, "IT", 1, 1);
        v.position = i;
        offer(&c, v);
    }
    assert_int_equal(c.n, 5000);
    for (unsigned i = 0; i < 5000; i++) {
        snprintf(id, sizeof(id), "indicator--%u", i);
        assert_non_null(ph_chosen_find(&c, id));
        assert_int_equal(ph_chosen_find(&c, id)->position, i);
    }
    assert_null(ph_chosen_find(&c, "indicator--5000"));
    ph_chosen_done(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chosen__takes_the_latest_of_an_organisation),
        cmocka_unit_test(test_chosen__prefers_the_organisation_that_made_the_object),
        cmocka_unit_test(test_chosen__finds_each_of_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
