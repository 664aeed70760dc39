/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/proto/trust/members_test.h"

#define T0 PH_TEST_T0
#define T1 PH_TEST_T1
#define T2 (PH_TEST_T1 + PH_TEST_DAY_MS)
#define T3 (PH_TEST_T1 + 2 * PH_TEST_DAY_MS)

static const struct ph_audience community = {.kind = PH_AUDIENCE_COMMUNITY};

/* What the view says of a record by @code's node, created at @created. */
static enum ph_err judge_to(const struct ph_test_org *o, ph_ms created,
                            const struct ph_audience *audience)
{
    struct ph_code author = {{0}};
    enum ph_err err =
        ph_members_judge(c->members, &o->node_key, created, audience, NULL, 0, &author, NULL);
    assert_string_equal(author.s, err ? "" : o->code.s);
    return err;
}

static enum ph_err judge(const char *code, ph_ms created)
{
    return judge_to(org(code), created, &community);
}

static struct ph_roster *draft_at(ph_ms now)
{
    struct ph_roster *draft;
    assert_int_equal(ph_roster_draft(&draft, c->roster, now), PH_OK);
    return draft;
}

static void remove_at(const char *code, ph_ms issued, ph_ms at)
{
    struct ph_roster *draft = draft_at(issued);
    assert_int_equal(ph_roster_remove_org(draft, &org(code)->code, "", at, NULL), PH_OK);
    ph_test_take_roster(c, draft);
}

static void take_card(struct ph_test_org *o)
{
    next_card(o);
    ph_test_take_card(c, o);
}

static void test_members_judge__a_key_on_no_card_is_the_senders_fault(void **state)
{
    (void)state;
    struct ph_test_org stranger = ph_test_newcomer("PT", 1);
    assert_int_equal(judge_to(&stranger, T1, &community), PH_ERR_AUTHOR);
    ph_test_org_done(&stranger);
}

static void test_members_judge__a_key_counts_from_since_until_before_its_end(void **state)
{
    (void)state;
    struct ph_test_org *it = org("IT");
    it->card->nodes[0].since = T1;
    it->card->nodes[0].until = T2;
    take_card(it);
    assert_int_equal(judge("IT", T1 - 1), PH_ERR_ENDED);
    assert_int_equal(judge("IT", T1), PH_OK);
    assert_int_equal(judge("IT", T2 - 1), PH_OK);
    assert_int_equal(judge("IT", T2), PH_ERR_ENDED);
    it->card->nodes[0].until = 0;
    it->card->nodes[0].lost = T2;
    take_card(it);
    assert_int_equal(judge("IT", T2 - 1), PH_OK);
    assert_int_equal(judge("IT", T2), PH_ERR_ENDED);
}

static void test_members_judge__an_expired_card_only_warns(void **state)
{
    (void)state;
    assert_int_equal(judge("IT", org("IT")->card->expires + 1), PH_OK);
}

static void test_members_judge__a_newcomer_counts_from_the_roster_that_names_it(void **state)
{
    (void)state;
    struct ph_test_org pt = ph_test_newcomer("PT", 1);
    struct ph_roster_org entry = ph_test_roster_org(&pt);
    struct ph_roster *draft = draft_at(T1);
    assert_int_equal(ph_roster_add_org(draft, &entry, NULL), PH_OK);
    ph_test_take_roster(c, draft);
    ph_test_sign_card(c, &pt);
    ph_test_take_card(c, &pt);
    assert_int_equal(judge_to(&pt, T1 - 1, &community), PH_ERR_ENDED);
    assert_int_equal(judge_to(&pt, T1, &community), PH_OK);
    assert_int_equal(judge("IT", T1 - 1), PH_OK);
    ph_test_org_done(&pt);
}

static void test_members_judge__before_the_genesis_the_genesis_counts(void **state)
{
    (void)state;
    struct ph_test_org *it = org("IT");
    it->card->nodes[0].since = 0;
    take_card(it);
    assert_int_equal(judge("IT", T0 - 1), PH_OK);
    assert_int_equal(judge("IT", 0), PH_OK);
}

static void test_members_judge__who_was_removed_stays_author_of_what_came_before(void **state)
{
    (void)state;
    remove_at("IT", T2, T2);
    assert_int_equal(judge("IT", T2 - 1), PH_OK);
    assert_int_equal(judge("IT", T2), PH_ERR_ENDED);
    assert_int_equal(judge("CH", T2), PH_OK);
}

static void test_members_judge__a_removal_may_begin_before_its_roster(void **state)
{
    (void)state;
    remove_at("IT", T3, T1); /* found out on T3, stolen on T1 */
    assert_int_equal(judge("IT", T1 - 1), PH_OK);
    assert_int_equal(judge("IT", T1), PH_ERR_ENDED);
    assert_int_equal(judge("IT", T2), PH_ERR_ENDED); /* though the roster of T2 has it */
    assert_int_equal(judge("IT", T3), PH_ERR_ENDED);
}

static void test_members_judge__who_comes_back_was_away_in_between(void **state)
{
    (void)state;
    remove_at("IT", T1, T1);
    struct ph_roster *draft = draft_at(T2);
    struct ph_roster_org it = ph_test_roster_org(org("IT"));
    assert_int_equal(ph_roster_add_org(draft, &it, NULL), PH_OK);
    ph_test_take_roster(c, draft);
    assert_int_equal(ph_members_key_seq(c->members, &it.code), 3);
    assert_int_equal(judge("IT", T1 - 1), PH_OK);
    assert_int_equal(judge("IT", T1), PH_ERR_ENDED);
    assert_int_equal(judge("IT", T2 - 1), PH_ERR_ENDED);
    assert_int_equal(judge("IT", T2), PH_OK);
}

static void test_members_judge__groups_count_as_they_were_then(void **state)
{
    (void)state;
    const struct ph_audience alps = {.kind = PH_AUDIENCE_GROUP, .id = ph_test_group(c, "alps")};
    const struct ph_audience unknown = {.kind = PH_AUDIENCE_GROUP, .id = {{5}}};
    assert_int_equal(judge_to(org("IT"), T0, &alps), PH_OK);
    assert_int_equal(judge_to(org("FR"), T0, &alps), PH_ERR_OUTSIDE);
    assert_int_equal(judge_to(org("IT"), T0, &unknown), PH_ERR_OUTSIDE);
    /* On T1 IT leaves the group and FR joins it. */
    struct ph_roster *draft = draft_at(T1);
    const struct ph_code members[] = {org("CH")->code, org("FR")->code};
    assert_int_equal(ph_roster_set_group(draft, "alps", "", members, 2, &unknown.id, NULL), PH_OK);
    ph_test_take_roster(c, draft);
    assert_int_equal(judge_to(org("IT"), T1 - 1, &alps), PH_OK);
    assert_int_equal(judge_to(org("IT"), T1, &alps), PH_ERR_OUTSIDE);
    assert_int_equal(judge_to(org("FR"), T1 - 1, &alps), PH_ERR_OUTSIDE);
    assert_int_equal(judge_to(org("FR"), T1, &alps), PH_OK);
    /* On T2 it is gone. */
    draft = draft_at(T2);
    assert_int_equal(ph_roster_remove_group(draft, "alps", NULL), PH_OK);
    ph_test_take_roster(c, draft);
    assert_int_equal(judge_to(org("FR"), T2 - 1, &alps), PH_OK);
    assert_int_equal(judge_to(org("FR"), T2, &alps), PH_ERR_OUTSIDE);
}

static void test_members_judge__recipients_are_or_were_members(void **state)
{
    (void)state;
    struct ph_recipient recipients[2];
    struct ph_audience direct;
    struct ph_code author;
    struct ph_why why = {0};
    assert_int_equal(ph_recipient_parse(&recipients[0], ph_bytes_str("CH"), NULL), PH_OK);
    assert_int_equal(ph_recipient_parse(&recipients[1], ph_bytes_str("FR"), NULL), PH_OK);
    assert_int_equal(ph_audience_direct(&direct, recipients, 2), PH_OK);
    remove_at("FR", T1, T1);
    assert_int_equal(ph_members_judge(c->members, &org("IT")->node_key, T2, &direct, recipients, 2,
                                      &author, NULL),
                     PH_OK);
    assert_int_equal(ph_recipient_parse(&recipients[1], ph_bytes_str("PT"), NULL), PH_OK);
    assert_int_equal(ph_members_judge(c->members, &org("IT")->node_key, T2, &direct, recipients, 2,
                                      &author, &why),
                     PH_ERR_OUTSIDE);
    assert_non_null(strstr(why.what, "PT"));
    /* Good recipients do not make up for an author who had ended. */
    assert_int_equal(ph_members_judge(c->members, &org("FR")->node_key, T2, &direct, recipients, 1,
                                      &author, NULL),
                     PH_ERR_ENDED);
}

static void test_members_judge__a_card_under_a_replaced_key_speaks_for_the_past(void **state)
{
    (void)state;
    struct ph_test_org *it = org("IT");
    struct ph_test_org fresh = ph_test_newcomer("IT", 8);
    struct ph_roster *draft = draft_at(T1);
    struct ph_member_node node;
    assert_int_equal(ph_roster_set_org_key(draft, &it->code, &fresh.org_key, NULL), PH_OK);
    ph_test_take_roster(c, draft);
    assert_int_equal(judge("IT", T1 - 1), PH_OK);
    assert_int_equal(judge("IT", T1), PH_ERR_ENDED);
    assert_int_equal(ph_members_may_connect(c->members, &it->transport_key, T2, &node, NULL),
                     PH_ERR_ENDED);
    /* The owner lists the same node on a card of the new key, and all is well again. */
    fresh.card->nodes[0] = it->card->nodes[0];
    ph_test_sign_card(c, &fresh);
    ph_test_take_card(c, &fresh);
    assert_int_equal(judge("IT", T1 - 1), PH_OK);
    assert_int_equal(judge("IT", T1), PH_OK);
    assert_int_equal(ph_members_may_connect(c->members, &it->transport_key, T2, &node, NULL),
                     PH_OK);
    ph_test_org_done(&fresh);
}

static void test_members_judge__latecomers_come_to_the_same_answer(void **state)
{
    (void)state;
    struct ph_test_org *it = org("IT");
    remove_at("FR", T1, T1);
    it->card->nodes[0].until = T2;
    take_card(it);
    struct ph_bytes rosters[2];
    struct ph_bytes cards[5];
    for (size_t i = 0; i < 2; i++)
        rosters[i] = ph_buf_bytes(&c->rosters[i]);
    for (size_t i = 0; i < 5; i++)
        cards[i] = ph_buf_bytes(&c->orgs[4 - i].card_bytes);
    struct ph_members *late;
    assert_int_equal(ph_members_new(&late, rosters, 2, cards, 5, NULL), PH_OK);
    for (ph_ms at = T0 - 1; at <= T3; at += PH_TEST_DAY_MS / 4)
        for (size_t i = 0; i < 5; i++) {
            struct ph_code author;
            assert_int_equal(ph_members_judge(late, &c->orgs[i].node_key, at, &community, NULL, 0,
                                              &author, NULL),
                             judge_to(&c->orgs[i], at, &community));
        }
    ph_members_unref(late);
}

static void test_members_judge__the_roster_in_force_is_the_newest_of_its_time(void **state)
{
    (void)state;
    ph_test_take_roster(c, draft_at(T1)); /* seq 2 */
    ph_test_take_roster(c, draft_at(T1)); /* seq 3, in the same millisecond */
    ph_test_take_roster(c, draft_at(T2)); /* seq 4 */
    static const struct {
        ph_ms at;
        uint64_t seq;
    } rows[] = {{0, 1},      {T0 - 1, 1}, {T0, 1}, {T1 - 1, 1},        {T1, 3},
                {T2 - 1, 3}, {T2, 4},     {T3, 4}, {PH_CREATED_MAX, 4}};
    for (size_t i = 0; i < PH_LEN(rows); i++)
        assert_int_equal(ph_members_roster_at(c->members, rows[i].at)->seq, rows[i].seq);
}

static void test_members_judge__only_members_in_use_may_connect(void **state)
{
    (void)state;
    struct ph_test_org *it = org("IT");
    struct ph_member_node node;
    const struct ph_transport_key stranger = {{9}};
    assert_int_equal(ph_members_may_connect(c->members, &it->transport_key, T1, &node, NULL),
                     PH_OK);
    assert_string_equal(node.org->code.s, "IT");
    assert_int_equal(ph_members_may_connect(c->members, &stranger, T1, &node, NULL), PH_ERR_AUTHOR);
    /* A clock behind the newcomer's does not shut it out. */
    assert_int_equal(ph_members_may_connect(c->members, &it->transport_key, T0 - 1, &node, NULL),
                     PH_OK);
    it->card->nodes[0].until = T2;
    take_card(it);
    assert_int_equal(ph_members_may_connect(c->members, &it->transport_key, T2 - 1, &node, NULL),
                     PH_OK);
    assert_int_equal(ph_members_may_connect(c->members, &it->transport_key, T2, &node, NULL),
                     PH_ERR_ENDED);
    remove_at("CH", T3, T3);
    assert_int_equal(ph_members_may_connect(c->members, &org("CH")->transport_key, T1, &node, NULL),
                     PH_ERR_ENDED);
}

static void test_members_judge__audiences_are_read_from_the_newest_roster(void **state)
{
    (void)state;
    const struct ph_audience alps = {.kind = PH_AUDIENCE_GROUP, .id = ph_test_group(c, "alps")};
    const struct ph_audience direct = {.kind = PH_AUDIENCE_DIRECT};
    const struct ph_audience unknown = {.kind = PH_AUDIENCE_GROUP, .id = {{5}}};
    struct ph_recipient to[2];
    assert_int_equal(ph_recipient_parse(&to[0], ph_bytes_str("CH"), NULL), PH_OK);
    assert_int_equal(ph_recipient_parse(&to[1], ph_bytes_str("IT/alice"), NULL), PH_OK);
    const struct ph_code pt = ph_test_code(9);
#define IN(code, audience) ph_members_in_audience(c->members, code, audience, to, 2)
    assert_true(IN(&org("FR")->code, &community));
    assert_false(IN(&pt, &community));
    assert_true(IN(&org("IT")->code, &alps));
    assert_false(IN(&org("FR")->code, &alps));
    assert_false(IN(&org("IT")->code, &unknown));
    assert_true(IN(&org("CH")->code, &direct));
    assert_true(IN(&org("IT")->code, &direct));
    assert_false(IN(&org("FR")->code, &direct));
    remove_at("CH", T1, T1);
    assert_false(IN(&org("CH")->code, &community));
    assert_false(IN(&org("CH")->code, &alps));
    assert_false(IN(&org("CH")->code, &direct));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PH_MEMBERS_TEST(test_members_judge__a_key_on_no_card_is_the_senders_fault),
        PH_MEMBERS_TEST(test_members_judge__a_key_counts_from_since_until_before_its_end),
        PH_MEMBERS_TEST(test_members_judge__an_expired_card_only_warns),
        PH_MEMBERS_TEST(test_members_judge__a_newcomer_counts_from_the_roster_that_names_it),
        PH_MEMBERS_TEST(test_members_judge__before_the_genesis_the_genesis_counts),
        PH_MEMBERS_TEST(test_members_judge__who_was_removed_stays_author_of_what_came_before),
        PH_MEMBERS_TEST(test_members_judge__a_removal_may_begin_before_its_roster),
        PH_MEMBERS_TEST(test_members_judge__who_comes_back_was_away_in_between),
        PH_MEMBERS_TEST(test_members_judge__groups_count_as_they_were_then),
        PH_MEMBERS_TEST(test_members_judge__recipients_are_or_were_members),
        PH_MEMBERS_TEST(test_members_judge__a_card_under_a_replaced_key_speaks_for_the_past),
        PH_MEMBERS_TEST(test_members_judge__latecomers_come_to_the_same_answer),
        PH_MEMBERS_TEST(test_members_judge__the_roster_in_force_is_the_newest_of_its_time),
        PH_MEMBERS_TEST(test_members_judge__only_members_in_use_may_connect),
        PH_MEMBERS_TEST(test_members_judge__audiences_are_read_from_the_newest_roster),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
