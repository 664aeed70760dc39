/* SPDX-License-Identifier: Apache-2.0
 *
 * Members that break the protocol, flood it, or fall silent: a puppet with a member's keys does to
 * IT's node what no honest node does. */
#include "tests/lib/test.h"
#include "tests/sim/stage.h"

/* ---- frames ---- */

static void test_hostile__a_frame_of_forbidden_length_ends_it(void **state)
{
    (void)state;
    static const struct {
        uint32_t length;
        enum ph_err err;
    } rows[] = {{0, PH_ERR_FORMAT},
                {PH_FRAME_MAX + 1, PH_ERR_LIMIT},
                {UINT32_C(1) << 31, PH_ERR_LIMIT},
                {UINT32_MAX, PH_ERR_LIMIT}};
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        struct sim_stage st = sim_stage(1, 1, NULL);
        uint8_t stream[5] = {0};
        ph_put_be32(stream, rows[i].length);
        sim_puppet_send_stream(st.puppet, ph_bytes(stream, sizeof(stream)));
        sim_stage_assert_expelled(&st, rows[i].err);
        sim_stage_strike(&st);
    }
    /* At the limit, and one byte long, it is waited for, and then judged by what is in it. */
    struct sim_stage st = sim_stage(1, 1, NULL);
    uint8_t stream[5] = {0};
    ph_put_be32(stream, PH_FRAME_MAX);
    sim_puppet_send_stream(st.puppet, ph_bytes(stream, sizeof(stream)));
    sim_stage_assert_still_up(&st);
    sim_stage_strike(&st);
    st = sim_stage(1, 1, NULL);
    sim_puppet_send_frame(st.puppet, ph_bytes("\xc0", 1));
    sim_stage_assert_expelled(&st, PH_ERR_FORMAT);
    sim_stage_strike(&st);
}

static void test_hostile__an_unknown_message_is_skipped_only_from_newer_peers(void **state)
{
    (void)state;
    static const uint8_t unknown[] = {0x92, 0x63, 0xc0}; /* [99, nil] */
    struct sim_stage st = sim_stage(1, 1, NULL);
    sim_puppet_send_frame(st.puppet, ph_bytes(unknown, sizeof(unknown)));
    sim_stage_assert_expelled(&st, PH_ERR_PROTOCOL);
    sim_stage_strike(&st);

    st = sim_stage_prepare(1, 1, NULL);
    st.puppet->minor = PH_WIRE_MINOR + 1;
    sim_stage_up(&st);
    sim_puppet_send_frame(st.puppet, ph_bytes(unknown, sizeof(unknown)));
    sim_stage_assert_still_up(&st);
    sim_stage_strike(&st);
}

static void test_hostile__records_before_hello_end_it(void **state)
{
    (void)state;
    struct sim_stage st = sim_stage_prepare(1, 1, NULL);
    struct ph_id id = {{1}};
    st.puppet->keeps_quiet = true;
    sim_stage_up(&st);
    sim_puppet_send_ids(st.puppet, PH_MESSAGE_WANT, &id, 1);
    sim_stage_assert_expelled(&st, PH_ERR_PROTOCOL);
    sim_stage_strike(&st);
}

static void test_hostile__bits_changed_on_the_way_blame_nobody(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct sim_scenario *s = sim_scenario_new(seed, 3, 3, NULL);
        struct sim_record green = {.label = PH_TLP_GREEN};
        for (size_t i = 0; i < 3; i++)
            sim_scenario_fill(s, i, 30, &green);
        sim_weather(s->world)->flip = 30000;
        sim_weather(s->world)->piece_max = 3000;
        sim_scenario_start(s);
        sim_run(s->world, 2 * SIM_MINUTE);
        sim_weather(s->world)->flip = 0;
        assert_true(sim_scenario_converges(s, 12 * SIM_MINUTE));
        for (size_t i = 0; i < 3; i++)
            assert_int_equal(s->peers[i]->heard[PH_EVENT_REJECTED].n, 0);
        sim_scenario_free(s);
    }
}

/* Anybody on the way could have done it: the session ends, and the member may come back at once. */
static void test_hostile__garbage_on_the_line_is_not_held_against_the_member(void **state)
{
    (void)state;
    struct sim_stage st = sim_stage(1, 1, NULL);
    uint8_t garbage[66] = {0, 64};
    sim_net_send(st.s->world, st.puppet->conn, ph_bytes(garbage, sizeof(garbage)));
    sim_run(st.s->world, SIM_SECOND);
    assert_true(st.puppet->heard_bye);
    assert_int_equal(st.puppet->bye, PH_ERR_FORGED);
    struct sim_puppet *again = sim_puppet_new(st.s->world, st.s->community, st.puppet->org);
    sim_puppet_dial(again, st.node->org);
    sim_run(st.s->world, SIM_SECOND);
    assert_true(again->up && !again->closed);
    assert_int_equal(st.node->heard[PH_EVENT_REJECTED].n, 0);
    sim_puppet_free(again);
    sim_stage_strike(&st);
}

/* ---- asking for what one may not have ---- */

/* FR knows the ids of a list for IT and CH, from wherever, and floods IT with requests for them. */
static void want_flood(uint64_t seed)
{
    struct sim_stage st = sim_stage_prepare(seed, 2, "alps=IT,CH");
    struct ph_hash group = ph_test_group(st.s->community, "alps");
    struct sim_record amber = {.label = PH_TLP_AMBER, .group = &group};
    struct sim_harvest harvest = {.records = 0};
    struct ph_id ids[200];
    st.puppet->on_message = sim_harvest_message;
    st.puppet->ctx = &harvest;
    sim_stage_up(&st);
    for (size_t i = 0; i < 100; i++)
        ids[i] = sim_scenario_publish(st.s, 0, &amber);
    ph_random_bytes(&st.s->world->random, ids + 100, 100 * sizeof(ids[0]));
    sim_puppet_credit(st.puppet, 1 << 20);
    for (int k = 0; k < 50; k++)
        sim_puppet_send_ids(st.puppet, PH_MESSAGE_WANT, ids, 200);
    sim_run(st.s->world, 10 * SIM_SECOND);
    check(harvest.records == 0);
    check(harvest.gone == 50 * 200);
    check(!st.puppet->closed);
    check(st.puppet->n_in[PH_MESSAGE_HAVE] == 0);
    check(sim_store_count(&st.s->peers[1]->store) == 100); /* meanwhile CH was served */
    /* What it may have, it gets. */
    struct ph_id open = sim_scenario_publish(st.s, 0, &(struct sim_record){.body = 100});
    sim_puppet_send_ids(st.puppet, PH_MESSAGE_WANT, &open, 1);
    sim_run(st.s->world, SIM_SECOND);
    check(harvest.records == 1);
    sim_stage_strike(&st);
}

static void test_hostile__unentitled_wants_are_answered_like_unknown_ones(void **state)
{
    (void)state;
    sim_each_seed(SIM_N_SEEDS, want_flood);
}

static void test_hostile__naming_a_group_one_is_not_in_ends_it(void **state)
{
    (void)state;
    struct sim_stage st = sim_stage(1, 2, "alps=IT,CH");
    struct ph_head head = {
        .channel = {.kind = PH_CHANNEL_GROUP, .group = ph_test_group(st.s->community, "alps")}};
    struct ph_message message = {.type = PH_MESSAGE_HEADS, .heads = {.heads = &head, .n = 1}};
    sim_puppet_send(st.puppet, &message);
    sim_stage_assert_expelled(&st, PH_ERR_PROTOCOL);
    sim_stage_strike(&st);
}

static void send_recon(struct sim_puppet *puppet, uint64_t round, bool from_initiator,
                       struct ph_bytes bytes)
{
    struct ph_message message = {.type = PH_MESSAGE_RECON};
    message.recon =
        (struct ph_msg_recon){.round = round, .from_initiator = from_initiator, .message = bytes};
    sim_puppet_send(puppet, &message);
}

static bool puppet_leads(const struct sim_stage *st)
{
    return memcmp(st->puppet->org->transport_key.b, st->node->org->transport_key.b, 32) < 0;
}

/* A seed under which the puppet is the one that leads reconciliation, or is not. */
static uint64_t seed_where(bool leads)
{
    for (uint64_t seed = 1;; seed++) {
        struct sim_stage st = sim_stage_prepare(seed, 1, NULL);
        bool found = puppet_leads(&st) == leads;
        sim_stage_strike(&st);
        if (found)
            return seed;
    }
}

static void test_hostile__reconciliation_out_of_turn_or_form_ends_it(void **state)
{
    (void)state;
    static const uint8_t whole[] = {0x61, 0x00, 0x00, 0x02,
                                    0x00}; /* an empty list up to infinity */
    static const uint8_t garbage[] = {0x61, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    struct sim_stage st = sim_stage(seed_where(true), 1, NULL);
    send_recon(st.puppet, 0, true, ph_bytes(whole, sizeof(whole)));
    sim_run(st.s->world, SIM_SECOND);
    assert_int_equal(st.puppet->n_in[PH_MESSAGE_RECON], 1);
    send_recon(st.puppet, 0, true, ph_bytes(garbage, sizeof(garbage)));
    sim_run(st.s->world, SIM_SECOND);
    assert_true(st.puppet->heard_bye);
    sim_stage_strike(&st);

    st = sim_stage(seed_where(true), 1, NULL);
    send_recon(st.puppet, 5, true, ph_bytes(whole, sizeof(whole))); /* never began */
    sim_stage_assert_expelled(&st, PH_ERR_PROTOCOL);
    sim_stage_strike(&st);

    st = sim_stage(seed_where(false), 1, NULL);
    send_recon(st.puppet, 0, true, ph_bytes(whole, sizeof(whole))); /* not its turn */
    sim_stage_assert_expelled(&st, PH_ERR_PROTOCOL);
    sim_stage_strike(&st);
}

/* Always different, never splitting: each answer costs us, and none of it leads anywhere. A peer
 * gets its share of answers and then waits; one that does not wait has broken the protocol. */
static void test_hostile__costly_reconciliation_is_bounded(void **state)
{
    (void)state;
    struct sim_stage st = sim_stage_prepare(seed_where(true), 1, NULL);
    static const uint8_t question[] = {0x61, 0x00, 0x00, 0x02, 0x00};
    sim_scenario_fill(st.s, 0, 2000, &(struct sim_record){.body = 10});
    sim_stage_up(&st);
    sim_weather(st.s->world)->latency_min = sim_weather(st.s->world)->latency_max = 0;
    uint64_t asked = 0;
    for (; st.puppet->n_in[PH_MESSAGE_RECON] == asked; asked++) {
        assert_true(asked < 100000);
        send_recon(st.puppet, 0, true, ph_bytes(question, sizeof(question)));
        sim_run(st.s->world, 1);
    }
    print_message("%llu questions in one window\n", (unsigned long long)asked);
    assert_int_equal(st.puppet->n_in[PH_MESSAGE_RECON], asked - 1);
    sim_run(st.s->world, SIM_MINUTE);
    assert_int_equal(st.puppet->n_in[PH_MESSAGE_RECON], asked); /* the next window */
    assert_false(st.puppet->closed);
    for (int i = 0; i < 100000 && !st.puppet->closed; i++) {
        send_recon(st.puppet, 0, true, ph_bytes(question, sizeof(question)));
        if (i % 100 == 0)
            sim_run(st.s->world, 1);
    }
    sim_stage_assert_expelled(&st, PH_ERR_PROTOCOL);
    sim_stage_strike(&st);
}

/* ---- floods and silence ---- */

static void test_hostile__a_flood_of_pings_ends_it(void **state)
{
    (void)state;
    struct sim_stage st = sim_stage(1, 2, NULL);
    struct ph_message ping = {.type = PH_MESSAGE_PING};
    for (int k = 0; k < 60 && !st.puppet->closed; k++) {
        for (int i = 0; i < 1000; i++)
            sim_puppet_send(st.puppet, &ping);
        sim_run(st.s->world, 10);
    }
    sim_stage_assert_expelled(&st, PH_ERR_LIMIT);
    assert_int_equal(sim_peer_n_up(st.node), 2); /* CH, and the puppet on its second chance */
    sim_stage_strike(&st);
}

/* It asks for everything and reads nothing: the queue stays in its budget, and after a minute it is
 * shown the door, while the other peer is served. */
static void test_hostile__a_peer_that_never_reads_is_closed(void **state)
{
    (void)state;
    struct sim_stage st = sim_stage_prepare(3, 2, NULL);
    struct ph_id ids[40];
    for (size_t i = 0; i < PH_LEN(ids); i++) {
        struct sim_record big = {.body = 500000, .created = PH_TEST_T0 + i + 1};
        struct ph_record *record = sim_record(st.s->world, st.s->community, st.node->org, &big);
        ids[i] = record->id;
        sim_peer_fill(st.node, record);
    }
    sim_stage_up(&st);
    sim_puppet_credit(st.puppet, PH_CREDIT_MAX);
    sim_net_deafen(st.s->world, st.puppet->conn);
    sim_puppet_send_ids(st.puppet, PH_MESSAGE_WANT, ids, PH_LEN(ids));
    ph_conn at_node = st.puppet->conn + 1;
    for (int i = 0; i < 50; i++) {
        sim_run(st.s->world, SIM_SECOND);
        assert_true(sim_net_in_flight(st.s->world, at_node) <= 5 * PH_MIB(1));
    }
    assert_false(st.puppet->closed);
    sim_run(st.s->world, 20 * SIM_SECOND);
    assert_false(sim_peer_is_up_with(st.node, st.puppet->org, NULL));
    assert_int_equal(st.node->heard[PH_EVENT_SESSION_DOWN].last.err, PH_ERR_TIMEOUT);
    assert_int_equal(sim_store_count(&st.s->peers[1]->store), PH_LEN(ids));
    sim_stage_strike(&st);
}

static void test_hostile__silence_ends_it_after_ninety_seconds(void **state)
{
    (void)state;
    struct sim_stage st = sim_stage(1, 1, NULL);
    sim_run(st.s->world, 80 * SIM_SECOND);
    assert_int_equal(st.puppet->n_in[PH_MESSAGE_PING], 1); /* asked once, never answered */
    assert_false(st.puppet->closed);
    sim_run(st.s->world, 20 * SIM_SECOND);
    assert_true(st.puppet->heard_bye && st.puppet->bye == PH_ERR_TIMEOUT);
    sim_stage_strike(&st);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile__a_frame_of_forbidden_length_ends_it),
        cmocka_unit_test(test_hostile__an_unknown_message_is_skipped_only_from_newer_peers),
        cmocka_unit_test(test_hostile__records_before_hello_end_it),
        cmocka_unit_test(test_hostile__bits_changed_on_the_way_blame_nobody),
        cmocka_unit_test(test_hostile__garbage_on_the_line_is_not_held_against_the_member),
        cmocka_unit_test(test_hostile__unentitled_wants_are_answered_like_unknown_ones),
        cmocka_unit_test(test_hostile__naming_a_group_one_is_not_in_ends_it),
        cmocka_unit_test(test_hostile__reconciliation_out_of_turn_or_form_ends_it),
        cmocka_unit_test(test_hostile__costly_reconciliation_is_bounded),
        cmocka_unit_test(test_hostile__a_flood_of_pings_ends_it),
        cmocka_unit_test(test_hostile__a_peer_that_never_reads_is_closed),
        cmocka_unit_test(test_hostile__silence_ends_it_after_ninety_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
