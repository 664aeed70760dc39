/* SPDX-License-Identifier: Apache-2.0
 *
 * Whom an engine calls, and when, with nobody at the other end but this test. */
#include "proto/sync/engine.h"
#include "proto/sync/topology.h"
#include "tests/lib/community.h"
#include "tests/lib/test.h"
#include "tests/sim/mem_view.h"

struct caller {
    struct ph_test_community *community;
    struct sim_store store;
    struct ph_secret secret;
    struct ph_engine *engine;
    struct ph_now now;
    struct ph_dial dials[64];
    size_t n;
};

static struct ph_now at(ph_ms mono)
{
    return (struct ph_now){.wall = PH_TEST_T0 + PH_TEST_DAY_MS + mono, .mono = mono};
}

static void start(struct caller *c, size_t n_orgs, size_t self)
{
    memset(c, 0, sizeof(*c));
    c->community = ph_test_community(n_orgs, NULL);
    const struct ph_test_org *org = &c->community->orgs[self];
    sim_store_init(&c->store, &org->code);
    memcpy(c->secret.b, org->transport_secret, 32);
    struct ph_engine_config config = {.node = org->node_key,
                                      .transport = org->transport_key,
                                      .transport_secret = &c->secret,
                                      .org = org->code,
                                      .members = c->community->members,
                                      .view = sim_store_view(&c->store)};
    assert_int_equal(ph_engine_new(&c->engine, &config, at(0), NULL), PH_OK);
}

static void stop(struct caller *c)
{
    ph_engine_free(c->engine);
    sim_store_done(&c->store);
    ph_test_community_free(c->community);
}

/* The dials that are due at @mono. */
static size_t collect(struct caller *c, ph_ms mono)
{
    struct ph_effect effect;
    c->n = 0;
    c->now = at(mono);
    ph_engine_tick(c->engine, c->now);
    while (ph_engine_next(c->engine, &effect)) {
        assert_int_equal(effect.kind, PH_EFFECT_DIAL);
        assert_true(c->n < PH_LEN(c->dials));
        c->dials[c->n++] = effect.dial;
    }
    return c->n;
}

static void fail_all(struct caller *c)
{
    for (size_t i = 0; i < c->n; i++)
        ph_engine_dial_failed(c->engine, &c->dials[i], c->now);
}

static void test_topology__calls_everyone_in_a_small_community_and_never_itself(void **state)
{
    (void)state;
    struct caller c;
    start(&c, 5, 2);
    assert_int_equal(collect(&c, 0), 4);
    for (size_t i = 0; i < c.n; i++) {
        assert_false(ph_node_key_equal(&c.dials[i].node, &c.community->orgs[2].node_key));
        for (size_t k = 0; k < i; k++)
            assert_false(ph_node_key_equal(&c.dials[i].node, &c.dials[k].node));
    }
    assert_int_equal(collect(&c, 100000), 0); /* each once, until the host has answered */
    stop(&c);
}

static void test_topology__calls_eight_of_many_each_its_own(void **state)
{
    (void)state;
    struct caller a, b, again;
    start(&a, 30, 0);
    start(&b, 30, 1);
    start(&again, 30, 0);
    assert_int_equal(collect(&a, 0), PH_DEGREE);
    assert_int_equal(collect(&b, 0), PH_DEGREE);
    assert_int_equal(collect(&again, 0), PH_DEGREE);
    size_t same_as_b = 0;
    for (size_t i = 0; i < PH_DEGREE; i++) {
        assert_true(ph_node_key_equal(&a.dials[i].node, &again.dials[i].node)); /* stable */
        for (size_t k = 0; k < PH_DEGREE; k++)
            same_as_b += ph_node_key_equal(&a.dials[i].node, &b.dials[k].node);
    }
    assert_true(same_as_b < PH_DEGREE); /* keyed by who asks */
    stop(&a);
    stop(&b);
    stop(&again);
}

static void test_topology__calls_others_when_some_do_not_answer(void **state)
{
    (void)state;
    struct caller c;
    start(&c, 30, 0);
    size_t called = 0;
    struct ph_node_key seen[64];
    for (ph_ms mono = 0; mono < 60000; mono += 500) {
        (void)collect(&c, mono);
        for (size_t i = 0; i < c.n; i++) {
            bool is_new = true;
            for (size_t k = 0; k < called; k++)
                is_new = is_new && !ph_node_key_equal(&c.dials[i].node, &seen[k]);
            if (is_new && called < PH_LEN(seen))
                seen[called++] = c.dials[i].node;
        }
        fail_all(&c);
    }
    assert_int_equal(called, 2 * PH_DEGREE);
    stop(&c);
}

/* Nobody answers for a day: the pause grows to five minutes and no further, and is never regular.
 */
static void test_topology__backs_off_with_jitter(void **state)
{
    (void)state;
    struct caller c;
    ph_ms last = 0, longest = 0, sum = 0;
    size_t n = 0;
    start(&c, 2, 0);
    assert_int_equal(collect(&c, 0), 1);
    fail_all(&c);
    while (last < PH_TEST_DAY_MS) {
        ph_ms next = ph_engine_deadline(c.engine);
        assert_true(next != PH_NEVER_MS);
        next = PH_MAX(next, last);
        if (n >= 20) {
            longest = PH_MAX(longest, next - last);
            sum += next - last;
        }
        assert_true(next - last <= PH_DIAL_MAX_MS);
        assert_int_equal(collect(&c, next), 1);
        fail_all(&c);
        last = next;
        n++;
    }
    assert_true(longest > PH_DIAL_MAX_MS * 9 / 10);
    ph_ms mean = sum / (n - 20);
    assert_true(mean > PH_DIAL_MAX_MS * 4 / 10 && mean < PH_DIAL_MAX_MS * 6 / 10);
    stop(&c);
}

static void test_topology__tries_each_address_in_turn(void **state)
{
    (void)state;
    struct caller c;
    memset(&c, 0, sizeof(c));
    start(&c, 2, 0);
    struct ph_test_org *other = &c.community->orgs[1];
    struct ph_card_node *node = &other->card->nodes[0];
    memcpy(node->addresses[1], "192.0.2.7:7117", sizeof("192.0.2.7:7117"));
    node->n_addresses = 2;
    other->card->seq++;
    ph_test_sign_card(c.community, other);
    ph_test_take_card(c.community, other);
    ph_engine_members(c.engine, c.community->members, at(0));
    char first[PH_ADDRESS_MAX + 1];
    assert_int_equal(collect(&c, 0), 1);
    memcpy(first, c.dials[0].address, sizeof(first));
    fail_all(&c);
    assert_int_equal(collect(&c, PH_DIAL_MAX_MS), 1);
    assert_string_not_equal(c.dials[0].address, first);
    fail_all(&c);
    assert_int_equal(collect(&c, 3 * PH_DIAL_MAX_MS), 1);
    assert_string_equal(c.dials[0].address, first);
    stop(&c);
}

static void test_topology__a_node_not_on_its_card_gets_no_engine(void **state)
{
    (void)state;
    struct ph_test_community *community = ph_test_community(2, NULL);
    struct ph_test_org stranger = ph_test_newcomer("ZZ", 1);
    struct ph_secret secret;
    struct ph_engine *engine = NULL;
    struct ph_why why = {.code = PH_OK};
    memcpy(secret.b, stranger.transport_secret, 32);
    struct ph_engine_config config = {.node = stranger.node_key,
                                      .transport = stranger.transport_key,
                                      .transport_secret = &secret,
                                      .org = stranger.code,
                                      .members = community->members};
    assert_int_equal(ph_engine_new(&engine, &config, at(0), &why), PH_ERR_AUTHOR);
    assert_null(engine);
    assert_non_null(strstr(why.what, "ZZ"));
    ph_test_org_done(&stranger);
    ph_test_community_free(community);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_topology__calls_everyone_in_a_small_community_and_never_itself),
        cmocka_unit_test(test_topology__calls_eight_of_many_each_its_own),
        cmocka_unit_test(test_topology__calls_others_when_some_do_not_answer),
        cmocka_unit_test(test_topology__backs_off_with_jitter),
        cmocka_unit_test(test_topology__tries_each_address_in_turn),
        cmocka_unit_test(test_topology__a_node_not_on_its_card_gets_no_engine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
