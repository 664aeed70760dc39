/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/heap.h"
#include "proto/base/random.h"
#include "tests/lib/fail.h"
#include "tests/lib/test.h"

static void test_heap__gives_timers_when_they_are_due(void **state)
{
    (void)state;
    struct ph_heap heap;
    struct ph_timer timers[3] = {{.owner = NULL}};
    assert_int_equal(ph_heap_init(&heap, 3), PH_OK);
    assert_true(ph_heap_deadline(&heap) == PH_NEVER_MS);
    assert_null(ph_heap_take_due(&heap, PH_NEVER_MS));
    assert_int_equal(ph_heap_set(&heap, &timers[0], 30), PH_OK);
    assert_int_equal(ph_heap_set(&heap, &timers[1], 10), PH_OK);
    assert_int_equal(ph_heap_set(&heap, &timers[2], 20), PH_OK);
    assert_true(ph_heap_deadline(&heap) == 10);
    assert_null(ph_heap_take_due(&heap, 9));
    assert_ptr_equal(ph_heap_take_due(&heap, 10), &timers[1]);
    assert_false(ph_timer_is_set(&timers[1]));
    assert_null(ph_heap_take_due(&heap, 10));
    assert_ptr_equal(ph_heap_take_due(&heap, 99), &timers[2]);
    assert_ptr_equal(ph_heap_take_due(&heap, 99), &timers[0]);
    assert_null(ph_heap_take_due(&heap, 99));
    ph_heap_done(&heap);
}

static void test_heap__gives_equal_deadlines_in_the_order_of_setting(void **state)
{
    (void)state;
    struct ph_heap heap;
    struct ph_timer timers[20] = {{.owner = NULL}};
    assert_int_equal(ph_heap_init(&heap, 20), PH_OK);
    for (size_t i = 0; i < 20; i++)
        assert_int_equal(ph_heap_set(&heap, &timers[i], 5), PH_OK);
    assert_int_equal(ph_heap_set(&heap, &timers[0], 5), PH_OK); /* set again: goes last */
    for (size_t i = 1; i <= 20; i++)
        assert_ptr_equal(ph_heap_take_due(&heap, 5), &timers[i % 20]);
    ph_heap_done(&heap);
}

static void test_heap__holds_up_to_its_maximum_and_no_more(void **state)
{
    (void)state;
    struct ph_heap heap;
    struct ph_timer timers[3] = {{.owner = NULL}};
    assert_int_equal(ph_heap_init(&heap, 2), PH_OK);
    assert_int_equal(ph_heap_set(&heap, &timers[0], 1), PH_OK);
    assert_int_equal(ph_heap_set(&heap, &timers[1], 2), PH_OK);
    assert_int_equal(ph_heap_set(&heap, &timers[2], 3), PH_ERR_LIMIT);
    assert_false(ph_timer_is_set(&timers[2]));
    assert_int_equal(ph_heap_set(&heap, &timers[1], 9), PH_OK); /* moving is not adding */
    ph_heap_stop(&heap, &timers[0]);
    ph_heap_stop(&heap, &timers[0]);
    assert_int_equal(ph_heap_set(&heap, &timers[2], 3), PH_OK);
    ph_heap_done(&heap);
    assert_false(ph_timer_is_set(&timers[1]));
}

/* Setting, moving, stopping and taking at random, against a search over all timers. */
static void test_heap__agrees_with_a_plain_search(void **state)
{
    (void)state;
    enum {
        N = 50
    };
    static const uint8_t seed[32] = "heap";
    struct ph_random random;
    ph_random_init(&random, seed);
    struct ph_heap heap;
    static struct ph_timer timers[N];
    assert_int_equal(ph_heap_init(&heap, N), PH_OK);
    for (size_t step = 0; step < 50000; step++) {
        struct ph_timer *some = &timers[ph_random_below(&random, N)];
        uint64_t what = ph_random_below(&random, 10);
        if (what < 6) {
            assert_int_equal(ph_heap_set(&heap, some, ph_random_below(&random, 100)), PH_OK);
        } else if (what < 8) {
            ph_heap_stop(&heap, some);
        } else {
            const struct ph_timer *first = NULL;
            for (size_t i = 0; i < N; i++) {
                const struct ph_timer *t = &timers[i];
                if (ph_timer_is_set(t) && (!first || t->at < first->at ||
                                           (t->at == first->at && t->order < first->order)))
                    first = t;
            }
            assert_true(ph_heap_deadline(&heap) == (first ? first->at : PH_NEVER_MS));
            assert_ptr_equal(ph_heap_take_due(&heap, 100), first);
        }
    }
    ph_heap_done(&heap);
}

static void test_heap__takes_its_memory_at_birth(void **state)
{
    (void)state;
    struct ph_heap heap = {.n = 0};
    ph_test_fail_at(1);
    assert_int_equal(ph_heap_init(&heap, 4), PH_ERR_NOMEM);
    ph_test_fail_at(0);
    assert_int_equal(ph_heap_init(&heap, 0), PH_ERR_LIMIT);
    assert_int_equal(ph_heap_init(&heap, SIZE_MAX), PH_ERR_LIMIT);
    ph_heap_done(&heap);

    struct ph_timer timers[4] = {{.owner = NULL}};
    assert_int_equal(ph_heap_init(&heap, 4), PH_OK);
    ph_test_fail_at(0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(ph_heap_set(&heap, &timers[i], i), PH_OK);
    assert_int_equal(ph_test_allocations(), 0);
    ph_heap_done(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heap__gives_timers_when_they_are_due),
        cmocka_unit_test(test_heap__gives_equal_deadlines_in_the_order_of_setting),
        cmocka_unit_test(test_heap__holds_up_to_its_maximum_and_no_more),
        cmocka_unit_test(test_heap__agrees_with_a_plain_search),
        cmocka_unit_test(test_heap__takes_its_memory_at_birth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
