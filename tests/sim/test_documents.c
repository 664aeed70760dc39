/* SPDX-License-Identifier: Apache-2.0
 *
 * Rosters and cards on their way through a community: long absences, two documents of one number,
 * nodes that come and end. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/test.h"
#include "tests/sim/scenario.h"

static struct ph_members *extended(const struct ph_members *base, const struct ph_bytes *roster,
                                   const struct ph_bytes *card)
{
    struct ph_members *out = NULL;
    struct ph_members_result result;
    assert_int_equal(ph_members_extend(&out, base, roster, roster ? 1 : 0, card, card ? 1 : 0, NULL,
                                       NULL, &result, NULL),
                     PH_OK);
    assert_true(result.changed);
    return out;
}

/* Gives @peer a view of its own. */
static void give(struct sim_peer *peer, const struct ph_bytes *roster, const struct ph_bytes *card)
{
    struct ph_members *members = extended(peer->members, roster, card);
    sim_peer_members(peer, members);
    sim_peer_drain(peer);
    ph_members_unref(members);
}

static bool same_view(const struct sim_peer *a, const struct sim_peer *b)
{
    struct ph_hash ra = ph_members_roster_hash(a->members), rb = ph_members_roster_hash(b->members);
    struct ph_hash ca = ph_members_cards_digest(a->members),
                   cb = ph_members_cards_digest(b->members);
    return ph_hash_equal(&ra, &rb) && ph_hash_equal(&ca, &cb);
}

/* ---- absences ---- */

/* Forty rosters and a new card of everybody while one was away. */
static void long_absence(uint64_t seed)
{
    struct sim_scenario *s = sim_scenario_new(seed, 4, 4, NULL);
    for (int i = 0; i < 40; i++) {
        struct ph_roster *draft;
        ph_ms now = sim_peer_now(s->peers[0]).wall + (ph_ms)i;
        assert_int_equal(ph_roster_draft(&draft, s->community->roster, now), PH_OK);
        draft->review_by += (ph_ms)i + 1;
        ph_test_take_roster(s->community, draft);
    }
    for (size_t i = 0; i < 4; i++) {
        s->community->orgs[i].card->seq = 2;
        ph_test_sign_card(s->community, &s->community->orgs[i]);
        ph_test_take_card(s->community, &s->community->orgs[i]);
    }
    sim_peer_members(s->peers[1], s->community->members);
    sim_scenario_fill(s, 1, 10, &(struct sim_record){.body = 100});
    sim_scenario_start(s);
    check(sim_scenario_converges(s, SIM_MINUTE));
    for (size_t i = 0; i < 4; i++) {
        check(same_view(s->peers[i], s->peers[1]));
        check(ph_members_roster(s->peers[i]->members)->seq == 41);
        check(s->peers[i]->heard[PH_EVENT_REJECTED].n == 0);
    }
    sim_scenario_free(s);
}

static void test_documents__a_long_absence_is_made_good(void **state)
{
    (void)state;
    sim_each_seed(10, long_absence);
}

/* The card of one organisation, in two versions of one number, each known to one node. */
static void two_cards(uint64_t seed)
{
    struct sim_scenario *s = sim_scenario_new(seed, 3, 3, NULL);
    struct ph_test_org *org = &s->community->orgs[2];
    org->card->seq = 2;
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(org->card->contact, sizeof(org->card->contact), "version %zu", i);
        ph_test_sign_card(s->community, org);
        struct ph_bytes card = ph_buf_bytes(&org->card_bytes);
        give(s->peers[i], NULL, &card);
    }
    check(!same_view(s->peers[0], s->peers[1]));
    sim_scenario_fill(s, 0, 5, &(struct sim_record){.body = 100});
    sim_scenario_start(s);
    check(sim_scenario_converges(s, SIM_MINUTE));
    check(same_view(s->peers[0], s->peers[1]) && same_view(s->peers[0], s->peers[2]));
    sim_scenario_free(s);
}

static void test_documents__of_two_cards_of_one_number_one_counts_everywhere(void **state)
{
    (void)state;
    sim_each_seed(20, two_cards);
}

/* ---- forks ---- */

static struct ph_buf fork_roster(struct sim_scenario *s, const char *name)
{
    struct ph_roster *draft;
    struct ph_buf bytes = ph_buf(PH_ROSTER_MAX);
    ph_ms now = sim_peer_now(s->peers[0]).wall;
    assert_int_equal(ph_roster_draft(&draft, s->community->roster, now), PH_OK);
    (void)snprintf(draft->name, sizeof(draft->name), "%s", name);
    for (size_t i = 0; i < PH_TEST_THRESHOLD; i++)
        assert_int_equal(
            ph_roster_sign(draft, &s->community->id, s->community->steward_secrets[i], NULL),
            PH_OK);
    assert_int_equal(ph_roster_encode(&bytes, draft), PH_OK);
    ph_roster_free(draft);
    return bytes;
}

/* Stewards signed two rosters of one number. The nodes show each other both, and neither gives way:
 * no records, no quarrel, no noise. */
static void test_documents__a_fork_of_the_roster_stops_records_and_nothing_else(void **state)
{
    (void)state;
    struct sim_scenario *s = sim_scenario_new(1, 2, 2, NULL);
    struct ph_buf a = fork_roster(s, "branch a"), b = fork_roster(s, "branch b");
    struct ph_bytes a_bytes = ph_buf_bytes(&a), b_bytes = ph_buf_bytes(&b);
    give(s->peers[0], &a_bytes, NULL);
    give(s->peers[1], &b_bytes, NULL);
    sim_scenario_fill(s, 0, 5, &(struct sim_record){.body = 100});
    sim_scenario_start(s);
    sim_run(s->world, SIM_HOUR);
    assert_false(same_view(s->peers[0], s->peers[1]));
    assert_int_equal(sim_store_count(&s->peers[1]->store), 0);
    uint64_t bytes = sim_net_stats(s->world)->bytes;
    sim_run(s->world, SIM_HOUR);
    print_message("fork: %llu bytes an hour\n",
                  (unsigned long long)(sim_net_stats(s->world)->bytes - bytes));
    assert_true(sim_net_stats(s->world)->bytes - bytes < 100000);
    ph_buf_done(&a);
    ph_buf_done(&b);
    sim_scenario_free(s);
}

/* ---- nodes ---- */

/* A second node on @org's card, with keys of its own; as an organisation of the test library, so
 * that a peer can be made of it. Its card serves for the address alone. */
static struct ph_test_org second_node(struct sim_scenario *s, struct ph_test_org *org,
                                      struct ph_card *address_card)
{
    struct ph_test_org second = *org;
    struct ph_card_node *nodes = realloc(org->card->nodes, 2 * sizeof(*nodes));
    assert_non_null(nodes);
    org->card->nodes = nodes;
    ph_test_ed25519(second.node_key.b, second.node_secret, "second node", s->world->seed);
    ph_test_x25519(second.transport_key.b, second.transport_secret, "second node", s->world->seed);
    nodes[1] = nodes[0];
    nodes[1].sign_key = second.node_key;
    nodes[1].transport_key = second.transport_key;
    (void)snprintf(nodes[1].name, sizeof(nodes[1].name), "node-2");
    (void)snprintf(nodes[1].addresses[0], sizeof(nodes[1].addresses[0]), "192.0.2.2:1");
    org->card->n_nodes = 2;
    org->card->seq++;
    ph_test_sign_card(s->community, org);
    ph_test_take_card(s->community, org);
    *address_card = (struct ph_card){.nodes = &nodes[1], .n_nodes = 1};
    second.card = address_card;
    return second;
}

/* Two nodes of IT: what CH sent to IT directly, and what only IT's group got, reaches both, even
 * when CH can only call the first. FR learns nothing of it. */
static void own_nodes(uint64_t seed)
{
    struct sim_scenario *s = sim_scenario_new(seed, 3, 3, "alps=IT,CH");
    struct ph_hash group = ph_test_group(s->community, "alps");
    struct ph_card address_card;
    struct ph_test_org second = second_node(s, &s->community->orgs[0], &address_card);
    struct sim_peer *peer = sim_peer_new(s->world, &second, s->community->members);
    for (size_t i = 0; i < 3; i++)
        sim_peer_members(s->peers[i], s->community->members);
    struct sim_record to_it = {.label = PH_TLP_AMBER_STRICT, .to = &s->peers[0]->org->code};
    struct sim_record to_ch = {.label = PH_TLP_AMBER_STRICT, .to = &s->peers[1]->org->code};
    struct sim_record to_group = {.label = PH_TLP_AMBER, .group = &group};
    sim_scenario_fill(s, 1, 3, &to_it);
    sim_scenario_fill(s, 0, 3, &to_it); /* a note to itself */
    sim_scenario_fill(s, 0, 3, &to_ch);
    sim_scenario_fill(s, 1, 3, &to_group);
    sim_scenario_start(s);
    sim_run(s->world, SIM_MINUTE);
    check(sim_store_count(&s->peers[0]->store) == 12);
    sim_peer_stop(s->peers[1]); /* only its sister can tell the second node */
    sim_peer_start(peer);
    sim_run(s->world, SIM_MINUTE);
    check(sim_store_equal(&peer->store, &s->peers[0]->store));
    check(sim_peer_is_up_with(peer, s->peers[0]->org, NULL));
    check(sim_peer_in_sync(peer));
    check(sim_store_count(&s->peers[2]->store) == 0);
    (void)sim_scenario_publish(s, 0, &to_ch);
    sim_run(s->world, SIM_SECOND);
    check(sim_store_count(&peer->store) == 13);
    sim_peer_free(peer);
    sim_scenario_free(s);
}

static void test_documents__nodes_of_one_organisation_share_everything(void **state)
{
    (void)state;
    sim_each_seed(SIM_N_SEEDS, own_nodes);
}

/* Its card says until when a node may speak; the sessions end then, with no one doing anything. */
static void test_documents__a_node_that_has_ended_loses_its_sessions(void **state)
{
    (void)state;
    struct sim_scenario *s = sim_scenario_new(1, 2, 2, NULL);
    struct ph_test_org *ch = &s->community->orgs[1];
    ch->card->nodes[0].until = sim_peer_now(s->peers[0]).wall + 2 * SIM_MINUTE;
    ch->card->seq = 2;
    ph_test_sign_card(s->community, ch);
    ph_test_take_card(s->community, ch);
    sim_peer_members(s->peers[0], s->community->members);
    sim_peer_members(s->peers[1], s->community->members);
    sim_scenario_start(s);
    sim_run(s->world, 110 * SIM_SECOND);
    assert_true(sim_peer_is_up_with(s->peers[0], ch, NULL));
    sim_run(s->world, 50 * SIM_SECOND);
    assert_false(sim_peer_is_up_with(s->peers[0], ch, NULL));
    uint64_t ups = s->peers[0]->heard[PH_EVENT_SESSION_UP].n;
    sim_run(s->world, 10 * SIM_MINUTE);
    assert_int_equal(s->peers[0]->heard[PH_EVENT_SESSION_UP].n, ups);
    sim_scenario_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documents__a_long_absence_is_made_good),
        cmocka_unit_test(test_documents__of_two_cards_of_one_number_one_counts_everywhere),
        cmocka_unit_test(test_documents__a_fork_of_the_roster_stops_records_and_nothing_else),
        cmocka_unit_test(test_documents__nodes_of_one_organisation_share_everything),
        cmocka_unit_test(test_documents__a_node_that_has_ended_loses_its_sessions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
