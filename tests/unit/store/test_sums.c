/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "proto/base/hash.h"
#include "proto/sync/negentropy_vector.h"
#include "store/channels.h"
#include "store/store_priv.h"
#include "tests/lib/test.h"
#include "tests/unit/store/store_test.h"

/* Ids and bounds that follow from a counter. */
static uint64_t noise(uint64_t n)
{
    uint8_t be[8];
    ph_put_be64(be, n);
    struct ph_hash hash = ph_hash_one("test noise", ph_bytes(be, sizeof(be)));
    return ph_get_be64(hash.b);
}

struct shape {
    const char *name;
    size_t n;
    ph_ms start;
    uint64_t spread; /* ms over which ids lie */
};

/* One ms, a burst, a sparse year, all of time. */
static const struct shape shapes[] = {
    {"few", 5, PH_TEST_NOW, 1000},
    {"at the split", PH_SUMS_SPLIT, PH_TEST_NOW, 1000},
    {"past the split", PH_SUMS_SPLIT + 1, PH_TEST_NOW, 1000},
    {"one millisecond", 3000, PH_TEST_NOW, 1},
    {"burst", 4000, PH_TEST_NOW, 300},
    {"sparse", 2000, PH_TEST_NOW, UINT64_C(31536000000)},
    {"all of time", 1500, 0, PH_CREATED_MAX},
};

static struct ph_id make_id(const struct shape *shape, uint64_t n)
{
    struct ph_id id;
    uint8_t be[8];
    ph_put_be64(be, shape->start + noise(2 * n) % shape->spread);
    memcpy(id.b, be + 2, 6);
    ph_put_be64(be, n);
    struct ph_hash hash = ph_hash_one("test id", ph_bytes(be, sizeof(be)));
    memcpy(id.b + 6, hash.b, 26);
    return id;
}

/* Puts the ids into channel and sums, in transactions of uneven size. */
static void fill(struct ph_store *store, const struct ph_channel *channel,
                 const struct shape *shape, struct ph_negentropy_vector *vector)
{
    size_t done = 0;
    while (done < shape->n) {
        struct ph__txn txn;
        struct ph__sums_batch sums = {0};
        size_t n = PH_MIN(1 + (size_t)(noise(done) % 700), shape->n - done);
        assert_int_equal(ph__store_begin(store, &txn, 1, NULL), PH_OK);
        for (size_t i = 0; i < n; i++, done++) {
            uint8_t key[PH_CHANNELS_KEY];
            struct ph_id id = make_id(shape, done);
            ph__channels_key(key, channel, &id);
            assert_int_equal(
                ph__db_put(&txn, PH_DB_CHANNELS, ph_bytes(key, sizeof(key)), ph_bytes(NULL, 0)),
                PH_OK);
            assert_int_equal(ph__sums_add(&sums, key), PH_OK);
            assert_int_equal(ph_negentropy_vector_add(vector, ph_id_created(&id), &id), PH_OK);
        }
        assert_int_equal(ph__sums_flush(&txn, &sums), PH_OK);
        ph__sums_done(&sums);
        assert_int_equal(ph__store_commit(store, &txn), PH_OK);
    }
    assert_int_equal(ph_negentropy_vector_seal(vector), PH_OK);
}

/* Bounds at items, between them, with short and with senseless prefixes, and the two ends. */
static struct ph_bound make_bound(const struct shape *shape, uint64_t n)
{
    struct ph_id id = make_id(shape, noise(n) % (shape->n + 3));
    struct ph_bound bound = {.created = ph_id_created(&id)};
    switch (noise(n + 1) % 6) {
    case 0:
        return PH_BOUND_ZERO;
    case 1:
        return PH_BOUND_INFINITY;
    case 2:
        bound.len = (uint8_t)(noise(n + 2) % 33);
        memcpy(bound.prefix, id.b, bound.len);
        break;
    case 3:
        bound.len = 32;
        memset(bound.prefix, 0xff, 32);
        break;
    case 4:
        bound.created += noise(n + 3) % 3;
        break;
    default:
        bound.len = 32;
        memcpy(bound.prefix, id.b, 32);
        break;
    }
    return bound;
}

static void compare_range(struct ph_view *view, const struct ph_channel *channel,
                          const struct ph_negentropy_set *set, struct ph_bound from,
                          struct ph_bound to)
{
    struct ph_sum expected;
    struct ph_sum got = {0};
    uint64_t size;
    if (ph_bound_cmp(&from, &to) > 0) {
        struct ph_bound swap = from;
        from = to;
        to = swap;
    }
    assert_int_equal(set->sum(set->ctx, &from, &to, &expected), PH_OK);
    assert_int_equal(view->sum(view->ctx, channel, &from, &to, &got.count, got.b), PH_OK);
    assert_true(ph_sum_equal(&expected, &got));
    assert_int_equal(view->size(view->ctx, channel, &from, &to, &size), PH_OK);
    assert_int_equal(size, expected.count);
    if (expected.count) {
        struct ph_item a, b;
        uint64_t k = expected.count * 2 / 3;
        assert_int_equal(set->select(set->ctx, &from, k, &a), PH_OK);
        assert_int_equal(view->select(view->ctx, channel, &from, k, &b), PH_OK);
        assert_int_equal(ph_item_cmp(&a, &b), 0);
    }
    struct ph_item listed[2][20];
    size_t n[2];
    assert_int_equal(set->list(set->ctx, &from, &to, 20, listed[0], &n[0]), PH_OK);
    assert_int_equal(view->list(view->ctx, channel, &from, &to, 20, listed[1], &n[1]), PH_OK);
    assert_int_equal(n[0], n[1]);
    for (size_t i = 0; i < n[0]; i++)
        assert_int_equal(ph_item_cmp(&listed[0][i], &listed[1][i]), 0);
}

static void test_sums__answer_as_brute_force_does_for_any_range(void **state)
{
    (void)state;
    struct ph_test_community *community = ph_test_community(2, NULL);
    struct ph_test_node *it = ph_test_node(community, "IT");
    for (size_t s = 0; s < PH_LEN(shapes); s++) {
        const struct shape *shape = &shapes[s];
        struct ph_channel channel = {.kind = PH_CHANNEL_GROUP, .id = {{(uint8_t)(s + 1)}}};
        struct ph_negentropy_vector vector = {0};
        fill(it->store, &channel, shape, &vector);
        struct ph_negentropy_set set = ph_negentropy_vector_set(&vector);
        struct ph_view view;
        assert_int_equal(ph_store_view_new(&view, it->store), PH_OK);
        assert_int_equal(view.begin(view.ctx), PH_OK);
        for (uint64_t i = 0; i < 400; i++)
            compare_range(&view, &channel, &set, make_bound(shape, 10 * i),
                          make_bound(shape, 10 * i + 5));
        struct ph_sum all, head;
        assert_int_equal(set.sum(set.ctx, &PH_BOUND_ZERO, &PH_BOUND_INFINITY, &all), PH_OK);
        assert_int_equal(view.head(view.ctx, &channel, &head.count, head.b), PH_OK);
        assert_true(ph_sum_equal(&all, &head));
        struct ph_item item;
        assert_int_equal(view.select(view.ctx, &channel, &PH_BOUND_ZERO, all.count, &item),
                         PH_ERR_RANGE);
        view.end(view.ctx);
        ph_store_view_free(&view);
        ph_negentropy_vector_done(&vector);

        struct ph__txn txn;
        uint8_t key[PH_CHANNEL_KEY];
        uint64_t buckets, wrong;
        ph_channel_key(key, &channel);
        assert_int_equal(ph__txn_read(&txn, &it->store->env, NULL), PH_OK);
        assert_int_equal(ph__sums_verify(&txn, key, &buckets, &wrong), PH_OK);
        assert_int_equal(wrong, 0);
        /* A sparse channel pays for its tree with less than an entry a record. */
        assert_true(buckets < shape->n + 12);
        ph__txn_abort(&txn);
    }
    ph_test_node_free(it);
    ph_test_community_free(community);
}

static void test_sums__of_an_unknown_channel_are_empty(void **state)
{
    (void)state;
    struct ph_test_community *community = ph_test_community(2, NULL);
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_channel channel = {.kind = PH_CHANNEL_DIRECT, .id = {{9}}};
    struct ph_view view;
    struct ph_sum head = {.count = 7};
    struct ph_item item;
    size_t n = 7;
    assert_int_equal(ph_store_view_new(&view, it->store), PH_OK);
    assert_int_equal(view.begin(view.ctx), PH_OK);
    assert_int_equal(view.head(view.ctx, &channel, &head.count, head.b), PH_OK);
    assert_int_equal(head.count, 0);
    assert_int_equal(
        view.list(view.ctx, &channel, &PH_BOUND_ZERO, &PH_BOUND_INFINITY, 1, &item, &n), PH_OK);
    assert_int_equal(n, 0);
    view.end(view.ctx);
    ph_store_view_free(&view);
    ph_test_node_free(it);
    ph_test_community_free(community);
}

static void test_sums__verify_finds_a_sum_that_was_changed(void **state)
{
    (void)state;
    struct ph_test_community *community = ph_test_community(2, NULL);
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_published p =
        ph_test_publish(it, PH_TLP_GREEN, ph_test_community_audience(), 0, 300, true, PH_TEST_NOW);
    ph_published_done(&p);
    ph_test_clean(it);
    struct ph__txn txn;
    struct ph__cursor c;
    assert_int_equal(ph__store_begin(it->store, &txn, 1, NULL), PH_OK);
    assert_int_equal(ph__cursor_open(&c, &txn, PH_DB_SUMS), PH_OK);
    assert_int_equal(ph__cursor_last(&c), PH_OK);
    uint8_t key[PH_SUMS_KEY], value[PH_SUMS_VALUE];
    memcpy(key, c.key.p, sizeof(key));
    memcpy(value, c.value.p, sizeof(value));
    value[20] ^= 1;
    assert_int_equal(ph__cursor_put(&c, ph_bytes(key, sizeof(key)), ph_bytes(value, sizeof(value))),
                     PH_OK);
    ph__cursor_close(&c);
    assert_int_equal(ph__store_commit(it->store, &txn), PH_OK);
    assert_int_equal(ph_test_findings(it), 1);
    ph_test_node_free(it);
    ph_test_community_free(community);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums__answer_as_brute_force_does_for_any_range),
        cmocka_unit_test(test_sums__of_an_unknown_channel_are_empty),
        cmocka_unit_test(test_sums__verify_finds_a_sum_that_was_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
