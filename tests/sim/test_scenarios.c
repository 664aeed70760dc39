/* SPDX-License-Identifier: Apache-2.0
 *
 * Days in the life of a small community, each under many seeds: other keys, other latencies, other
 * orders. Every failure prints the seed that repeats it. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/test.h"
#include "tests/sim/scenario.h"

static const struct sim_record CLEAR = {.label = PH_TLP_CLEAR};
static const struct sim_record GREEN = {.label = PH_TLP_GREEN, .body = 900};

static void two_disjoint_stores(uint64_t seed)
{
    struct sim_scenario *s = sim_scenario_new(seed, 2, 2, NULL);
    sim_scenario_fill(s, 0, 120, &CLEAR);
    sim_scenario_fill(s, 1, 80, &GREEN);
    sim_scenario_start(s);
    check(sim_scenario_converges(s, SIM_MINUTE));
    check(sim_store_count(&s->peers[0]->store) == 200);
    sim_run(s->world, 30 * SIM_SECOND);
    check(sim_peer_in_sync(s->peers[0]) && sim_peer_in_sync(s->peers[1]));
    check(s->peers[0]->heard[PH_EVENT_REJECTED].n == 0);
    check(s->peers[1]->heard[PH_EVENT_REJECTED].n == 0);
    sim_scenario_free(s);
}

static void test_scenarios__two_nodes_converge_from_disjoint_sets(void **state)
{
    (void)state;
    sim_each_seed(SIM_N_SEEDS, two_disjoint_stores);
}

/* Bytes of any size may arrive at a time, and any connection may break at any moment. */
static void bad_weather(uint64_t seed)
{
    struct sim_scenario *s = sim_scenario_new(seed, 4, 4, NULL);
    for (size_t i = 0; i < 4; i++)
        sim_scenario_fill(s, i, 40, i % 2 ? &CLEAR : &GREEN);
    struct sim_weather *weather = sim_weather(s->world);
    weather->latency_max = 400;
    weather->piece_max = 1500;
    weather->reset = 8000;
    sim_scenario_start(s);
    sim_run(s->world, SIM_MINUTE);
    weather->reset = 0;
    check(sim_scenario_converges(s, 12 * SIM_MINUTE));
    check(sim_store_count(&s->peers[0]->store) == 160);
    for (size_t i = 0; i < 4; i++)
        check(s->peers[i]->heard[PH_EVENT_REJECTED].n == 0);
    sim_scenario_free(s);
}

static void test_scenarios__resets_and_split_bytes_lose_nothing(void **state)
{
    (void)state;
    sim_each_seed(SIM_N_SEEDS, bad_weather);
}

/* What is published while sessions are up arrives within a few round trips, without a comparison.
 */
static void push(uint64_t seed)
{
    struct sim_scenario *s = sim_scenario_new(seed, 5, 5, NULL);
    sim_scenario_start(s);
    sim_run(s->world, 20 * SIM_SECOND);
    for (size_t i = 0; i < 5; i++)
        check(sim_peer_n_up(s->peers[i]) == 4);
    for (size_t i = 0; i < 5; i++)
        (void)sim_scenario_publish(s, i, &GREEN);
    check(sim_scenario_converges(s, SIM_SECOND));
    check(sim_store_count(&s->peers[0]->store) == 5);
    /* Each body came to each node once. */
    for (size_t i = 0; i < 5; i++) {
        struct ph_peer_info info[4];
        uint64_t records = 0;
        check(ph_engine_peers(s->peers[i]->engine, info, 4) == 4);
        for (size_t k = 0; k < 4; k++)
            records += info[k].records_in;
        check(records == 4);
    }
    sim_scenario_free(s);
}

static void test_scenarios__news_reaches_everyone_once(void **state)
{
    (void)state;
    sim_each_seed(SIM_N_SEEDS, push);
}

/* IT and CH are in the group, FR is not. Not one frame that FR takes in contains an id of the list,
 * although CLEAR records beside it flow freely. */
static void outside_the_group(uint64_t seed)
{
    struct sim_scenario *s = sim_scenario_new(seed, 3, 3, "alps=IT,CH");
    struct ph_hash group = ph_test_group(s->community, "alps");
    struct sim_record amber = {.label = PH_TLP_AMBER, .group = &group, .body = 600};
    struct ph_id secret[21];
    struct sim_finder finder = {.ids = secret, .n = 21};
    sim_scenario_fill(s, 0, 30, &CLEAR);
    for (size_t i = 0; i < 20; i++) {
        struct sim_record one = amber;
        one.created = PH_TEST_T0 + 1 + sim_between(s->world, 0, PH_TEST_DAY_MS / 2);
        struct ph_record *record = sim_record(s->world, s->community, s->peers[0]->org, &one);
        secret[i] = record->id;
        sim_peer_fill(s->peers[0], record);
    }
    memset(&secret[20], 0xff, sizeof(secret[20])); /* not known yet */
    s->peers[2]->tap = sim_finder_tap;
    s->peers[2]->tap_ctx = &finder;
    sim_scenario_start(s);
    sim_run(s->world, 30 * SIM_SECOND);
    secret[20] = sim_scenario_publish(s, 0, &amber);
    struct ph_id open = sim_scenario_publish(s, 0, &CLEAR);
    sim_run(s->world, 3 * SIM_MINUTE);
    check(sim_store_count(&s->peers[1]->store) == 52);
    check(sim_store_count(&s->peers[2]->store) == 31);
    check(sim_store_has(&s->peers[2]->store, &open));
    check(finder.frames > 10);
    check(finder.found == 0);
    check(sim_peer_in_sync(s->peers[2]));
    sim_scenario_free(s);
}

static void test_scenarios__a_group_record_never_comes_near_a_third(void **state)
{
    (void)state;
    sim_each_seed(SIM_N_SEEDS, outside_the_group);
}

/* The same instrument pointed at one who is in the group finds every id: it can see. */
static void test_scenarios__the_finder_finds_where_there_is_something(void **state)
{
    (void)state;
    struct sim_scenario *s = sim_scenario_new(7, 2, 2, "alps=IT,CH");
    struct ph_hash group = ph_test_group(s->community, "alps");
    struct sim_record amber = {.label = PH_TLP_AMBER, .group = &group};
    struct sim_finder finder = {.n = 0};
    s->peers[1]->tap = sim_finder_tap;
    s->peers[1]->tap_ctx = &finder;
    sim_scenario_start(s);
    sim_run(s->world, 20 * SIM_SECOND);
    struct ph_record *record = sim_record(s->world, s->community, s->peers[0]->org, &amber);
    struct ph_id id = record->id;
    finder.ids = &id;
    finder.n = 1;
    sim_peer_publish(s->peers[0], record);
    assert_true(sim_scenario_converges(s, SIM_SECOND));
    assert_true(finder.found > 0);
    sim_scenario_free(s);
}

/* A direct record goes to its recipient alone; one with carry goes everywhere, sealed. */
static void direct(uint64_t seed)
{
    struct sim_scenario *s = sim_scenario_new(seed, 3, 3, NULL);
    struct ph_code to = s->peers[1]->org->code;
    struct sim_record private = {.label = PH_TLP_AMBER_STRICT, .to = &to};
    struct sim_record carried = {.label = PH_TLP_GREEN, .to = &to};
    sim_scenario_start(s);
    sim_run(s->world, 20 * SIM_SECOND);
    struct ph_id a = sim_scenario_publish(s, 0, &private);
    struct ph_id b = sim_scenario_publish(s, 0, &carried);
    sim_run(s->world, 2 * SIM_MINUTE);
    check(sim_store_has(&s->peers[1]->store, &a) && sim_store_has(&s->peers[1]->store, &b));
    check(!sim_store_has(&s->peers[2]->store, &a) && sim_store_has(&s->peers[2]->store, &b));
    for (size_t i = 0; i < 3; i++)
        check(sim_peer_in_sync(s->peers[i]));
    sim_scenario_free(s);
}

static void test_scenarios__direct_records_reach_their_party_only(void **state)
{
    (void)state;
    sim_each_seed(SIM_N_SEEDS, direct);
}

/* kill -9 of the receiver again and again while it catches up. */
static void killed_while_catching_up(uint64_t seed)
{
    struct sim_scenario *s = sim_scenario_new(seed, 3, 3, NULL);
    struct sim_record big = {.label = PH_TLP_CLEAR, .body = 20000};
    sim_scenario_fill(s, 0, 150, &big);
    sim_weather(s->world)->bytes_per_s = 1000000;
    sim_scenario_start(s);
    size_t before = 0;
    for (int i = 0; i < 8; i++) {
        sim_run(s->world, sim_between(s->world, 1500, 4000));
        check(sim_store_count(&s->peers[1]->store) >= before); /* progress is never lost */
        before = sim_store_count(&s->peers[1]->store);
        sim_peer_kill(s->peers[1]);
        sim_run(s->world, sim_between(s->world, 10, 2000));
        sim_peer_start(s->peers[1]);
    }
    check(sim_scenario_converges(s, 10 * SIM_MINUTE));
    check(sim_store_count(&s->peers[1]->store) == 150);
    sim_scenario_free(s);
}

static void test_scenarios__a_killed_receiver_resumes(void **state)
{
    (void)state;
    sim_each_seed(SIM_N_SEEDS, killed_while_catching_up);
}

/* A new organisation joins: its card comes with the roster, and both overtake its first record. */
static void roster_update(uint64_t seed)
{
    struct sim_scenario *s = sim_scenario_new(seed, 3, 3, NULL);
    sim_scenario_start(s);
    sim_run(s->world, 20 * SIM_SECOND);
    struct ph_test_org newcomer = ph_test_newcomer("XX", seed);
    struct ph_roster *draft;
    struct ph_roster_org entry = ph_test_roster_org(&newcomer);
    ph_ms now = sim_peer_now(s->peers[0]).wall;
    assert_int_equal(ph_roster_draft(&draft, s->community->roster, now), PH_OK);
    assert_int_equal(ph_roster_add_org(draft, &entry, NULL), PH_OK);
    ph_test_take_roster(s->community, draft);
    ph_test_sign_card(s->community, &newcomer);
    ph_test_take_card(s->community, &newcomer);
    sim_run(s->world, SIM_SECOND);
    /* One node's operator applies it; at once that node has a record by the newcomer. */
    struct sim_record clear = CLEAR;
    sim_peer_members(s->peers[0], s->community->members);
    sim_peer_drain(s->peers[0]);
    sim_peer_publish(s->peers[0], sim_record(s->world, s->community, &newcomer, &clear));
    check(sim_scenario_converges(s, 30 * SIM_SECOND));
    for (size_t i = 0; i < 3; i++) {
        check(sim_store_count(&s->peers[i]->store) == 1);
        check(ph_members_roster(s->peers[i]->members)->seq == 2);
        check(s->peers[i]->heard[PH_EVENT_REJECTED].n == 0);
        check(s->peers[i]->heard[PH_EVENT_SESSION_DOWN].n <= 2);
    }
    ph_test_org_done(&newcomer);
    sim_scenario_free(s);
}

static void test_scenarios__a_roster_overtakes_the_records_that_need_it(void **state)
{
    (void)state;
    sim_each_seed(SIM_N_SEEDS, roster_update);
}

/* Whoever is off the roster loses its sessions at once and gets none again. */
static void removal(uint64_t seed)
{
    struct sim_scenario *s = sim_scenario_new(seed, 3, 3, NULL);
    sim_scenario_start(s);
    sim_run(s->world, 20 * SIM_SECOND);
    struct ph_roster *draft;
    ph_ms now = sim_peer_now(s->peers[0]).wall;
    assert_int_equal(ph_roster_draft(&draft, s->community->roster, now), PH_OK);
    assert_int_equal(ph_roster_remove_org(draft, &s->peers[2]->org->code, "test", now, NULL),
                     PH_OK);
    ph_test_take_roster(s->community, draft);
    sim_peer_members(s->peers[0], s->community->members);
    sim_peer_drain(s->peers[0]);
    sim_run(s->world, 10 * SIM_SECOND);
    (void)sim_scenario_publish(s, 0, &CLEAR);
    sim_run(s->world, 5 * SIM_MINUTE);
    check(ph_members_roster(s->peers[1]->members)->seq == 2);
    check(!sim_peer_is_up_with(s->peers[0], s->peers[2]->org, NULL));
    check(!sim_peer_is_up_with(s->peers[1], s->peers[2]->org, NULL));
    check(sim_store_count(&s->peers[1]->store) == 1);
    check(sim_store_count(&s->peers[2]->store) == 0);
    check(s->peers[0]->heard[PH_EVENT_REFUSED].n + s->peers[1]->heard[PH_EVENT_REFUSED].n > 0);
    sim_scenario_free(s);
}

static void test_scenarios__a_removed_organisation_is_cut_off(void **state)
{
    (void)state;
    sim_each_seed(SIM_N_SEEDS, removal);
}

/* All start within one moment and dial each other: one session a pair remains. */
static void dial_storm(uint64_t seed)
{
    struct sim_scenario *s = sim_scenario_new(seed, 8, 8, NULL);
    sim_weather(s->world)->latency_max = 300;
    sim_scenario_start(s);
    sim_run(s->world, 30 * SIM_SECOND);
    for (size_t i = 0; i < 8; i++)
        check(sim_peer_n_up(s->peers[i]) == 7);
    check(sim_net_n_open(s->world) == 28);
    uint64_t dials = sim_net_stats(s->world)->dials;
    sim_run(s->world, 5 * SIM_MINUTE);
    check(sim_net_stats(s->world)->dials == dials); /* and nobody calls again */
    /* A power cut takes all of them; they come back in one second. */
    for (size_t i = 0; i < 8; i++)
        sim_peer_kill(s->peers[i]);
    sim_scenario_start(s);
    sim_run(s->world, 30 * SIM_SECOND);
    check(sim_net_n_open(s->world) == 28);
    sim_scenario_free(s);
}

static void test_scenarios__a_dial_storm_leaves_one_session_a_pair(void **state)
{
    (void)state;
    sim_each_seed(SIM_N_SEEDS, dial_storm);
}

/* Two halves apart for ten minutes, publishing on both sides. */
static void partition(uint64_t seed)
{
    struct sim_scenario *s = sim_scenario_new(seed, 6, 6, "alps=IT,CH,DE");
    struct ph_hash group = ph_test_group(s->community, "alps");
    struct sim_record amber = {.label = PH_TLP_AMBER, .group = &group};
    sim_scenario_start(s);
    sim_run(s->world, 20 * SIM_SECOND);
    for (size_t i = 0; i < 3; i++)
        sim_net_side(s->world, s->peers[i], 1);
    for (int k = 0; k < 10; k++) {
        for (size_t i = 0; i < 6; i++)
            (void)sim_scenario_publish(s, i, &CLEAR);
        (void)sim_scenario_publish(s, 0, &amber);
        (void)sim_scenario_publish(s, 3, &amber);
        sim_run(s->world, SIM_MINUTE);
    }
    check(!sim_scenario_is_equal(s));
    for (size_t i = 0; i < 3; i++)
        sim_net_side(s->world, s->peers[i], 0);
    sim_run(s->world, 7 * SIM_MINUTE);
    for (size_t i = 0; i < 6; i++) {
        bool in_group = i == 0 || i == 1 || i == 3;
        check(sim_store_count(&s->peers[i]->store) == (in_group ? 80 : 60));
    }
    sim_scenario_free(s);
}

static void test_scenarios__halves_become_equal_after_a_partition(void **state)
{
    (void)state;
    sim_each_seed(SIM_N_SEEDS, partition);
}

/* A retracted record travels on as its header, to who has the retraction and to no one else. */
static void retraction(uint64_t seed)
{
    struct sim_scenario *s = sim_scenario_new(seed, 3, 3, NULL);
    struct ph_record *target = sim_record(s->world, s->community, s->peers[0]->org, &CLEAR);
    sim_peer_fill(s->peers[0], ph_record_ref(target));
    sim_peer_start(s->peers[0]);
    sim_peer_start(s->peers[1]);
    check(sim_scenario_converges(s, 30 * SIM_SECOND));
    sim_peer_publish(s->peers[0], sim_retract(s->world, s->community, s->peers[0]->org, target));
    sim_run(s->world, 10 * SIM_SECOND);
    sim_peer_start(s->peers[2]);
    check(sim_scenario_converges(s, 5 * SIM_MINUTE));
    for (size_t i = 0; i < 3; i++) {
        check(sim_store_count(&s->peers[i]->store) == 2);
        const struct ph_record *held = ph_map_get(&s->peers[i]->store.records, target->id.b);
        check(held && !held->has_body);
    }
    ph_record_unref(target);
    sim_scenario_free(s);
}

static void test_scenarios__a_retracted_record_stays_a_header(void **state)
{
    (void)state;
    sim_each_seed(SIM_N_SEEDS, retraction);
}

/* The disk fills up in the middle, and is given room again. */
static void full_disk(uint64_t seed)
{
    struct sim_scenario *s = sim_scenario_new(seed, 2, 2, NULL);
    sim_scenario_fill(s, 0, 200, &GREEN);
    sim_scenario_start(s);
    s->peers[1]->store.full = true;
    sim_run(s->world, 2 * SIM_MINUTE);
    check(sim_store_count(&s->peers[1]->store) == 0);
    check(sim_peer_n_up(s->peers[1]) == 1); /* it keeps serving */
    uint64_t bytes = sim_net_stats(s->world)->bytes;
    sim_run(s->world, 10 * SIM_MINUTE);
    check(sim_net_stats(s->world)->bytes - bytes < 4 * 250000); /* and does not fetch in a loop */
    s->peers[1]->store.full = false;
    check(sim_scenario_converges(s, 11 * SIM_MINUTE));
    sim_scenario_free(s);
}

static void test_scenarios__a_full_store_is_filled_up_later(void **state)
{
    (void)state;
    sim_each_seed(10, full_disk);
}

/* The same seed gives the same run, to the event and the byte. */
static void test_scenarios__a_run_repeats_from_its_seed(void **state)
{
    (void)state;
    uint64_t events[2], bytes[2];
    for (int k = 0; k < 2; k++) {
        struct sim_scenario *s = sim_scenario_new(99, 4, 4, NULL);
        sim_weather(s->world)->reset = 5000;
        sim_weather(s->world)->piece_max = 2000;
        sim_scenario_fill(s, 0, 100, &GREEN);
        sim_scenario_start(s);
        sim_run(s->world, 5 * SIM_MINUTE);
        events[k] = s->world->n_run;
        bytes[k] = sim_net_stats(s->world)->bytes;
        sim_scenario_free(s);
    }
    assert_true(events[0] > 100);
    assert_int_equal(events[0], events[1]);
    assert_int_equal(bytes[0], bytes[1]);
}

/* Equal stores cost one round trip of HEADS a comparison, and fewer and fewer of those. */
static void test_scenarios__equal_nodes_say_little(void **state)
{
    (void)state;
    struct sim_scenario *s = sim_scenario_new(5, 2, 2, NULL);
    sim_scenario_fill(s, 0, 1000, &CLEAR);
    sim_scenario_start(s);
    assert_true(sim_scenario_converges(s, SIM_MINUTE));
    sim_run(s->world, 30 * SIM_MINUTE);
    uint64_t bytes = sim_net_stats(s->world)->bytes;
    sim_run(s->world, SIM_HOUR);
    uint64_t idle = sim_net_stats(s->world)->bytes - bytes;
    print_message("idle: %llu bytes an hour\n", (unsigned long long)idle);
    assert_true(idle < 16 * 1024);
    sim_scenario_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scenarios__two_nodes_converge_from_disjoint_sets),
        cmocka_unit_test(test_scenarios__resets_and_split_bytes_lose_nothing),
        cmocka_unit_test(test_scenarios__news_reaches_everyone_once),
        cmocka_unit_test(test_scenarios__a_group_record_never_comes_near_a_third),
        cmocka_unit_test(test_scenarios__the_finder_finds_where_there_is_something),
        cmocka_unit_test(test_scenarios__direct_records_reach_their_party_only),
        cmocka_unit_test(test_scenarios__a_killed_receiver_resumes),
        cmocka_unit_test(test_scenarios__a_roster_overtakes_the_records_that_need_it),
        cmocka_unit_test(test_scenarios__a_removed_organisation_is_cut_off),
        cmocka_unit_test(test_scenarios__a_dial_storm_leaves_one_session_a_pair),
        cmocka_unit_test(test_scenarios__halves_become_equal_after_a_partition),
        cmocka_unit_test(test_scenarios__a_retracted_record_stays_a_header),
        cmocka_unit_test(test_scenarios__a_full_store_is_filled_up_later),
        cmocka_unit_test(test_scenarios__a_run_repeats_from_its_seed),
        cmocka_unit_test(test_scenarios__equal_nodes_say_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
