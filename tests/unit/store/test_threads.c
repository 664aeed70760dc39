/* SPDX-License-Identifier: Apache-2.0
 *
 * One store, several threads: records come in, are published, indexed, looked up, reconciled and
 * counted at the same time, as in the daemon. Run under ThreadSanitizer too. */
#include <pthread.h>
#include <stdatomic.h>

#include "tests/lib/test.h"
#include "tests/unit/store/store_test.h"

#define BATCHES 30
#define PER     10

struct shared {
    struct ph_test_node *node;
    struct ph_published foreign;
    struct ph_record *retracts[BATCHES]; /* of the last record of each batch */
    atomic_bool stop;
    atomic_int errors;
};

static void note(struct shared *s, bool ok)
{
    if (!ok)
        atomic_fetch_add(&s->errors, 1);
}

static void *receive(void *ctx)
{
    struct shared *s = ctx;
    for (size_t i = 0; i + PER <= s->foreign.n_records; i += PER) {
        struct ph_batch_item items[PER];
        struct ph_batch batch = {
            .members = s->node->members, .now = PH_TEST_NOW, .n = PER, .items = items};
        struct ph_batch *one = &batch;
        for (size_t k = 0; k < PER; k++)
            items[k] = (struct ph_batch_item){.record = s->foreign.records[i + k]};
        note(s, ph_store_commit(s->node->store, &one, 1, PH_TEST_NOW, NULL) == PH_OK);
        for (size_t k = 0; k < PER; k++)
            note(s, items[k].verdict == PH_OK);
        /* While the follower may be reading that very record. */
        items[0] = (struct ph_batch_item){.record = s->retracts[i / PER]};
        batch.n = 1;
        note(s, ph_store_commit(s->node->store, &one, 1, PH_TEST_NOW, NULL) == PH_OK);
        note(s, items[0].verdict == PH_OK);
    }
    return NULL;
}

/* An object that differs with @n, in canonical msgpack: {"type":"note","id":"note--<n>"}. */
static struct ph_bytes make_note(uint8_t out[static 64], unsigned n)
{
    static const char start[] = "\x82\xa4type\xa4note\xa2id\xd9\x29note--00000000-0000-4000-8000-"
                                "000000000000";
    memcpy(out, start, sizeof(start) - 1);
    for (size_t i = sizeof(start) - 2; n > 0; i--, n /= 10)
        out[i] = (uint8_t)('0' + n % 10);
    return ph_bytes(out, sizeof(start) - 1);
}

static void *publish(void *ctx)
{
    struct shared *s = ctx;
    for (unsigned i = 0; i < BATCHES; i++) {
        uint8_t bytes[64];
        struct ph_bytes object = make_note(bytes, i + 1);
        struct ph_publication p = {.label = PH_TLP_AMBER,
                                   .audience = ph_test_community_audience(),
                                   .objects = &object,
                                   .n_objects = 1};
        struct ph_published out;
        enum ph_err err =
            ph_store_publish(s->node->store, s->node->members, &p, PH_TEST_NOW + i, &out, NULL);
        note(s, err == PH_OK && out.n_new == 1);
        if (err == PH_OK)
            ph_published_done(&out);
    }
    return NULL;
}

static void *follow(void *ctx)
{
    struct shared *s = ctx;
    while (!atomic_load(&s->stop)) {
        bool more;
        note(s, ph_store_index(s->node->store, s->node->members, 7, &more, NULL) == PH_OK);
    }
    return NULL;
}

static bool see(void *ctx, const struct ph_object *object)
{
    (void)ctx;
    return object->json != NULL;
}

static void *look_up(void *ctx)
{
    struct shared *s = ctx;
    struct ph_observable o;
    struct ph_counts counts;
    note(s, ph_observable_parse(&o, ph_bytes_str("d5.example"), NULL) == PH_OK);
    while (!atomic_load(&s->stop)) {
        struct ph_reading *reading;
        size_t found = 0;
        note(s, ph_reading_new(&reading, s->node->store, s->node->members, NULL) == PH_OK);
        note(s, ph_lookup(reading, &o, see, NULL, &found, NULL) == PH_OK);
        note(s, found <= 1);
        ph_reading_free(reading);
        note(s, ph_counts(s->node->store, &counts, NULL) == PH_OK);
    }
    return NULL;
}

static void *reconcile(void *ctx)
{
    struct shared *s = ctx;
    struct ph_view view;
    struct ph_channel channel = {.kind = PH_CHANNEL_COMMUNITY};
    note(s, ph_store_view_new(&view, s->node->store) == PH_OK);
    while (!atomic_load(&s->stop)) {
        struct ph_sum head = {0};
        struct ph_sum sum = {0};
        note(s, view.begin(view.ctx) == PH_OK);
        note(s, view.head(view.ctx, &channel, &head.count, head.b) == PH_OK);
        note(s, view.sum(view.ctx, &channel, &PH_BOUND_ZERO, &PH_BOUND_INFINITY, &sum.count,
                         sum.b) == PH_OK);
        note(s, ph_sum_equal(&head, &sum));
        view.end(view.ctx);
    }
    ph_store_view_free(&view);
    return NULL;
}

static void test_threads__share_one_store(void **state)
{
    (void)state;
    struct ph_test_community *community = ph_test_community(2, NULL);
    struct ph_test_node *ch = ph_test_node(community, "CH");
    struct shared s = {.node = ph_test_node(community, "IT")};
    s.foreign = ph_test_publish(ch, PH_TLP_GREEN, ph_test_community_audience(), 0,
                                BATCHES * PER - 1, true, PH_TEST_NOW);
    for (size_t i = 0; i < BATCHES; i++) {
        s.retracts[i] = ph_test_retract(ch, &s.foreign.records[i * PER + PER - 1], 1, PH_TEST_NOW);
        s.retracts[i]->author_org = ch->org->code;
    }
    pthread_t writers[2], others[4];
    assert_int_equal(pthread_create(&writers[0], NULL, receive, &s), 0);
    assert_int_equal(pthread_create(&writers[1], NULL, publish, &s), 0);
    void *(*const loops[])(void *) = {follow, look_up, look_up, reconcile};
    for (size_t i = 0; i < PH_LEN(others); i++)
        assert_int_equal(pthread_create(&others[i], NULL, loops[i], &s), 0);
    for (size_t i = 0; i < PH_LEN(writers); i++)
        assert_int_equal(pthread_join(writers[i], NULL), 0);
    atomic_store(&s.stop, true);
    for (size_t i = 0; i < PH_LEN(others); i++)
        assert_int_equal(pthread_join(others[i], NULL), 0);
    assert_int_equal(atomic_load(&s.errors), 0);
    ph_test_index(s.node);
    /* 299 contents, a grant and 30 retractions from abroad, 30 contents and a grant of our own. */
    assert_int_equal(ph_test_counts(s.node).records, BATCHES * PER + 2 * BATCHES + 1);
    assert_int_equal(ph_test_counts(s.node).objects, BATCHES * PER - 1 - BATCHES);
    ph_test_clean(s.node);
    for (size_t i = 0; i < BATCHES; i++)
        ph_record_unref(s.retracts[i]);
    ph_published_done(&s.foreign);
    ph_test_node_free(ch);
    ph_test_node_free(s.node);
    ph_test_community_free(community);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads__share_one_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
