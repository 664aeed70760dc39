/* SPDX-License-Identifier: Apache-2.0 */
#include <sodium.h>

#include "proto/base/map.h"
#include "proto/base/random.h"
#include "tests/lib/fail.h"
#include "tests/lib/test.h"

static const uint8_t seed[16] = {1, 2, 3};

struct key {
    uint8_t b[32];
};

static struct key key_of(uint32_t n)
{
    struct key key = {.b = {0}};
    ph_put_be32(key.b + 14, n);
    return key;
}

static void test_map__remembers_what_was_put(void **state)
{
    (void)state;
    struct ph_map map;
    int values[3];
    struct key keys[3] = {key_of(1), key_of(2), key_of(3)};
    assert_int_equal(ph_map_init(&map, 3, seed), PH_OK);
    assert_null(ph_map_get(&map, keys[0].b));
    assert_null(ph_map_take(&map, keys[0].b));
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(ph_map_put(&map, keys[i].b, &values[i]), PH_OK);
    for (size_t i = 0; i < 3; i++)
        assert_ptr_equal(ph_map_get(&map, keys[i].b), &values[i]);
    assert_int_equal(ph_map_put(&map, keys[1].b, &values[2]), PH_OK); /* replaces, though full */
    assert_ptr_equal(ph_map_get(&map, keys[1].b), &values[2]);
    assert_int_equal(ph_map_count(&map), 3);
    ph_map_done(&map);
}

static void test_map__holds_up_to_its_maximum_and_no_more(void **state)
{
    (void)state;
    for (size_t max = 1; max < 40; max++) {
        struct ph_map map;
        int value;
        struct key extra = key_of(1000);
        assert_int_equal(ph_map_init(&map, max, seed), PH_OK);
        ph_test_fail_at(0);
        for (uint32_t i = 0; i < max; i++) {
            struct key key = key_of(i);
            assert_int_equal(ph_map_put(&map, key.b, &value), PH_OK);
        }
        assert_int_equal(ph_map_put(&map, extra.b, &value), PH_ERR_LIMIT);
        assert_int_equal(ph_map_count(&map), max);
        assert_null(ph_map_get(&map, extra.b));
        struct key first = key_of(0);
        assert_ptr_equal(ph_map_take(&map, first.b), &value);
        assert_int_equal(ph_map_put(&map, extra.b, &value), PH_OK);
        assert_int_equal(ph_test_allocations(), 0);
        ph_map_done(&map);
    }
}

/* Puts, replacements and removals at random, against a plain array. */
static void test_map__agrees_with_a_plain_array(void **state)
{
    (void)state;
    enum {
        N = 64,
        MAX = 48
    };
    static const uint8_t random_seed[32] = "map";
    struct ph_random random;
    ph_random_init(&random, random_seed);
    struct ph_map map;
    void *model[N] = {NULL};
    size_t n_model = 0;
    static char values[256];
    assert_int_equal(ph_map_init(&map, MAX, seed), PH_OK);
    for (size_t step = 0; step < 20000; step++) {
        uint32_t i = (uint32_t)ph_random_below(&random, N);
        struct key key = key_of(i);
        /* Waves of mostly putting and mostly taking, so that it is full and empty at times. */
        if (ph_random_below(&random, 8) < (step / 500 % 2 ? 2u : 6u)) {
            void *value = &values[ph_random_below(&random, sizeof(values))];
            enum ph_err want = model[i] || n_model < MAX ? PH_OK : PH_ERR_LIMIT;
            assert_int_equal(ph_map_put(&map, key.b, value), want);
            n_model += want == PH_OK && !model[i];
            model[i] = want == PH_OK ? value : NULL;
        } else {
            assert_ptr_equal(ph_map_take(&map, key.b), model[i]);
            n_model -= model[i] != NULL;
            model[i] = NULL;
        }
        assert_int_equal(ph_map_count(&map), n_model);
        for (uint32_t j = 0; j < N; j++) {
            struct key other = key_of(j);
            assert_ptr_equal(ph_map_get(&map, other.b), model[j]);
        }
    }
    ph_map_done(&map);
}

static void test_map__is_walked_in_the_same_order_under_any_seed(void **state)
{
    (void)state;
    int value;
    for (uint8_t s = 0; s < 20; s++) {
        uint8_t other_seed[16] = {s};
        struct ph_map map;
        assert_int_equal(ph_map_init(&map, 10, other_seed), PH_OK);
        for (uint32_t i = 0; i < 10; i++) {
            struct key key = key_of(i);
            assert_int_equal(ph_map_put(&map, key.b, &value), PH_OK);
        }
        struct key third = key_of(3);
        assert_ptr_equal(ph_map_take(&map, third.b), &value); /* the last one takes its place */
        static const uint32_t order[] = {0, 1, 2, 9, 4, 5, 6, 7, 8};
        for (size_t i = 0; i < PH_LEN(order); i++) {
            struct key key = key_of(order[i]);
            assert_memory_equal(ph_map_at(&map, i)->key, key.b, 32);
        }
        assert_null(ph_map_at(&map, 9));
        ph_map_done(&map);
    }
}

static void test_map__may_lose_entries_during_a_walk_from_the_end(void **state)
{
    (void)state;
    static int values[10];
    struct ph_map map;
    assert_int_equal(ph_map_init(&map, 10, seed), PH_OK);
    for (uint32_t i = 0; i < 10; i++) {
        struct key key = key_of(i);
        assert_int_equal(ph_map_put(&map, key.b, &values[i]), PH_OK);
    }
    size_t seen = 0;
    for (size_t i = ph_map_count(&map); i-- > 0; seen++) {
        struct ph_map_entry entry = *ph_map_at(&map, i);
        if ((int *)entry.value - values < 5)
            assert_ptr_equal(ph_map_take(&map, entry.key), entry.value);
    }
    assert_int_equal(seen, 10);
    assert_int_equal(ph_map_count(&map), 5);
    ph_map_clear(&map);
    assert_int_equal(ph_map_count(&map), 0);
    struct key last = key_of(9);
    assert_null(ph_map_get(&map, last.b));
    assert_int_equal(ph_map_put(&map, last.b, values), PH_OK);
    ph_map_done(&map);
}

static void test_map__survives_failed_allocations_and_bad_sizes(void **state)
{
    (void)state;
    struct ph_map map = {.n = 0};
    for (size_t n = 1; n <= 2; n++) {
        ph_test_fail_at(n);
        assert_int_equal(ph_map_init(&map, 4, seed), PH_ERR_NOMEM);
    }
    ph_test_fail_at(0);
    assert_int_equal(ph_map_init(&map, 0, seed), PH_ERR_LIMIT);
    assert_int_equal(ph_map_init(&map, (size_t)PH_MAP_MAX + 1, seed), PH_ERR_LIMIT);
    ph_map_clear(&map);
    ph_map_done(&map);
    ph_map_done(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_map__remembers_what_was_put),
        cmocka_unit_test(test_map__holds_up_to_its_maximum_and_no_more),
        cmocka_unit_test(test_map__agrees_with_a_plain_array),
        cmocka_unit_test(test_map__is_walked_in_the_same_order_under_any_seed),
        cmocka_unit_test(test_map__may_lose_entries_during_a_walk_from_the_end),
        cmocka_unit_test(test_map__survives_failed_allocations_and_bad_sizes),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
