/* SPDX-License-Identifier: Apache-2.0
 *
 * Members that misbehave: a puppet with CH's or FR's keys does to IT's node what no honest node
 * does. (long file: one misdeed a function, and all of them share the puppet.) */
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/test.h"
#include "tests/sim/scenario.h"

/* IT (peer 0) and, where two peers are wanted, CH run; the last organisation is the puppet's. */
struct stage {
    struct sim_scenario *s;
    struct sim_puppet *puppet;
    struct sim_peer *node;
};

static struct stage set_up(uint64_t seed, size_t n_peers, const char *groups)
{
    struct stage st = {.s = sim_scenario_new(seed, n_peers + 1, n_peers, groups)};
    st.node = st.s->peers[0];
    st.puppet = sim_puppet_new(st.s->world, st.s->community, &st.s->community->orgs[n_peers]);
    return st;
}

static void up(struct stage *st)
{
    sim_scenario_start(st->s);
    sim_run(st->s->world, 15 * SIM_SECOND);
    sim_puppet_dial(st->puppet, st->node->org);
    sim_run(st->s->world, SIM_SECOND);
    assert_true(st->puppet->up && !st->puppet->closed);
}

static struct stage stage(uint64_t seed, size_t n_peers, const char *groups)
{
    struct stage st = set_up(seed, n_peers, groups);
    up(&st);
    return st;
}

static void strike(struct stage *st)
{
    sim_puppet_free(st->puppet);
    sim_scenario_free(st->s);
}

/* The session ended with a BYE that says @err, and the same key is not let in again for a while. */
static void assert_expelled(struct stage *st, enum ph_err err)
{
    sim_run(st->s->world, SIM_SECOND);
    assert_true(st->puppet->heard_bye);
    assert_int_equal(st->puppet->bye, err);
    struct sim_puppet *again = sim_puppet_new(st->s->world, st->s->community, st->puppet->org);
    sim_puppet_dial(again, st->node->org);
    sim_run(st->s->world, SIM_SECOND);
    assert_true(again->closed);
    assert_int_equal(again->bytes_in, 0);
    sim_puppet_free(again);
    /* It comes back after its penalty. */
    sim_run(st->s->world, 2 * SIM_MINUTE);
    again = sim_puppet_new(st->s->world, st->s->community, st->puppet->org);
    sim_puppet_dial(again, st->node->org);
    sim_run(st->s->world, SIM_SECOND);
    assert_true(again->up && !again->closed);
    sim_puppet_free(again);
}

static void assert_still_up(struct stage *st)
{
    sim_run(st->s->world, SIM_SECOND);
    assert_false(st->puppet->closed);
    assert_false(st->puppet->heard_bye);
}

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
        struct stage st = stage(1, 1, NULL);
        uint8_t stream[5] = {0};
        ph_put_be32(stream, rows[i].length);
        sim_puppet_send_stream(st.puppet, ph_bytes(stream, sizeof(stream)));
        assert_expelled(&st, rows[i].err);
        strike(&st);
    }
    /* At the limit, and one byte long, it is waited for, and then judged by what is in it. */
    struct stage st = stage(1, 1, NULL);
    uint8_t stream[5] = {0};
    ph_put_be32(stream, PH_FRAME_MAX);
    sim_puppet_send_stream(st.puppet, ph_bytes(stream, sizeof(stream)));
    assert_still_up(&st);
    strike(&st);
    st = stage(1, 1, NULL);
    sim_puppet_send_frame(st.puppet, ph_bytes("\xc0", 1));
    assert_expelled(&st, PH_ERR_FORMAT);
    strike(&st);
}

static void test_hostile__an_unknown_message_is_skipped_only_from_newer_peers(void **state)
{
    (void)state;
    static const uint8_t unknown[] = {0x92, 0x63, 0xc0}; /* [99, nil] */
    struct stage st = stage(1, 1, NULL);
    sim_puppet_send_frame(st.puppet, ph_bytes(unknown, sizeof(unknown)));
    assert_expelled(&st, PH_ERR_PROTOCOL);
    strike(&st);

    st = set_up(1, 1, NULL);
    st.puppet->minor = PH_WIRE_MINOR + 1;
    up(&st);
    sim_puppet_send_frame(st.puppet, ph_bytes(unknown, sizeof(unknown)));
    assert_still_up(&st);
    strike(&st);
}

static void test_hostile__records_before_hello_end_it(void **state)
{
    (void)state;
    struct stage st = set_up(1, 1, NULL);
    struct ph_id id = {{1}};
    st.puppet->keeps_quiet = true;
    up(&st);
    sim_puppet_send_ids(st.puppet, PH_MESSAGE_WANT, &id, 1);
    assert_expelled(&st, PH_ERR_PROTOCOL);
    strike(&st);
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

/* ---- asking for what one may not have ---- */

struct harvest {
    uint64_t records;
    uint64_t gone;
};

static void reap(struct sim_puppet *puppet, const struct ph_message *message)
{
    struct harvest *harvest = puppet->ctx;
    if (message->type == PH_MESSAGE_RECORD)
        harvest->records += message->record.n;
    if (message->type == PH_MESSAGE_GONE)
        harvest->gone += message->ids.ids.n;
}

/* FR knows the ids of a list for IT and CH, from wherever, and floods IT with requests for them. */
static void want_flood(uint64_t seed)
{
    struct stage st = set_up(seed, 2, "alps=IT,CH");
    struct ph_hash group = ph_test_group(st.s->community, "alps");
    struct sim_record amber = {.label = PH_TLP_AMBER, .group = &group};
    struct harvest harvest = {.records = 0};
    struct ph_id ids[200];
    st.puppet->on_message = reap;
    st.puppet->ctx = &harvest;
    up(&st);
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
    strike(&st);
}

static void test_hostile__unentitled_wants_are_answered_like_unknown_ones(void **state)
{
    (void)state;
    sim_each_seed(SIM_N_SEEDS, want_flood);
}

static void test_hostile__naming_a_group_one_is_not_in_ends_it(void **state)
{
    (void)state;
    struct stage st = stage(1, 2, "alps=IT,CH");
    struct ph_head head = {
        .channel = {.kind = PH_CHANNEL_GROUP, .group = ph_test_group(st.s->community, "alps")}};
    struct ph_message message = {.type = PH_MESSAGE_HEADS, .heads = {.heads = &head, .n = 1}};
    sim_puppet_send(st.puppet, &message);
    assert_expelled(&st, PH_ERR_PROTOCOL);
    strike(&st);
}

static void send_recon(struct sim_puppet *puppet, uint64_t round, bool from_initiator,
                       struct ph_bytes bytes)
{
    struct ph_message message = {.type = PH_MESSAGE_RECON};
    message.recon =
        (struct ph_msg_recon){.round = round, .from_initiator = from_initiator, .message = bytes};
    sim_puppet_send(puppet, &message);
}

static bool puppet_leads(const struct stage *st)
{
    return memcmp(st->puppet->org->transport_key.b, st->node->org->transport_key.b, 32) < 0;
}

/* A seed under which the puppet is the one that leads reconciliation, or is not. */
static uint64_t seed_where(bool leads)
{
    for (uint64_t seed = 1;; seed++) {
        struct stage st = set_up(seed, 1, NULL);
        bool found = puppet_leads(&st) == leads;
        strike(&st);
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
    struct stage st = stage(seed_where(true), 1, NULL);
    send_recon(st.puppet, 0, true, ph_bytes(whole, sizeof(whole)));
    sim_run(st.s->world, SIM_SECOND);
    assert_int_equal(st.puppet->n_in[PH_MESSAGE_RECON], 1);
    send_recon(st.puppet, 0, true, ph_bytes(garbage, sizeof(garbage)));
    sim_run(st.s->world, SIM_SECOND);
    assert_true(st.puppet->heard_bye);
    strike(&st);

    st = stage(seed_where(true), 1, NULL);
    send_recon(st.puppet, 5, true, ph_bytes(whole, sizeof(whole))); /* never began */
    assert_expelled(&st, PH_ERR_PROTOCOL);
    strike(&st);

    st = stage(seed_where(false), 1, NULL);
    send_recon(st.puppet, 0, true, ph_bytes(whole, sizeof(whole))); /* not its turn */
    assert_expelled(&st, PH_ERR_PROTOCOL);
    strike(&st);
}

/* Always different, never splitting: each answer costs us, and none of it leads anywhere. */
static void test_hostile__costly_reconciliation_is_bounded(void **state)
{
    (void)state;
    struct stage st = set_up(seed_where(true), 1, NULL);
    uint8_t question[20] = {0x61, 0x00, 0x00, 0x01};
    sim_scenario_fill(st.s, 0, 2000, &(struct sim_record){.body = 10});
    up(&st);
    sim_puppet_credit(st.puppet, 1 << 20);
    int rounds = 0;
    for (; rounds < 400 && !st.puppet->closed; rounds++) {
        for (int k = 0; k < 1000 && !st.puppet->closed; k++) {
            question[4]++;
            send_recon(st.puppet, 0, true, ph_bytes(question, sizeof(question)));
        }
        sim_run(st.s->world, 100);
    }
    print_message("expelled after %d thousand questions\n", rounds);
    assert_true(st.puppet->heard_bye);
    assert_int_equal(st.puppet->bye, PH_ERR_LIMIT);
    strike(&st);
}

/* ---- records ---- */

static void test_hostile__a_forged_record_names_and_expels_its_sender(void **state)
{
    (void)state;
    struct stage st = stage(1, 2, NULL);
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
    assert_expelled(&st, PH_ERR_FORGED);
    ph_record_unref(record);
    strike(&st);
}

static void test_hostile__a_record_of_no_member_is_its_senders_fault(void **state)
{
    (void)state;
    struct stage st = stage(1, 1, NULL);
    struct ph_test_org stranger = ph_test_newcomer("ZZ", 1);
    struct sim_record clear = {.label = PH_TLP_CLEAR};
    struct ph_record *record = sim_record(st.s->world, st.s->community, &stranger, &clear);
    sim_puppet_send_record(st.puppet, record, true);
    assert_expelled(&st, PH_ERR_AUTHOR);
    ph_record_unref(record);
    ph_test_org_done(&stranger);
    strike(&st);
}

static void test_hostile__records_past_the_credit_end_it(void **state)
{
    (void)state;
    struct stage st = stage(1, 1, NULL);
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
    strike(&st);
}

static void test_hostile__absurd_credit_ends_it(void **state)
{
    (void)state;
    struct stage st = stage(1, 1, NULL);
    sim_puppet_credit(st.puppet, PH_CREDIT_MAX);
    assert_still_up(&st);
    sim_puppet_credit(st.puppet, 1);
    assert_expelled(&st, PH_ERR_PROTOCOL);
    strike(&st);
}

/* A record between CH and FR is none of IT's business, whoever offers it. */
static void test_hostile__what_we_may_not_hold_is_refused_unstored(void **state)
{
    (void)state;
    struct stage st = stage(1, 2, NULL);
    struct sim_record private = {.label = PH_TLP_AMBER_STRICT, .to = &st.s->peers[1]->org->code};
    struct ph_record *record = sim_record(st.s->world, st.s->community, st.puppet->org, &private);
    sim_puppet_send_record(st.puppet, record, true);
    assert_still_up(&st);
    assert_int_equal(sim_store_count(&st.node->store), 0);
    assert_int_equal(st.puppet->n_in[PH_MESSAGE_REJECT], 1);
    ph_record_unref(record);
    strike(&st);
}

/* A header alone must not stand in the way of its body. */
static void test_hostile__a_header_without_its_body_is_not_taken(void **state)
{
    (void)state;
    struct stage st = stage(1, 2, NULL);
    struct sim_record clear = {.label = PH_TLP_CLEAR};
    struct ph_record *record =
        sim_record(st.s->world, st.s->community, st.s->peers[1]->org, &clear);
    sim_puppet_send_record(st.puppet, record, false);
    assert_still_up(&st);
    assert_int_equal(sim_store_count(&st.node->store), 0);
    sim_peer_publish(st.s->peers[1], ph_record_ref(record));
    sim_run(st.s->world, SIM_SECOND);
    assert_true(sim_store_has(&st.node->store, &record->id));
    ph_record_unref(record);
    strike(&st);
}

static void test_hostile__an_expired_record_is_refused_quietly_and_once(void **state)
{
    (void)state;
    struct stage st = stage(1, 1, NULL);
    ph_ms now = sim_peer_now(st.node).wall;
    struct sim_record old = {.created = now - 1000, .expires = now - 10};
    struct ph_record *record = sim_record(st.s->world, st.s->community, st.puppet->org, &old);
    sim_puppet_send_ids(st.puppet, PH_MESSAGE_HAVE, &record->id, 1);
    sim_run(st.s->world, SIM_SECOND);
    assert_int_equal(st.puppet->n_in[PH_MESSAGE_WANT], 1);
    sim_puppet_send_record(st.puppet, record, true);
    assert_still_up(&st);
    assert_int_equal(st.puppet->n_in[PH_MESSAGE_REJECT], 1);
    assert_int_equal(st.node->heard[PH_EVENT_REJECTED].n, 0);
    sim_puppet_send_ids(st.puppet, PH_MESSAGE_HAVE, &record->id, 1);
    assert_still_up(&st);
    assert_int_equal(st.puppet->n_in[PH_MESSAGE_WANT], 1); /* not asked for again */
    assert_int_equal(sim_store_count(&st.node->store), 0);
    ph_record_unref(record);
    strike(&st);
}

static void test_hostile__tomorrows_records_are_not_asked_for(void **state)
{
    (void)state;
    struct stage st = stage(1, 1, NULL);
    struct sim_record early = {.created = sim_peer_now(st.node).wall + PH_TEST_DAY_MS};
    struct ph_record *record = sim_record(st.s->world, st.s->community, st.puppet->org, &early);
    sim_puppet_send_ids(st.puppet, PH_MESSAGE_HAVE, &record->id, 1);
    assert_still_up(&st);
    assert_int_equal(st.puppet->n_in[PH_MESSAGE_WANT], 0);
    sim_puppet_send_record(st.puppet, record, true); /* nor taken when it comes all the same */
    assert_still_up(&st);
    assert_int_equal(sim_store_count(&st.node->store), 0);
    ph_record_unref(record);
    strike(&st);
}

/* ---- withholding ---- */

static bool node_has(void *ctx)
{
    const struct stage *st = ctx;
    return sim_store_count(&st->node->store) > 0;
}

/* The puppet says it has a record first, and never sends it; CH says so a moment later. */
static void withholder(uint64_t seed)
{
    struct stage st = stage(seed, 2, NULL);
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
    strike(&st);
}

static void test_hostile__what_one_withholds_is_asked_of_another(void **state)
{
    (void)state;
    sim_each_seed(SIM_N_SEEDS, withholder);
}

/* The session closes instead: then at once. */
static void test_hostile__what_one_took_away_is_asked_of_another(void **state)
{
    (void)state;
    struct stage st = stage(4, 2, NULL);
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
    strike(&st);
}

static void test_hostile__a_promise_of_everything_stalls_nobody(void **state)
{
    (void)state;
    struct stage st = stage(2, 2, NULL);
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
    strike(&st);
}

/* ---- floods and silence ---- */

static void test_hostile__a_flood_of_pings_ends_it(void **state)
{
    (void)state;
    struct stage st = stage(1, 2, NULL);
    struct ph_message ping = {.type = PH_MESSAGE_PING};
    for (int k = 0; k < 60 && !st.puppet->closed; k++) {
        for (int i = 0; i < 1000; i++)
            sim_puppet_send(st.puppet, &ping);
        sim_run(st.s->world, 10);
    }
    assert_expelled(&st, PH_ERR_LIMIT);
    assert_int_equal(sim_peer_n_up(st.node), 2); /* CH, and the puppet on its second chance */
    strike(&st);
}

/* It asks for everything and reads nothing: the queue stays in its budget, and after a minute it is
 * shown the door, while the other peer is served. */
static void test_hostile__a_peer_that_never_reads_is_closed(void **state)
{
    (void)state;
    struct stage st = set_up(3, 2, NULL);
    struct ph_id ids[40];
    for (size_t i = 0; i < PH_LEN(ids); i++) {
        struct sim_record big = {.body = 500000, .created = PH_TEST_T0 + i + 1};
        struct ph_record *record = sim_record(st.s->world, st.s->community, st.node->org, &big);
        ids[i] = record->id;
        sim_peer_fill(st.node, record);
    }
    up(&st);
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
    strike(&st);
}

static void test_hostile__silence_ends_it_after_ninety_seconds(void **state)
{
    (void)state;
    struct stage st = stage(1, 1, NULL);
    sim_run(st.s->world, 80 * SIM_SECOND);
    assert_int_equal(st.puppet->n_in[PH_MESSAGE_PING], 1); /* asked once, never answered */
    assert_false(st.puppet->closed);
    sim_run(st.s->world, 20 * SIM_SECOND);
    assert_true(st.puppet->heard_bye && st.puppet->bye == PH_ERR_TIMEOUT);
    strike(&st);
}

/* ---- trust documents ---- */

static void send_card(struct sim_puppet *puppet, struct ph_bytes card)
{
    struct ph_message message = {.type = PH_MESSAGE_TRUST};
    message.trust.cards = &card;
    message.trust.n_cards = 1;
    sim_puppet_send(puppet, &message);
}

static void test_hostile__a_forged_card_expels_its_sender(void **state)
{
    (void)state;
    struct stage st = set_up(1, 1, NULL);
    st.puppet->lies_about_trust = true;
    up(&st);
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
    assert_expelled(&st, PH_ERR_FORGED);
    strike(&st);
}

static void test_hostile__unasked_documents_are_not_even_looked_at(void **state)
{
    (void)state;
    struct stage st = stage(1, 1, NULL);
    struct ph_test_org *it = &st.s->community->orgs[0];
    it->card->seq = 2;
    ph_test_sign_card(st.s->community, it);
    const struct ph_members *before = st.node->members;
    send_card(st.puppet, ph_buf_bytes(&it->card_bytes));
    assert_still_up(&st);
    assert_ptr_equal(st.node->members, before);
    strike(&st);
}

/* Records move only while trust is equal: to one that claims other cards, nothing is said of them.
 */
static void test_hostile__no_records_move_while_trust_differs(void **state)
{
    (void)state;
    struct stage st = set_up(1, 1, NULL);
    struct harvest harvest = {.records = 0};
    struct sim_record clear = {.label = PH_TLP_CLEAR};
    st.puppet->lies_about_trust = true;
    st.puppet->on_message = reap;
    st.puppet->ctx = &harvest;
    sim_scenario_fill(st.s, 0, 10, &clear);
    up(&st);
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
    strike(&st);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile__a_frame_of_forbidden_length_ends_it),
        cmocka_unit_test(test_hostile__an_unknown_message_is_skipped_only_from_newer_peers),
        cmocka_unit_test(test_hostile__records_before_hello_end_it),
        cmocka_unit_test(test_hostile__bits_changed_on_the_way_blame_nobody),
        cmocka_unit_test(test_hostile__unentitled_wants_are_answered_like_unknown_ones),
        cmocka_unit_test(test_hostile__naming_a_group_one_is_not_in_ends_it),
        cmocka_unit_test(test_hostile__reconciliation_out_of_turn_or_form_ends_it),
        cmocka_unit_test(test_hostile__costly_reconciliation_is_bounded),
        cmocka_unit_test(test_hostile__a_forged_record_names_and_expels_its_sender),
        cmocka_unit_test(test_hostile__a_record_of_no_member_is_its_senders_fault),
        cmocka_unit_test(test_hostile__records_past_the_credit_end_it),
        cmocka_unit_test(test_hostile__absurd_credit_ends_it),
        cmocka_unit_test(test_hostile__what_we_may_not_hold_is_refused_unstored),
        cmocka_unit_test(test_hostile__a_header_without_its_body_is_not_taken),
        cmocka_unit_test(test_hostile__an_expired_record_is_refused_quietly_and_once),
        cmocka_unit_test(test_hostile__tomorrows_records_are_not_asked_for),
        cmocka_unit_test(test_hostile__what_one_withholds_is_asked_of_another),
        cmocka_unit_test(test_hostile__what_one_took_away_is_asked_of_another),
        cmocka_unit_test(test_hostile__a_promise_of_everything_stalls_nobody),
        cmocka_unit_test(test_hostile__a_flood_of_pings_ends_it),
        cmocka_unit_test(test_hostile__a_peer_that_never_reads_is_closed),
        cmocka_unit_test(test_hostile__silence_ends_it_after_ninety_seconds),
        cmocka_unit_test(test_hostile__a_forged_card_expels_its_sender),
        cmocka_unit_test(test_hostile__unasked_documents_are_not_even_looked_at),
        cmocka_unit_test(test_hostile__no_records_move_while_trust_differs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
