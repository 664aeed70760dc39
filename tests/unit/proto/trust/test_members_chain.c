/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/proto/trust/members_test.h"

static void test_members_chain__a_fork_is_evidence_and_the_first_branch_stays(void **state)
{
    (void)state;
    struct ph_roster *a = signed_draft(c->roster, PH_TEST_T1);
    struct ph_roster *b = signed_draft(c->roster, PH_TEST_T1 + 1);
    struct ph_buf a_bytes = encoded(a);
    struct ph_buf b_bytes = encoded(b);
    struct ph_bytes roster = ph_buf_bytes(&a_bytes);
    struct ph_outcome o = extend(&roster, 1, NULL, 0);
    assert_true(o.result.changed && !o.result.equivocation);
    struct ph_hash before = ph_members_roster_hash(c->members);
    roster = ph_buf_bytes(&b_bytes);
    o = extend(&roster, 1, NULL, 0);
    assert_int_equal(o.err, PH_OK);
    assert_true(o.result.equivocation && !o.result.changed && !o.taken[0]);
    struct ph_hash after = ph_members_roster_hash(c->members);
    assert_true(ph_hash_equal(&before, &after));
    /* A fork without its signatures proves nothing. */
    b->n_sigs = 1;
    ph_buf_clear(&b_bytes);
    assert_int_equal(ph_roster_encode(&b_bytes, b), PH_OK);
    roster = ph_buf_bytes(&b_bytes);
    assert_int_equal(extend(&roster, 1, NULL, 0).err, PH_ERR_THRESHOLD);
    ph_buf_done(&a_bytes);
    ph_buf_done(&b_bytes);
    ph_roster_free(a);
    ph_roster_free(b);
}

static void test_members_chain__rosters_come_in_order_without_gaps(void **state)
{
    (void)state;
    struct ph_roster *second = signed_draft(c->roster, PH_TEST_T1);
    struct ph_roster *third = signed_draft(second, PH_TEST_T1);
    struct ph_buf two = encoded(second);
    struct ph_buf three = encoded(third);
    struct ph_bytes gap = ph_buf_bytes(&three);
    assert_int_equal(extend(&gap, 1, NULL, 0).err, PH_ERR_GAP);
    const struct ph_bytes both[] = {ph_buf_bytes(&two), ph_buf_bytes(&three)};
    struct ph_outcome o = extend(both, 2, NULL, 0);
    assert_int_equal(o.err, PH_OK);
    assert_int_equal(o.result.n_rosters_new, 2);
    assert_int_equal(ph_members_roster(c->members)->seq, 3);
    ph_buf_done(&two);
    ph_buf_done(&three);
    ph_roster_free(second);
    ph_roster_free(third);
}

static void test_members_chain__another_communitys_first_roster_is_refused(void **state)
{
    (void)state;
    struct ph_test_community *other = ph_test_community_seeded(2, NULL, 5);
    struct ph_bytes roster = ph_buf_bytes(&other->rosters[0]);
    assert_int_equal(extend(&roster, 1, NULL, 0).err, PH_ERR_COMMUNITY);
    struct ph_members *members;
    assert_int_equal(ph_members_new(&members, NULL, 0, NULL, 0, NULL), PH_ERR_INPUT);
    ph_test_community_free(other);
}

/* The key of @code is replaced; its old one goes on signing. */
static void replace_key(const char *code)
{
    struct ph_test_org *old = org(code);
    struct ph_test_org fresh = ph_test_newcomer(code, 8);
    struct ph_roster *draft;
    assert_int_equal(ph_roster_draft(&draft, c->roster, PH_TEST_T1), PH_OK);
    assert_int_equal(ph_roster_set_org_key(draft, &old->code, &fresh.org_key, NULL), PH_OK);
    ph_test_take_roster(c, draft);
    assert_int_equal(ph_members_key_seq(c->members, &old->code), 2);

    /* The thief of the old key goes on; the owner's first card wins all the same. */
    old->card->seq = 1000000;
    ph_test_sign_card(c, old);
    assert_true(extend_card(card_bytes(code)).result.changed);
    ph_test_sign_card(c, &fresh); /* seq 1 */
    struct ph_outcome o = extend_card(ph_buf_bytes(&fresh.card_bytes));
    assert_int_equal(o.err, PH_OK);
    assert_true(o.result.changed && !o.result.equivocation);
    old->card->seq = 2000000;
    ph_test_sign_card(c, old);
    o = extend_card(card_bytes(code));
    assert_int_equal(o.err, PH_OK);
    assert_false(o.result.changed);
    assert_int_equal(ph_members_card(c->members, &old->code)->seq, 1);
    ph_test_org_done(&fresh);
}

static void test_members_chain__a_replaced_key_outranks_any_number_of_the_old(void **state)
{
    static const char *const codes[] = {"AT", "CH", "IT"}; /* first, within and last in order */
    for (size_t i = 0; i < PH_LEN(codes); i++) {
        replace_key(codes[i]);
        tear_down(state);
        set_up(state);
    }
}

static void test_members_chain__a_replaced_key_is_not_set_again(void **state)
{
    (void)state;
    struct ph_test_org *it = org("IT");
    struct ph_test_org fresh = ph_test_newcomer("IT", 8);
    struct ph_test_org other = ph_test_newcomer("PT", 9);
    struct ph_roster *draft;
    assert_int_equal(ph_roster_draft(&draft, c->roster, PH_TEST_T1), PH_OK);
    assert_int_equal(ph_roster_set_org_key(draft, &it->code, &fresh.org_key, NULL), PH_OK);
    ph_test_take_roster(c, draft);

    assert_int_equal(ph_roster_draft(&draft, c->roster, PH_TEST_T1), PH_OK);
    assert_int_equal(ph_roster_set_org_key(draft, &it->code, &it->org_key, NULL), PH_OK);
    for (size_t i = 0; i < PH_TEST_THRESHOLD; i++)
        assert_int_equal(ph_roster_sign(draft, &c->id, c->steward_secrets[i], NULL), PH_OK);
    struct ph_buf bytes = encoded(draft);
    struct ph_bytes roster = ph_buf_bytes(&bytes);
    struct ph_outcome o = extend(&roster, 1, NULL, 0);
    assert_int_equal(o.err, PH_ERR_RANGE);
    assert_non_null(strstr(o.why.what, "replaced"));
    ph_roster_free(draft);
    ph_buf_done(&bytes);

    /* Nor does another organisation get it. */
    struct ph_roster_org pt = ph_test_roster_org(&other);
    pt.key = it->org_key;
    assert_int_equal(ph_roster_draft(&draft, c->roster, PH_TEST_T1), PH_OK);
    assert_int_equal(ph_roster_add_org(draft, &pt, NULL), PH_OK);
    for (size_t i = 0; i < PH_TEST_THRESHOLD; i++)
        assert_int_equal(ph_roster_sign(draft, &c->id, c->steward_secrets[i], NULL), PH_OK);
    bytes = encoded(draft);
    roster = ph_buf_bytes(&bytes);
    o = extend(&roster, 1, NULL, 0);
    assert_int_equal(o.err, PH_ERR_RANGE);
    assert_non_null(strstr(o.why.what, "PT"));
    ph_roster_free(draft);
    ph_buf_done(&bytes);
    ph_test_org_done(&fresh);
    ph_test_org_done(&other);
}

/* IT leaves at PH_TEST_T1. */
static void remove_it(void)
{
    struct ph_roster *draft;
    assert_int_equal(ph_roster_draft(&draft, c->roster, PH_TEST_T1), PH_OK);
    assert_int_equal(ph_roster_remove_org(draft, &org("IT")->code, "left", PH_TEST_T1, NULL),
                     PH_OK);
    ph_test_take_roster(c, draft);
}

static void test_members_chain__a_removed_organisations_last_card_is_kept(void **state)
{
    (void)state;
    struct ph_hash before = ph_members_cards_digest(c->members);
    struct ph_test_org *it = org("IT");
    struct ph_member_node node;
    remove_it();
    assert_true(ph_members_by_sign_key(c->members, &it->node_key, &node));
    assert_null(node.org);
    assert_non_null(ph_members_card(c->members, &it->code));
    assert_int_equal(ph_members_n_cards(c->members), 5);
    assert_int_equal(ph_members_n_nodes(c->members), 4);
    assert_int_equal(ph_members_key_seq(c->members, &it->code), 0);
    struct ph_hash after = ph_members_cards_digest(c->members);
    assert_false(ph_hash_equal(&before, &after));

    /* What it says after it left is not heard; what it said before still is. */
    it->card->issued = PH_TEST_T1 + 1;
    next_card(it);
    assert_false(extend_card(card_bytes("IT")).result.changed);
    it->card->issued = PH_TEST_T1;
    next_card(it);
    assert_true(extend_card(card_bytes("IT")).result.changed);
}

static void test_members_chain__whoever_leaves_the_others_stay(void **state)
{
    for (size_t i = 0; i < c->n_orgs; i++) {
        struct ph_roster *draft;
        struct ph_member_node node;
        struct ph_bytes rosters[2];
        struct ph_bytes cards[5];
        size_t n_cards = 0;
        assert_int_equal(ph_roster_draft(&draft, c->roster, PH_TEST_T1), PH_OK);
        assert_int_equal(ph_roster_remove_org(draft, &c->orgs[i].code, "", PH_TEST_T1, NULL),
                         PH_OK);
        ph_test_take_roster(c, draft);
        assert_int_equal(ph_members_n_nodes(c->members), 4);
        for (size_t j = 0; j < c->n_orgs; j++) {
            assert_true(ph_members_by_sign_key(c->members, &c->orgs[j].node_key, &node));
            assert_true((node.org == NULL) == (j == i));
            if (j != i)
                cards[n_cards++] = ph_buf_bytes(&c->orgs[j].card_bytes);
        }
        for (size_t j = 0; j < 4; j++)
            assert_ptr_not_equal(ph_members_node(c->members, j).org, NULL);
        /* The digest is that of a view which never saw the card of who left. */
        struct ph_members *late;
        rosters[0] = ph_buf_bytes(&c->rosters[0]);
        rosters[1] = ph_buf_bytes(&c->rosters[1]);
        assert_int_equal(ph_members_new(&late, rosters, 2, cards, n_cards, NULL), PH_OK);
        struct ph_hash a = ph_members_cards_digest(late);
        struct ph_hash b = ph_members_cards_digest(c->members);
        assert_true(ph_hash_equal(&a, &b));
        ph_members_unref(late);
        tear_down(state);
        set_up(state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PH_MEMBERS_TEST(test_members_chain__a_fork_is_evidence_and_the_first_branch_stays),
        PH_MEMBERS_TEST(test_members_chain__rosters_come_in_order_without_gaps),
        PH_MEMBERS_TEST(test_members_chain__another_communitys_first_roster_is_refused),
        PH_MEMBERS_TEST(test_members_chain__a_replaced_key_outranks_any_number_of_the_old),
        PH_MEMBERS_TEST(test_members_chain__a_replaced_key_is_not_set_again),
        PH_MEMBERS_TEST(test_members_chain__a_removed_organisations_last_card_is_kept),
        PH_MEMBERS_TEST(test_members_chain__whoever_leaves_the_others_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
