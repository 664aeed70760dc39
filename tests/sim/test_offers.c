/* SPDX-License-Identifier: Apache-2.0
 *
 * What a member may hand over, promise or hold back: records and trust documents that a node does
 * not take, and records that it gets from another. */
#include <stdlib.h>

#include "tests/lib/test.h"
#include "tests/sim/stage.h"

/* ---- records ---- */

static void test_offers__a_forged_record_names_and_expels_its_sender(void **state)
{
    (void)state;
    struct sim_stage st = sim_stage(1, 2, NULL);
    struct sim_record forged = {.label = PH_TLP_CLEAR, .forged = true};
    struct ph_record *record = sim_record(st.s->world, st.s->community, st.puppet->org, &forged);
    sim_puppet_send_record(st.puppet, record, true);
    sim_run(st.s->world, SIM_SECOND);
    const struct ph_event *event = &st.node->heard[PH_EVENT_REJECTED].last;
    assert_int_equal(st.node->heard[PH_EVENT_REJECTED].n, 1);
    assert_int_equal(event->err, PH_ERR_FORGED);
    assert_memory_equal(event->node.b, st.puppet->org->node_key.b, 32);
    assert_true(ph_id_equal(&event->id, &record->id));
    assert_int_equal(st.puppet->n_in[PH_MESSAGE_REJECT], 1);
    assert_int_equal(sim_store_count(&st.node->store), 0);
    assert_int_equal(sim_peer_n_up(st.node), 1); /* CH is not bothered */
    sim_stage_assert_expelled(&st, PH_ERR_FORGED);
    ph_record_unref(record);
    sim_stage_strike(&st);
}

static void test_offers__a_record_of_no_member_is_its_senders_fault(void **state)
{
    (void)state;
    struct sim_stage st = sim_stage(1, 1, NULL);
    struct ph_test_org stranger = ph_test_newcomer("ZZ", 1);
    struct sim_record clear = {.label = PH_TLP_CLEAR};
    struct ph_record *record = sim_record(st.s->world, st.s->community, &stranger, &clear);
    sim_puppet_send_record(st.puppet, record, true);
    sim_stage_assert_expelled(&st, PH_ERR_AUTHOR);
    ph_record_unref(record);
    ph_test_org_done(&stranger);
    sim_stage_strike(&st);
}

static void test_offers__records_past_the_credit_end_it(void **state)
{
    (void)state;
    struct sim_stage st = sim_stage(1, 1, NULL);
    st.node->commit_ms = 10 * SIM_MINUTE; /* nothing is given back meanwhile */
    struct sim_record big = {.label = PH_TLP_CLEAR, .body = 1000000};
    for (int i = 0; i < 10 && !st.puppet->closed; i++) {
        struct ph_record *record = sim_record(st.s->world, st.s->community, st.puppet->org, &big);
        sim_puppet_send_record(st.puppet, record, true);
        ph_record_unref(record);
        sim_run(st.s->world, SIM_SECOND);
    }
    assert_true(st.puppet->heard_bye);
    assert_int_equal(st.puppet->bye, PH_ERR_PROTOCOL);
    sim_stage_strike(&st);
}

static void test_offers__absurd_credit_ends_it(void **state)
{
    (void)state;
    struct sim_stage st = sim_stage(1, 1, NULL);
    sim_puppet_credit(st.puppet, PH_CREDIT_MAX);
    sim_stage_assert_still_up(&st);
    sim_puppet_credit(st.puppet, 1);
    sim_stage_assert_expelled(&st, PH_ERR_PROTOCOL);
    sim_stage_strike(&st);
}

/* A record between CH and FR is none of IT's business, whoever offers it. */
static void test_offers__what_we_may_not_hold_is_refused_unstored(void **state)
{
    (void)state;
    struct sim_stage st = sim_stage(1, 2, NULL);
    struct sim_record private = {.label = PH_TLP_AMBER_STRICT, .to = &st.s->peers[1]->org->code};
    struct ph_record *record = sim_record(st.s->world, st.s->community, st.puppet->org, &private);
    sim_puppet_send_record(st.puppet, record, true);
    sim_stage_assert_still_up(&st);
    assert_int_equal(sim_store_count(&st.node->store), 0);
    assert_int_equal(st.puppet->n_in[PH_MESSAGE_REJECT], 1);
    ph_record_unref(record);
    sim_stage_strike(&st);
}

/* A header alone must not stand in the way of its body. */
static void test_offers__a_header_without_its_body_is_not_taken(void **state)
{
    (void)state;
    struct sim_stage st = sim_stage(1, 2, NULL);
    struct sim_record clear = {.label = PH_TLP_CLEAR};
    struct ph_record *record =
        sim_record(st.s->world, st.s->community, st.s->peers[1]->org, &clear);
    sim_puppet_send_record(st.puppet, record, false);
    sim_stage_assert_still_up(&st);
    assert_int_equal(sim_store_count(&st.node->store), 0);
    sim_peer_publish(st.s->peers[1], ph_record_ref(record));
    sim_run(st.s->world, SIM_SECOND);
    assert_true(sim_store_has(&st.node->store, &record->id));
    ph_record_unref(record);
    sim_stage_strike(&st);
}

static void test_offers__an_expired_record_is_refused_quietly_and_once(void **state)
{
    (void)state;
    struct sim_stage st = sim_stage(1, 1, NULL);
    ph_ms now = sim_peer_now(st.node).wall;
    struct sim_record old = {.created = now - 1000, .expires = now - 10};
    struct ph_record *record = sim_record(st.s->world, st.s->community, st.puppet->org, &old);
    sim_puppet_send_ids(st.puppet, PH_MESSAGE_HAVE, &record->id, 1);
    sim_run(st.s->world, SIM_SECOND);
    assert_int_equal(st.puppet->n_in[PH_MESSAGE_WANT], 1);
    sim_puppet_send_record(st.puppet, record, true);
    sim_stage_assert_still_up(&st);
    assert_int_equal(st.puppet->n_in[PH_MESSAGE_REJECT], 1);
    assert_int_equal(st.node->heard[PH_EVENT_REJECTED].n, 0);
    sim_puppet_send_ids(st.puppet, PH_MESSAGE_HAVE, &record->id, 1);
    sim_stage_assert_still_up(&st);
    assert_int_equal(st.puppet->n_in[PH_MESSAGE_WANT], 1); /* not asked for again */
    assert_int_equal(sim_store_count(&st.node->store), 0);
    ph_record_unref(record);
    sim_stage_strike(&st);
}

static void test_offers__tomorrows_records_are_not_asked_for(void **state)
{
    (void)state;
    struct sim_stage st = sim_stage(1, 1, NULL);
    struct sim_record early = {.created = sim_peer_now(st.node).wall + PH_TEST_DAY_MS};
    struct ph_record *record = sim_record(st.s->world, st.s->community, st.puppet->org, &early);
    sim_puppet_send_ids(st.puppet, PH_MESSAGE_HAVE, &record->id, 1);
    sim_stage_assert_still_up(&st);
    assert_int_equal(st.puppet->n_in[PH_MESSAGE_WANT], 0);
    sim_puppet_send_record(st.puppet, record, true); /* nor taken when it comes all the same */
    sim_stage_assert_still_up(&st);
    assert_int_equal(sim_store_count(&st.node->store), 0);
    ph_record_unref(record);
    sim_stage_strike(&st);
}

/* ---- withholding ---- */

static bool node_has(void *ctx)
{
    const struct sim_stage *st = ctx;
    return sim_store_count(&st->node->store) > 0;
}

/* The puppet says it has a record first, and never sends it; CH says so a moment later. */
static void withholder(uint64_t seed)
{
    struct sim_stage st = sim_stage(seed, 2, NULL);
    struct sim_record clear = {.label = PH_TLP_CLEAR};
    struct ph_record *record =
        sim_record(st.s->world, st.s->community, st.s->peers[1]->org, &clear);
    sim_puppet_send_ids(st.puppet, PH_MESSAGE_HAVE, &record->id, 1);
    sim_run(st.s->world, 200);
    check(st.puppet->n_in[PH_MESSAGE_WANT] == 1);
    ph_ms promised = st.s->world->mono;
    sim_peer_publish(st.s->peers[1], record);
    check(sim_run_until(st.s->world, SIM_MINUTE, node_has, &st));
    ph_ms took = st.s->world->mono - promised;
    check(took >= 9 * SIM_SECOND && took <= 11 * SIM_SECOND);
    sim_stage_strike(&st);
}

static void test_offers__what_one_withholds_is_asked_of_another(void **state)
{
    (void)state;
    sim_each_seed(SIM_N_SEEDS, withholder);
}

/* The session closes instead: then at once. */
static void test_offers__what_one_took_away_is_asked_of_another(void **state)
{
    (void)state;
    struct sim_stage st = sim_stage(4, 2, NULL);
    struct sim_record clear = {.label = PH_TLP_CLEAR};
    struct ph_record *record =
        sim_record(st.s->world, st.s->community, st.s->peers[1]->org, &clear);
    sim_puppet_send_ids(st.puppet, PH_MESSAGE_HAVE, &record->id, 1);
    sim_run(st.s->world, 200);
    sim_peer_publish(st.s->peers[1], record);
    sim_run(st.s->world, SIM_SECOND);
    assert_int_equal(sim_store_count(&st.node->store), 0);
    sim_puppet_hang_up(st.puppet);
    sim_run(st.s->world, SIM_SECOND);
    assert_int_equal(sim_store_count(&st.node->store), 1);
    sim_stage_strike(&st);
}

static void test_offers__a_promise_of_everything_stalls_nobody(void **state)
{
    (void)state;
    struct sim_stage st = sim_stage(2, 2, NULL);
    struct ph_id *ids = sim_alloc(PH_IDS_MAX, sizeof(*ids));
    for (int k = 0; k < 6; k++) { /* more than the table of wanted ids holds */
        ph_random_bytes(&st.s->world->random, ids, PH_IDS_MAX * sizeof(*ids));
        for (size_t i = 0; i < PH_IDS_MAX; i++)
            memcpy(ids[i].b, "\x01\xa0\x00\x00\x00\x00", 6); /* of 2026 */
        sim_puppet_send_ids(st.puppet, PH_MESSAGE_HAVE, ids, PH_IDS_MAX);
    }
    sim_run(st.s->world, SIM_SECOND);
    assert_true(st.puppet->n_in[PH_MESSAGE_WANT] > 0);
    for (int i = 0; i < 20; i++)
        (void)sim_scenario_publish(st.s, 1, &(struct sim_record){.body = 100});
    sim_run(st.s->world, 2 * SIM_MINUTE);
    assert_int_equal(sim_store_count(&st.node->store), 20);
    free(ids);
    sim_stage_strike(&st);
}

/* ---- trust documents ---- */

static void send_card(struct sim_puppet *puppet, struct ph_bytes card)
{
    struct ph_message message = {.type = PH_MESSAGE_TRUST};
    message.trust.cards = &card;
    message.trust.n_cards = 1;
    sim_puppet_send(puppet, &message);
}

static void test_offers__a_forged_card_expels_its_sender(void **state)
{
    (void)state;
    struct sim_stage st = sim_stage_prepare(1, 1, NULL);
    st.puppet->lies_about_trust = true;
    sim_stage_up(&st);
    assert_int_equal(st.puppet->n_in[PH_MESSAGE_TRUST], 1); /* asked for what it claims to have */
    struct ph_test_org *it = &st.s->community->orgs[0];
    it->card->seq = 2;
    ph_test_sign_card(st.s->community, it);
    it->card_bytes.p[it->card_bytes.n - 1] ^= 1; /* the signature's last byte */
    const struct ph_members *before = st.node->members;
    send_card(st.puppet, ph_buf_bytes(&it->card_bytes));
    sim_run(st.s->world, SIM_SECOND);
    assert_ptr_equal(st.node->members, before);
    assert_int_equal(st.node->heard[PH_EVENT_REJECTED].n, 1);
    st.puppet->lies_about_trust = false;
    sim_stage_assert_expelled(&st, PH_ERR_FORGED);
    sim_stage_strike(&st);
}

static void test_offers__unasked_documents_are_not_even_looked_at(void **state)
{
    (void)state;
    struct sim_stage st = sim_stage(1, 1, NULL);
    struct ph_test_org *it = &st.s->community->orgs[0];
    it->card->seq = 2;
    ph_test_sign_card(st.s->community, it);
    const struct ph_members *before = st.node->members;
    send_card(st.puppet, ph_buf_bytes(&it->card_bytes));
    sim_stage_assert_still_up(&st);
    assert_ptr_equal(st.node->members, before);
    sim_stage_strike(&st);
}

/* Records move only while trust is equal: to one that claims other cards, nothing is said of them.
 */
static void test_offers__no_records_move_while_trust_differs(void **state)
{
    (void)state;
    struct sim_stage st = sim_stage_prepare(1, 1, NULL);
    struct sim_harvest harvest = {.records = 0};
    struct sim_record clear = {.label = PH_TLP_CLEAR};
    st.puppet->lies_about_trust = true;
    st.puppet->on_message = sim_harvest_message;
    st.puppet->ctx = &harvest;
    sim_scenario_fill(st.s, 0, 10, &clear);
    sim_stage_up(&st);
    struct ph_id id = sim_scenario_publish(st.s, 0, &clear);
    sim_puppet_credit(st.puppet, 1 << 20);
    sim_puppet_send_ids(st.puppet, PH_MESSAGE_WANT, &id, 1);
    sim_run(st.s->world, 80 * SIM_SECOND);
    assert_int_equal(harvest.records, 0);
    assert_int_equal(st.puppet->n_in[PH_MESSAGE_HAVE], 0);
    assert_int_equal(st.puppet->n_in[PH_MESSAGE_HEADS], 0);
    /* Equal at last: the request is still known. */
    st.puppet->lies_about_trust = false;
    sim_puppet_hello(st.puppet);
    sim_run(st.s->world, SIM_SECOND);
    assert_int_equal(harvest.records, 1);
    sim_stage_strike(&st);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_offers__a_forged_record_names_and_expels_its_sender),
        cmocka_unit_test(test_offers__a_record_of_no_member_is_its_senders_fault),
        cmocka_unit_test(test_offers__records_past_the_credit_end_it),
        cmocka_unit_test(test_offers__absurd_credit_ends_it),
        cmocka_unit_test(test_offers__what_we_may_not_hold_is_refused_unstored),
        cmocka_unit_test(test_offers__a_header_without_its_body_is_not_taken),
        cmocka_unit_test(test_offers__an_expired_record_is_refused_quietly_and_once),
        cmocka_unit_test(test_offers__tomorrows_records_are_not_asked_for),
        cmocka_unit_test(test_offers__what_one_withholds_is_asked_of_another),
        cmocka_unit_test(test_offers__what_one_took_away_is_asked_of_another),
        cmocka_unit_test(test_offers__a_promise_of_everything_stalls_nobody),
        cmocka_unit_test(test_offers__a_forged_card_expels_its_sender),
        cmocka_unit_test(test_offers__unasked_documents_are_not_even_looked_at),
        cmocka_unit_test(test_offers__no_records_move_while_trust_differs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
