/* SPDX-License-Identifier: Apache-2.0
 *
 * Who gets a session, and who gets not even a byte. Node 0 (IT) is called by puppets: members,
 * strangers, and recordings of either. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/test.h"
#include "tests/sim/scenario.h"

#define MESSAGE2_BYTES (2 + PH_NOISE_MESSAGE2_MIN)

/* IT runs; CH has keys and no node. */
static struct sim_scenario *one_node(uint64_t seed)
{
    struct sim_scenario *s = sim_scenario_new(seed, 2, 1, NULL);
    sim_scenario_start(s);
    return s;
}

static struct sim_puppet *call(struct sim_scenario *s, const struct ph_test_org *org)
{
    struct sim_puppet *puppet = sim_puppet_new(s->world, s->community, org);
    sim_puppet_dial(puppet, s->peers[0]->org);
    return puppet;
}

static const struct ph_event *last(const struct sim_peer *peer, enum ph_event_kind kind)
{
    return &peer->heard[kind].last;
}

static void test_handshakes__a_member_gets_a_session(void **state)
{
    (void)state;
    struct sim_scenario *s = one_node(1);
    struct sim_puppet *puppet = call(s, &s->community->orgs[1]);
    sim_run(s->world, SIM_SECOND);
    assert_true(puppet->up && !puppet->closed);
    assert_int_equal(puppet->n_in[PH_MESSAGE_HELLO], 1);
    assert_int_equal(sim_peer_n_up(s->peers[0]), 1);
    assert_int_equal(s->peers[0]->n_handshakes, 1);
    sim_puppet_free(puppet);
    sim_scenario_free(s);
}

static void test_handshakes__another_community_gets_no_byte(void **state)
{
    (void)state;
    struct sim_scenario *s = one_node(1);
    struct sim_puppet *puppet = sim_puppet_new(s->world, s->community, &s->community->orgs[1]);
    puppet->prologue_community.b[31] ^= 1;
    sim_puppet_dial(puppet, s->peers[0]->org);
    sim_run(s->world, SIM_SECOND);
    assert_true(puppet->closed);
    assert_int_equal(puppet->bytes_in, 0);
    assert_int_equal(last(s->peers[0], PH_EVENT_REFUSED)->err, PH_ERR_FORGED);
    sim_puppet_free(puppet);
    sim_scenario_free(s);
}

static void test_handshakes__a_stranger_gets_no_byte_but_a_name_in_the_log(void **state)
{
    (void)state;
    struct sim_scenario *s = one_node(1);
    struct ph_test_org stranger = ph_test_newcomer("ZZ", 1);
    char key[PH_KEY_TEXT_MAX];
    struct sim_puppet *puppet = call(s, &stranger);
    sim_run(s->world, SIM_SECOND);
    assert_true(puppet->closed);
    assert_int_equal(puppet->bytes_in, 0);
    assert_int_equal(last(s->peers[0], PH_EVENT_REFUSED)->err, PH_ERR_AUTHOR);
    ph_transport_key_text(key, &stranger.transport_key);
    assert_non_null(strstr(last(s->peers[0], PH_EVENT_REFUSED)->text, key));
    assert_int_equal(s->peers[0]->n_handshakes, 0);
    sim_puppet_free(puppet);
    /* Nor with a card that it signed itself: it is on no roster. */
    puppet = sim_puppet_new(s->world, s->community, &stranger);
    ph_test_sign_card(s->community, &stranger);
    puppet->card = ph_buf_bytes(&stranger.card_bytes);
    sim_puppet_dial(puppet, s->peers[0]->org);
    sim_run(s->world, SIM_SECOND);
    assert_true(puppet->closed);
    assert_int_equal(puppet->bytes_in, 0);
    sim_puppet_free(puppet);
    ph_test_org_done(&stranger);
    sim_scenario_free(s);
}

static void test_handshakes__a_removed_member_gets_no_byte(void **state)
{
    (void)state;
    struct sim_scenario *s = one_node(1);
    const struct ph_test_org *org = &s->community->orgs[1];
    struct ph_roster *draft;
    sim_run(s->world, SIM_SECOND);
    ph_ms now = sim_peer_now(s->peers[0]).wall;
    assert_int_equal(ph_roster_draft(&draft, s->community->roster, now), PH_OK);
    assert_int_equal(ph_roster_remove_org(draft, &org->code, "test", now, NULL), PH_OK);
    ph_test_take_roster(s->community, draft);
    sim_peer_members(s->peers[0], s->community->members);
    sim_peer_drain(s->peers[0]);
    sim_run(s->world, SIM_SECOND);
    struct sim_puppet *puppet = call(s, org);
    sim_run(s->world, SIM_SECOND);
    assert_true(puppet->closed);
    assert_int_equal(puppet->bytes_in, 0);
    assert_true(last(s->peers[0], PH_EVENT_REFUSED)->has_peer);
    assert_memory_equal(last(s->peers[0], PH_EVENT_REFUSED)->node.b, org->node_key.b, 32);
    sim_puppet_free(puppet);
    sim_scenario_free(s);
}

static void test_handshakes__nothing_is_said_before_the_caller_is_alive(void **state)
{
    (void)state;
    struct sim_scenario *s = one_node(1);
    struct sim_puppet *puppet = sim_puppet_new(s->world, s->community, &s->community->orgs[1]);
    puppet->keeps_quiet = true;
    sim_puppet_dial(puppet, s->peers[0]->org);
    sim_run(s->world, 4 * SIM_SECOND);
    assert_true(puppet->up && !puppet->closed);
    assert_int_equal(puppet->bytes_in, MESSAGE2_BYTES);
    sim_run(s->world, 2 * SIM_SECOND);
    assert_true(puppet->closed);
    assert_int_equal(puppet->bytes_in, MESSAGE2_BYTES);
    assert_int_equal(s->peers[0]->n_handshakes, 0);
    assert_int_equal(last(s->peers[0], PH_EVENT_REFUSED)->err, PH_ERR_TIMEOUT);
    sim_puppet_free(puppet);
    sim_scenario_free(s);
}

static void test_handshakes__a_replay_is_dropped_also_after_a_restart(void **state)
{
    (void)state;
    struct sim_scenario *s = one_node(1);
    struct sim_puppet *caller = call(s, &s->community->orgs[1]);
    sim_run(s->world, SIM_SECOND);
    assert_true(caller->up);
    for (int round = 0; round < 2; round++) {
        struct sim_puppet *replay = sim_puppet_new(s->world, s->community, caller->org);
        sim_puppet_dial_raw(replay, s->peers[0]->org, ph_buf_bytes(&caller->message1));
        sim_run(s->world, SIM_SECOND);
        assert_true(replay->closed);
        assert_int_equal(replay->bytes_in, 0);
        assert_int_equal(last(s->peers[0], PH_EVENT_REFUSED)->err, PH_ERR_ROLLBACK);
        assert_int_equal(s->peers[0]->n_handshakes, 1);
        sim_puppet_free(replay);
        if (round == 0)
            assert_false(caller->closed); /* the session it was taken from lives on */
        sim_peer_kill(s->peers[0]);
        sim_peer_start(s->peers[0]);
    }
    sim_puppet_free(caller);
    sim_scenario_free(s);
}

static void test_handshakes__a_message_for_another_node_gets_no_byte(void **state)
{
    (void)state;
    struct sim_scenario *s = sim_scenario_new(1, 3, 2, NULL);
    sim_scenario_start(s);
    struct sim_puppet *caller = call(s, &s->community->orgs[2]);
    sim_run(s->world, SIM_SECOND);
    assert_true(caller->up);
    struct sim_puppet *replay = sim_puppet_new(s->world, s->community, caller->org);
    sim_puppet_dial_raw(replay, s->peers[1]->org, ph_buf_bytes(&caller->message1));
    sim_run(s->world, SIM_SECOND);
    assert_true(replay->closed);
    assert_int_equal(replay->bytes_in, 0);
    sim_puppet_free(replay);
    sim_puppet_free(caller);
    sim_scenario_free(s);
}

/* A view of trust that lacks one organisation's card. */
static struct ph_members *without_card(const struct ph_test_community *community, size_t missing)
{
    struct ph_bytes rosters[4], cards[16];
    struct ph_members *members = NULL;
    size_t n = 0;
    for (size_t i = 0; i < community->n_rosters; i++)
        rosters[i] = ph_buf_bytes(&community->rosters[i]);
    for (size_t i = 0; i < community->n_orgs; i++)
        if (i != missing)
            cards[n++] = ph_buf_bytes(&community->orgs[i].card_bytes);
    assert_int_equal(ph_members_new(&members, rosters, community->n_rosters, cards, n, NULL),
                     PH_OK);
    return members;
}

static void test_handshakes__an_enclosed_card_has_no_effect_before_proof(void **state)
{
    (void)state;
    struct sim_scenario *s = sim_scenario_new(1, 3, 1, NULL);
    struct ph_members *fewer = without_card(s->community, 2);
    sim_peer_members(s->peers[0], fewer);
    sim_scenario_start(s);
    struct sim_puppet *puppet = sim_puppet_new(s->world, s->community, &s->community->orgs[2]);
    puppet->card = ph_buf_bytes(&s->community->orgs[2].card_bytes);
    puppet->keeps_quiet = true;
    sim_puppet_dial(puppet, s->peers[0]->org);
    sim_run(s->world, 2 * SIM_SECOND);
    assert_int_equal(puppet->bytes_in, MESSAGE2_BYTES);
    assert_ptr_equal(s->peers[0]->members, fewer);
    assert_int_equal(s->peers[0]->n_handshakes, 0);
    sim_puppet_hello(puppet); /* the proof */
    sim_run(s->world, SIM_SECOND);
    assert_ptr_not_equal(s->peers[0]->members, fewer);
    assert_non_null(ph_members_card(s->peers[0]->members, &s->community->orgs[2].code));
    assert_int_equal(s->peers[0]->n_handshakes, 1);
    assert_int_equal(sim_peer_n_up(s->peers[0]), 1);
    sim_puppet_free(puppet);
    ph_members_unref(fewer);
    sim_scenario_free(s);
}

/* The third organisation's card is known to nobody but itself, and nobody can dial it. */
static void late_joiner(uint64_t seed)
{
    struct sim_scenario *s = sim_scenario_new(seed, 3, 3, NULL);
    struct ph_members *fewer = without_card(s->community, 2);
    struct sim_record clear = {.label = PH_TLP_CLEAR};
    sim_peer_members(s->peers[0], fewer);
    sim_peer_members(s->peers[1], fewer);
    sim_scenario_fill(s, 0, 20, &clear);
    sim_scenario_fill(s, 2, 20, &clear);
    sim_peer_start(s->peers[0]);
    sim_peer_start(s->peers[1]);
    sim_run(s->world, 10 * SIM_SECOND);
    sim_peer_start(s->peers[2]);
    check(sim_scenario_converges(s, SIM_MINUTE));
    check(sim_store_count(&s->peers[1]->store) == 40);
    check(ph_members_card(s->peers[1]->members, &s->peers[2]->org->code) != NULL);
    check(s->peers[0]->heard[PH_EVENT_REJECTED].n == 0);
    ph_members_unref(fewer);
    sim_scenario_free(s);
}

static void test_handshakes__a_late_joiner_brings_its_card(void **state)
{
    (void)state;
    sim_each_seed(SIM_N_SEEDS, late_joiner);
}

/* Not even the roster that lists it is known to the one it calls. */
static void unknown_roster(uint64_t seed)
{
    struct sim_scenario *s = sim_scenario_new(seed, 2, 2, NULL);
    struct ph_test_org newcomer = ph_test_newcomer("XX", seed);
    struct ph_roster_org entry = ph_test_roster_org(&newcomer);
    struct ph_roster *draft;
    ph_ms now = sim_peer_now(s->peers[0]).wall;
    assert_int_equal(ph_roster_draft(&draft, s->community->roster, now), PH_OK);
    assert_int_equal(ph_roster_add_org(draft, &entry, NULL), PH_OK);
    ph_test_take_roster(s->community, draft);
    ph_test_sign_card(s->community, &newcomer);
    ph_test_take_card(s->community, &newcomer);
    struct sim_peer *third = sim_peer_new(s->world, &newcomer, s->community->members);
    sim_scenario_start(s);
    sim_peer_start(third);
    sim_run(s->world, SIM_MINUTE);
    check(sim_peer_n_up(third) == 2);
    for (size_t i = 0; i < 2; i++)
        check(ph_members_roster(s->peers[i]->members)->seq == 2);
    sim_peer_free(third);
    ph_test_org_done(&newcomer);
    sim_scenario_free(s);
}

static void test_handshakes__a_newcomer_brings_the_roster_that_lists_it(void **state)
{
    (void)state;
    sim_each_seed(SIM_N_SEEDS, unknown_roster);
}

static void test_handshakes__a_timestamp_far_off_gets_no_byte(void **state)
{
    (void)state;
    static const int64_t skews[] = {-11 * 60000, 11 * 60000};
    for (size_t i = 0; i < PH_LEN(skews); i++) {
        struct sim_scenario *s = one_node(1);
        struct sim_puppet *puppet = sim_puppet_new(s->world, s->community, &s->community->orgs[1]);
        puppet->skew_ms = skews[i];
        sim_puppet_dial(puppet, s->peers[0]->org);
        sim_run(s->world, SIM_SECOND);
        assert_true(puppet->closed);
        assert_int_equal(puppet->bytes_in, 0);
        assert_int_equal(last(s->peers[0], PH_EVENT_REFUSED)->err, PH_ERR_CLOCK);
        sim_puppet_free(puppet);
        sim_scenario_free(s);
    }
}

static void test_handshakes__clocks_apart_end_the_session_by_name(void **state)
{
    (void)state;
    struct sim_scenario *s = one_node(1);
    struct sim_puppet *puppet = sim_puppet_new(s->world, s->community, &s->community->orgs[1]);
    puppet->skew_ms = -11 * 60000;
    puppet->handshake_at = sim_peer_now(s->peers[0]).wall;
    sim_puppet_dial(puppet, s->peers[0]->org);
    sim_run(s->world, SIM_SECOND);
    assert_true(puppet->heard_bye);
    assert_int_equal(puppet->bye, PH_ERR_CLOCK);
    assert_int_equal(s->peers[0]->heard[PH_EVENT_CLOCK].n, 1);
    assert_int_equal(sim_peer_n_up(s->peers[0]), 0);
    sim_puppet_free(puppet);
    sim_scenario_free(s);
}

static void test_handshakes__noise_on_the_port_gets_no_byte(void **state)
{
    (void)state;
    static const char *const noises[] = {"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                                         "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "\x01",
                                         "SSH-2.0-OpenSSH_9.2\r\n"};
    struct sim_scenario *s = one_node(1);
    struct sim_puppet *puppets[PH_LEN(noises) + 1];
    uint8_t zeros[4096] = {0};
    for (size_t i = 0; i < PH_LEN(noises); i++) {
        puppets[i] = sim_puppet_new(s->world, s->community, &s->community->orgs[1]);
        sim_puppet_dial_raw(puppets[i], s->peers[0]->org, ph_bytes_str(noises[i]));
    }
    puppets[PH_LEN(noises)] = sim_puppet_new(s->world, s->community, &s->community->orgs[1]);
    sim_puppet_dial_raw(puppets[PH_LEN(noises)], s->peers[0]->org, ph_bytes(zeros, sizeof(zeros)));
    sim_run(s->world, 6 * SIM_SECOND);
    for (size_t i = 0; i < PH_LEN(puppets); i++) {
        assert_true(puppets[i]->closed);
        assert_int_equal(puppets[i]->bytes_in, 0);
        sim_puppet_free(puppets[i]);
    }
    sim_scenario_free(s);
}

/* Message 1 up to each of its bytes, then silence. */
static void test_handshakes__a_stall_at_any_byte_ends_after_five_seconds(void **state)
{
    (void)state;
    struct sim_scenario *s = one_node(1);
    struct sim_puppet *model = call(s, &s->community->orgs[1]);
    sim_run(s->world, SIM_SECOND);
    assert_true(model->up);
    size_t n = model->message1.n;
    for (size_t from = 0; from < n; from += PH_HALF_OPEN_MAX) {
        struct sim_puppet *puppets[PH_HALF_OPEN_MAX];
        size_t count = PH_MIN(n - from, (size_t)PH_HALF_OPEN_MAX);
        for (size_t i = 0; i < count; i++) {
            puppets[i] = sim_puppet_new(s->world, s->community, model->org);
            struct ph_bytes part = ph_bytes(model->message1.p, from + i);
            if (part.n > 0)
                sim_puppet_dial_raw(puppets[i], s->peers[0]->org, part);
        }
        sim_run(s->world, 5 * SIM_SECOND);
        for (size_t i = 0; i < count; i++)
            if (from + i > 0)
                assert_false(puppets[i]->closed);
        sim_run(s->world, SIM_SECOND);
        for (size_t i = 0; i < count; i++) {
            assert_true(puppets[i]->closed || from + i == 0);
            assert_int_equal(puppets[i]->bytes_in, 0);
            sim_puppet_free(puppets[i]);
        }
    }
    assert_false(model->closed);
    sim_puppet_free(model);
    sim_scenario_free(s);
}

static void test_handshakes__at_most_64_stand_half_open(void **state)
{
    (void)state;
    struct sim_scenario *s = sim_scenario_new(1, 3, 2, NULL);
    sim_scenario_start(s);
    sim_run(s->world, 10 * SIM_SECOND);
    struct sim_puppet *puppets[PH_HALF_OPEN_MAX + 20];
    for (size_t i = 0; i < PH_LEN(puppets); i++) {
        puppets[i] = sim_puppet_new(s->world, s->community, &s->community->orgs[2]);
        sim_puppet_dial_raw(puppets[i], s->peers[0]->org, ph_bytes_str("\x10"));
    }
    sim_run(s->world, SIM_SECOND);
    size_t closed = 0;
    for (size_t i = 0; i < PH_LEN(puppets); i++)
        closed += puppets[i]->closed;
    assert_int_equal(closed, 20);
    assert_int_equal(sim_peer_n_up(s->peers[0]), 1); /* who is in stays in */
    /* And is called by us if it drops out, in the middle of the flood. */
    sim_peer_kill(s->peers[1]);
    sim_run(s->world, 100);
    sim_peer_start(s->peers[1]);
    sim_run(s->world, 2 * SIM_SECOND);
    assert_int_equal(sim_peer_n_up(s->peers[0]), 1);
    for (size_t i = 0; i < PH_LEN(puppets); i++)
        sim_puppet_free(puppets[i]);
    sim_scenario_free(s);
}

static bool a_wire_is_there(void *ctx)
{
    return sim_net_n_open(ctx) > 0;
}

/* The first connection breaks after exactly @n bytes of one direction; the next one heals it. */
static bool break_after(uint64_t n, ph_conn end)
{
    struct sim_scenario *s = sim_scenario_new(3, 2, 2, NULL);
    struct sim_record clear = {.label = PH_TLP_CLEAR, .body = 40};
    sim_scenario_fill(s, 0, 2, &clear);
    sim_scenario_fill(s, 1, 2, &clear);
    sim_weather(s->world)->latency_min = sim_weather(s->world)->latency_max = 20;
    sim_scenario_start(s);
    check(sim_run_until(s->world, SIM_MINUTE, a_wire_is_there, s->world));
    sim_net_cut_after(s->world, end, n);
    check(sim_scenario_converges(s, 5 * SIM_MINUTE));
    for (size_t i = 0; i < 2; i++) {
        check(s->peers[i]->heard[PH_EVENT_REJECTED].n == 0);
        check(sim_store_count(&s->peers[i]->store) == 4);
    }
    bool was_cut = sim_net_stats(s->world)->resets > 0;
    sim_scenario_free(s);
    return was_cut;
}

static void test_handshakes__a_stream_may_end_at_any_byte(void **state)
{
    (void)state;
    for (ph_conn end = 1; end <= 2; end++) {
        sim_current_seed = 0;
        while (break_after(sim_current_seed, end))
            sim_current_seed++;
        print_message("direction %d: %llu offsets\n", (int)end,
                      (unsigned long long)sim_current_seed);
        assert_true(sim_current_seed > 300);
    }
}

static void test_handshakes__our_own_key_calling_is_an_alarm(void **state)
{
    (void)state;
    struct sim_scenario *s = one_node(1);
    struct sim_puppet *clone = call(s, s->peers[0]->org);
    sim_run(s->world, SIM_SECOND);
    assert_true(clone->closed);
    assert_int_equal(clone->bytes_in, 0);
    assert_int_equal(s->peers[0]->heard[PH_EVENT_CLONE].n, 1);
    sim_puppet_free(clone);
    sim_scenario_free(s);
}

static void test_handshakes__two_live_stores_of_one_key_are_an_alarm(void **state)
{
    (void)state;
    struct sim_scenario *s = one_node(1);
    struct sim_puppet *first = call(s, &s->community->orgs[1]);
    sim_run(s->world, 15 * SIM_SECOND);
    struct sim_puppet *second = sim_puppet_new(s->world, s->community, &s->community->orgs[1]);
    second->store_id[0] = 1;
    sim_puppet_dial(second, s->peers[0]->org);
    sim_run(s->world, SIM_SECOND);
    assert_int_equal(s->peers[0]->heard[PH_EVENT_CLONE].n, 1);
    assert_true(first->heard_bye && first->bye == PH_ERR_DUPLICATE);
    /* The same store again, by a new connection, is none. */
    struct sim_puppet *third = sim_puppet_new(s->world, s->community, &s->community->orgs[1]);
    third->store_id[0] = 1;
    sim_run(s->world, 15 * SIM_SECOND);
    sim_puppet_dial(third, s->peers[0]->org);
    sim_run(s->world, SIM_SECOND);
    assert_true(second->heard_bye);
    assert_int_equal(s->peers[0]->heard[PH_EVENT_CLONE].n, 1);
    assert_int_equal(sim_peer_n_up(s->peers[0]), 1);
    sim_puppet_free(first);
    sim_puppet_free(second);
    sim_puppet_free(third);
    sim_scenario_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_handshakes__a_member_gets_a_session),
        cmocka_unit_test(test_handshakes__another_community_gets_no_byte),
        cmocka_unit_test(test_handshakes__a_stranger_gets_no_byte_but_a_name_in_the_log),
        cmocka_unit_test(test_handshakes__a_removed_member_gets_no_byte),
        cmocka_unit_test(test_handshakes__nothing_is_said_before_the_caller_is_alive),
        cmocka_unit_test(test_handshakes__a_replay_is_dropped_also_after_a_restart),
        cmocka_unit_test(test_handshakes__a_message_for_another_node_gets_no_byte),
        cmocka_unit_test(test_handshakes__an_enclosed_card_has_no_effect_before_proof),
        cmocka_unit_test(test_handshakes__a_late_joiner_brings_its_card),
        cmocka_unit_test(test_handshakes__a_newcomer_brings_the_roster_that_lists_it),
        cmocka_unit_test(test_handshakes__a_timestamp_far_off_gets_no_byte),
        cmocka_unit_test(test_handshakes__clocks_apart_end_the_session_by_name),
        cmocka_unit_test(test_handshakes__noise_on_the_port_gets_no_byte),
        cmocka_unit_test(test_handshakes__a_stall_at_any_byte_ends_after_five_seconds),
        cmocka_unit_test(test_handshakes__at_most_64_stand_half_open),
        cmocka_unit_test(test_handshakes__a_stream_may_end_at_any_byte),
        cmocka_unit_test(test_handshakes__our_own_key_calling_is_an_alarm),
        cmocka_unit_test(test_handshakes__two_live_stores_of_one_key_are_an_alarm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
