/* SPDX-License-Identifier: Apache-2.0
 *
 * The door itself, with the least host there can be: two engines in one loop that hands bytes from
 * one to the other. Also with each allocation failing once: nothing crashes, nothing leaks, and the
 * next session makes good what the failure cost. */
#include <stdlib.h>

#include "proto/sync/engine.h"
#include "tests/lib/community.h"
#include "tests/lib/fail.h"
#include "tests/lib/test.h"
#include "tests/sim/mem_view.h"
#include "tests/sim/workload.h"

struct side {
    struct ph_engine *engine;
    struct sim_store store;
    struct ph_secret secret;
    bool open;      /* its end of the connection */
    uint8_t *inbox; /* bytes for it */
    size_t n_inbox;
    uint64_t n_events[PH_EVENT_CLONE + 1];
    enum ph_err last_reason;
    enum ph_err commit_err;
};

struct pair {
    struct ph_test_community *community;
    struct sim_world *world; /* for records only */
    struct side sides[2];
    struct ph_dial dial;
    bool dial_wanted;
    ph_ms mono;
    ph_conn conn;
    uint8_t ephemeral;
};

/* Allocations fail only inside calls of the engine: the host is not what is tested. */
static size_t fail_in;

static void arm(void)
{
    ph_test_fail_at(fail_in);
}

static void disarm(void)
{
    size_t asked = ph_test_allocations();
    ph_test_fail_at(0);
    if (fail_in > 0)
        fail_in = asked >= fail_in ? 0 : fail_in - asked;
}

static struct ph_now now_of(const struct pair *p)
{
    return (struct ph_now){.wall = PH_TEST_T0 + PH_TEST_DAY_MS + p->mono, .mono = p->mono};
}

static void start_side(struct pair *p, size_t i)
{
    struct side *side = &p->sides[i];
    const struct ph_test_org *org = &p->community->orgs[i];
    sim_store_init(&side->store, &org->code);
    memcpy(side->secret.b, org->transport_secret, 32);
    struct ph_engine_config config = {.node = org->node_key,
                                      .transport = org->transport_key,
                                      .transport_secret = &side->secret,
                                      .org = org->code,
                                      .members = p->community->members,
                                      .view = sim_store_view(&side->store),
                                      .boot = 1,
                                      .software = "test"};
    config.seed[0] = (uint8_t)i;
    config.store_id[0] = (uint8_t)i;
    enum ph_err err = PH_ERR_NOMEM;
    while (err) { /* at most once more */
        arm();
        err = ph_engine_new(&side->engine, &config, now_of(p), NULL);
        disarm();
        assert_true(err == PH_OK || err == PH_ERR_NOMEM);
    }
}

static void start(struct pair *p)
{
    *p = (struct pair){.mono = 1};
    p->community = ph_test_community(2, NULL);
    p->world = sim_world_new(1, PH_TEST_T0 + PH_TEST_DAY_MS);
    for (size_t i = 0; i < 2; i++)
        start_side(p, i);
}

static void stop(struct pair *p)
{
    for (size_t i = 0; i < 2; i++) {
        ph_engine_free(p->sides[i].engine);
        sim_store_done(&p->sides[i].store);
        free(p->sides[i].inbox);
    }
    sim_world_free(p->world);
    ph_test_community_free(p->community);
}

static void hand_over(struct side *to, struct ph_bytes bytes)
{
    if (!to->open)
        return;
    uint8_t *inbox = realloc(to->inbox, to->n_inbox + bytes.n);
    assert_non_null(inbox);
    memcpy(inbox + to->n_inbox, bytes.p, bytes.n);
    to->inbox = inbox;
    to->n_inbox += bytes.n;
}

static void hang_up(struct pair *p, size_t i)
{
    struct side *other = &p->sides[1 - i];
    p->sides[i].open = false;
    if (!other->open)
        return;
    other->open = false;
    other->n_inbox = 0;
    arm();
    ph_engine_closed(other->engine, p->conn, now_of(p));
    disarm();
}

static void do_effect(struct pair *p, size_t i, struct ph_effect *effect)
{
    struct side *side = &p->sides[i];
    struct ph_batch *batch;
    size_t n;
    switch (effect->kind) {
    case PH_EFFECT_SEND:
        n = effect->send.n;
        hand_over(&p->sides[1 - i], ph_buf_bytes(&effect->send));
        ph_buf_done(&effect->send);
        arm();
        ph_engine_sent(side->engine, effect->conn, n, now_of(p));
        disarm();
        return;
    case PH_EFFECT_CLOSE:
        side->last_reason = effect->close.reason;
        if (effect->conn == p->conn) /* what it sent last is read before the end is seen */
            side->open = false;
        return;
    case PH_EFFECT_DIAL:
        if (i == 0 && !p->dial_wanted) {
            p->dial = effect->dial;
            p->dial_wanted = true;
        } else {
            arm();
            ph_engine_dial_failed(side->engine, &effect->dial, now_of(p));
            disarm();
        }
        return;
    case PH_EFFECT_VERIFY:
        batch = effect->batch;
        ph_batch_verify(batch);
        arm();
        ph_engine_verified(side->engine, batch, now_of(p));
        disarm();
        return;
    case PH_EFFECT_COMMIT:
        batch = effect->batch;
        enum ph_err err =
            side->commit_err ? side->commit_err : sim_store_commit(&side->store, batch);
        arm();
        ph_engine_committed(side->engine, batch, err, now_of(p));
        disarm();
        return;
    case PH_EFFECT_TRUST:
        ph_trust_docs_done(&effect->trust);
        return;
    case PH_EFFECT_HANDSHAKE:
        sim_store_remember(&side->store, &effect->handshake.key, effect->handshake.at);
        return;
    case PH_EFFECT_EVENT:
        side->n_events[effect->event.kind]++;
        return;
    }
}

static void drain(struct pair *p, size_t i)
{
    struct ph_effect effect;
    for (bool more = true; more;) {
        arm();
        more = ph_engine_next(p->sides[i].engine, &effect);
        disarm();
        if (more)
            do_effect(p, i, &effect);
    }
}

static void connect(struct pair *p)
{
    uint8_t ephemeral[32] = {0};
    p->dial_wanted = false;
    p->conn++;
    for (size_t i = 0; i < 2; i++) {
        p->sides[i].open = true;
        p->sides[i].n_inbox = 0;
    }
    for (size_t i = 0; i < 2; i++) {
        ephemeral[0] = ++p->ephemeral;
        ephemeral[1] = 1;
        arm();
        ph_engine_connected(p->sides[1 - i].engine, p->conn, i == 1 ? &p->dial : NULL, ephemeral,
                            now_of(p));
        disarm();
    }
}

static void read_inbox(struct pair *p, size_t i)
{
    struct side *side = &p->sides[i];
    uint8_t *bytes = side->inbox;
    size_t n = side->n_inbox;
    side->inbox = NULL;
    side->n_inbox = 0;
    if (n > 0) {
        arm();
        ph_engine_bytes(side->engine, p->conn, ph_bytes(bytes, n), now_of(p));
        disarm();
    }
    free(bytes);
}

/* One millisecond at a time while there is something to do, else to the next deadline. */
static void step(struct pair *p)
{
    ph_ms next = PH_NEVER_MS;
    for (size_t i = 0; i < 2; i++) {
        ph_ms at = ph_engine_deadline(p->sides[i].engine);
        next = PH_MIN(next, at);
        if (p->sides[i].n_inbox > 0 || p->dial_wanted)
            next = p->mono + 1;
    }
    assert_true(next != PH_NEVER_MS);
    p->mono = PH_MAX(p->mono + 1, next);
    if (p->dial_wanted && !p->sides[0].open && !p->sides[1].open)
        connect(p);
    for (size_t i = 0; i < 2; i++) {
        arm();
        ph_engine_tick(p->sides[i].engine, now_of(p));
        disarm();
        read_inbox(p, i);
        drain(p, i);
        bool half = p->sides[i].open != p->sides[1 - i].open;
        if (half && p->sides[i].open && p->sides[i].n_inbox == 0)
            hang_up(p, 1 - i);
    }
}

static void fill(struct pair *p, size_t i, size_t n)
{
    struct sim_record spec = {.label = PH_TLP_CLEAR, .body = 50, .created = PH_TEST_T0 + 5};
    for (size_t k = 0; k < n; k++) {
        spec.created++;
        struct ph_record *record =
            sim_record(p->world, p->community, &p->community->orgs[i], &spec);
        sim_store_put(&p->sides[i].store, record);
        ph_record_unref(record);
    }
}

static bool converges(struct pair *p, ph_ms ms)
{
    ph_ms end = p->mono + ms;
    while (!sim_store_equal(&p->sides[0].store, &p->sides[1].store) && p->mono < end)
        step(p);
    return sim_store_equal(&p->sides[0].store, &p->sides[1].store);
}

static void test_engine__two_of_them_become_equal(void **state)
{
    (void)state;
    struct pair p;
    start(&p);
    fill(&p, 0, 20);
    fill(&p, 1, 30);
    assert_true(converges(&p, 60000));
    assert_int_equal(sim_store_count(&p.sides[0].store), 50);
    assert_int_equal(p.sides[0].n_events[PH_EVENT_SESSION_UP], 1);
    stop(&p);
}

static void test_engine__survives_each_failing_allocation(void **state)
{
    (void)state;
    size_t n = 1;
    for (bool reached = true; reached; n++) {
        struct pair p;
        fail_in = n;
        start(&p);
        fill(&p, 0, 5);
        fill(&p, 1, 5);
        if (!converges(&p, 45 * 60000))
            fail_msg("not equal after allocation %zu failed", n);
        reached = fail_in == 0;
        fail_in = 0;
        stop(&p);
    }
    print_message("%d allocations\n", (int)n - 2);
    assert_true(n > 100);
}

static void test_engine__says_goodbye_to_all_and_then_rests(void **state)
{
    (void)state;
    struct pair p;
    start(&p);
    fill(&p, 0, 1);
    assert_true(converges(&p, 60000));
    ph_engine_shutdown(p.sides[0].engine, now_of(&p));
    drain(&p, 0);
    assert_int_equal(p.sides[0].last_reason, PH_ERR_SHUTDOWN);
    assert_int_equal(ph_engine_deadline(p.sides[0].engine), PH_NEVER_MS);
    read_inbox(&p, 1);
    drain(&p, 1);
    assert_int_equal(p.sides[1].last_reason, PH_ERR_SHUTDOWN);
    assert_int_equal(p.sides[1].n_events[PH_EVENT_SESSION_DOWN], 1);
    /* Nobody is let in any more. */
    p.sides[0].open = p.sides[1].open = false;
    p.conn++;
    ph_engine_connected(p.sides[0].engine, p.conn, NULL, (uint8_t[32]){1}, now_of(&p));
    struct ph_effect effect;
    assert_true(ph_engine_next(p.sides[0].engine, &effect));
    assert_int_equal(effect.kind, PH_EFFECT_CLOSE);
    assert_int_equal(effect.conn, p.conn);
    assert_false(ph_engine_next(p.sides[0].engine, &effect));
    stop(&p);
}

static void test_engine__ignores_connections_it_does_not_know(void **state)
{
    (void)state;
    struct pair p;
    struct ph_effect effect;
    start(&p);
    struct ph_engine *engine = p.sides[1].engine;
    ph_engine_tick(engine, now_of(&p));
    drain(&p, 1);
    ph_engine_bytes(engine, 77, ph_bytes_str("hello"), now_of(&p));
    ph_engine_sent(engine, 77, 5, now_of(&p));
    ph_engine_closed(engine, 77, now_of(&p));
    ph_engine_trust_refused(engine, 77, PH_ERR_FORGED, now_of(&p));
    ph_engine_dial_failed(engine, &(struct ph_dial){.address = "nowhere:1"}, now_of(&p));
    assert_false(ph_engine_next(engine, &effect));
    stop(&p);
}

static void test_engine__shows_every_member_as_a_peer(void **state)
{
    (void)state;
    struct pair p;
    struct ph_peer_info info[2];
    start(&p);
    fill(&p, 1, 7);
    assert_int_equal(ph_engine_peers(p.sides[0].engine, info, 2), 1);
    assert_false(info[0].connected);
    assert_string_equal(info[0].org.s, p.community->orgs[1].code.s);
    assert_true(converges(&p, 60000));
    for (int i = 0; i < 50; i++)
        step(&p);
    assert_int_equal(ph_engine_peers(p.sides[0].engine, info, 2), 1);
    assert_true(info[0].connected && info[0].outgoing && info[0].in_sync);
    assert_int_equal(info[0].records_in, 7);
    assert_int_equal(info[0].records_out, 0);
    assert_true(info[0].bytes_in > 7 * 250 && info[0].bytes_out > 0);
    assert_int_equal(ph_engine_peers(p.sides[0].engine, NULL, 0), 1);
    stop(&p);
}

/* The store is full: nothing is stored, and credit stays withheld until it works again. */
static void test_engine__a_store_that_does_not_write_is_not_asked_in_a_loop(void **state)
{
    (void)state;
    struct pair p;
    start(&p);
    fill(&p, 1, 10);
    p.sides[0].commit_err = PH_ERR_FULL;
    assert_false(converges(&p, 10 * 60000));
    struct ph_peer_info info;
    (void)ph_engine_peers(p.sides[0].engine, &info, 1);
    assert_true(info.connected);
    assert_true(info.records_in >= 10 && info.records_in <= 10 * 20);
    p.sides[0].commit_err = PH_OK;
    assert_true(converges(&p, 11 * 60000));
    stop(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_engine__two_of_them_become_equal),
        cmocka_unit_test(test_engine__survives_each_failing_allocation),
        cmocka_unit_test(test_engine__says_goodbye_to_all_and_then_rests),
        cmocka_unit_test(test_engine__ignores_connections_it_does_not_know),
        cmocka_unit_test(test_engine__shows_every_member_as_a_peer),
        cmocka_unit_test(test_engine__a_store_that_does_not_write_is_not_asked_in_a_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
