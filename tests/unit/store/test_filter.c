/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "proto/base/hash.h"
#include "store/filter.h"
#include "store/reading.h"
#include "tests/lib/test.h"
#include "tests/unit/store/store_test.h"

static bool count(void *ctx, const struct ph_object *object)
{
    (void)object;
    (*(size_t *)ctx)++;
    return true;
}

static size_t look_up(struct ph_reading *reading, const char *value)
{
    struct ph_observable o;
    size_t calls = 0;
    size_t found;
    assert_int_equal(ph_observable_parse(&o, ph_bytes_str(value), NULL), PH_OK);
    assert_int_equal(ph_lookup(reading, &o, count, &calls, &found, NULL), PH_OK);
    return found;
}

static void test_filter__hides_nothing_and_spares_most_misses(void **state)
{
    (void)state;
    struct ph_test_community *community = ph_test_community(2, NULL);
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_published p =
        ph_test_publish(it, PH_TLP_GREEN, ph_test_community_audience(), 0, 500, false, PH_TEST_NOW);
    ph_published_done(&p);
    ph_test_index(it);
    struct ph_reading *reading;
    assert_int_equal(ph_reading_new(&reading, it->store, it->members, NULL), PH_OK);
    for (unsigned i = 0; i < 2000; i++) {
        char value[64];
        (void)snprintf(value, sizeof(value), "x%u.example", i);
        assert_int_equal(look_up(reading, value), 0);
    }
    assert_non_null(reading->filter.lines);
    for (unsigned i = 0; i < 500; i++) {
        char value[64];
        (void)snprintf(value, sizeof(value), "d%u.example", i);
        assert_int_equal(look_up(reading, value), 1);
    }
    size_t alarms = 0;
    for (unsigned i = 0; i < 10000; i++) {
        struct ph_hash noise = ph_hash_one("test filter", ph_bytes(&i, sizeof(i)));
        struct ph__blind term;
        memcpy(term.b, noise.b, sizeof(term.b));
        alarms += ph__filter_may_have(&reading->filter, &term);
    }
    assert_true(alarms < 300); /* 0.5 % in theory, in lines of 64 bytes a little more */
    /* A new snapshot has what came since, and no filter that does not know it. */
    p = ph_test_publish(it, PH_TLP_GREEN, ph_test_community_audience(), 500, 501, false,
                        PH_TEST_NOW);
    ph_published_done(&p);
    ph_test_index(it);
    assert_int_equal(look_up(reading, "d500.example"), 0);
    assert_int_equal(ph_reading_refresh(reading, NULL), PH_OK);
    assert_null(reading->filter.lines);
    assert_int_equal(look_up(reading, "d500.example"), 1);
    ph_reading_free(reading);
    ph_test_node_free(it);
    ph_test_community_free(community);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filter__hides_nothing_and_spares_most_misses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
