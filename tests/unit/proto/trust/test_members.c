/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/fail.h"
#include "tests/unit/proto/trust/members_test.h"

static void test_members__knows_every_node_by_both_its_keys(void **state)
{
    (void)state;
    assert_int_equal(ph_members_n_nodes(c->members), c->n_orgs);
    for (size_t i = 0; i < c->n_orgs; i++) {
        struct ph_test_org *o = &c->orgs[i];
        struct ph_member_node node;
        assert_true(ph_members_by_sign_key(c->members, &o->node_key, &node));
        assert_string_equal(node.org->code.s, o->code.s);
        assert_true(ph_members_by_transport_key(c->members, &o->transport_key, &node));
        assert_string_equal(node.card->org.s, o->code.s);
        assert_int_equal(ph_members_key_seq(c->members, &o->code), 1);
        assert_true(ph_bytes_equal(ph_members_card_bytes(c->members, &o->code),
                                   ph_buf_bytes(&o->card_bytes)));
        assert_true(ph_members_by_sign_key(c->members,
                                           &ph_members_node(c->members, i).node->sign_key, &node));
    }
    const struct ph_node_key stranger = {{3}};
    const struct ph_code pt = ph_test_code(9);
    struct ph_member_node node;
    assert_false(ph_members_by_sign_key(c->members, &stranger, &node));
    assert_null(ph_members_card(c->members, &pt));
    assert_int_equal(ph_members_card_bytes(c->members, &pt).n, 0);
    assert_int_equal(ph_members_key_seq(c->members, &pt), 0);
}

static void test_members__keeps_each_roster_as_it_came(void **state)
{
    (void)state;
    struct ph_roster *draft;
    assert_int_equal(ph_roster_draft(&draft, c->roster, PH_TEST_T1), PH_OK);
    ph_test_take_roster(c, draft);
    for (uint64_t seq = 1; seq <= 2; seq++)
        assert_true(ph_bytes_equal(ph_members_roster_bytes(c->members, seq),
                                   ph_buf_bytes(&c->rosters[seq - 1])));
    assert_int_equal(ph_members_roster_bytes(c->members, 0).n, 0);
    assert_int_equal(ph_members_roster_bytes(c->members, 3).n, 0);
    struct ph_hash hash;
    struct ph_hash newest = ph_members_roster_hash(c->members);
    assert_int_equal(ph_roster_hash(&hash, c->roster), PH_OK);
    assert_true(ph_hash_equal(&hash, &newest));
    assert_true(ph_hash_equal(ph_members_community(c->members), &c->id));
}

static void test_members__does_not_depend_on_the_order_of_cards(void **state)
{
    (void)state;
    struct ph_bytes roster = ph_buf_bytes(&c->rosters[0]);
    struct ph_bytes cards[5];
    struct ph_hash digest = ph_members_cards_digest(c->members);
    for (unsigned first = 0; first < 5; first++) {
        for (unsigned i = 0; i < 5; i++)
            cards[i] = ph_buf_bytes(&c->orgs[(first + i * 3) % 5].card_bytes);
        struct ph_members *members;
        assert_int_equal(ph_members_new(&members, &roster, 1, cards, 5, NULL), PH_OK);
        struct ph_hash again = ph_members_cards_digest(members);
        assert_true(ph_hash_equal(&digest, &again));
        ph_members_unref(members);
    }
    struct ph_members *fewer;
    assert_int_equal(ph_members_new(&fewer, &roster, 1, cards, 4, NULL), PH_OK);
    struct ph_hash other = ph_members_cards_digest(fewer);
    assert_false(ph_hash_equal(&digest, &other));
    ph_members_unref(fewer);
}

static void test_members__a_view_grown_by_steps_equals_one_made_at_once(void **state)
{
    (void)state;
    struct ph_bytes roster = ph_buf_bytes(&c->rosters[0]);
    struct ph_bytes cards[5];
    struct ph_members *grown;
    assert_int_equal(ph_members_new(&grown, &roster, 1, NULL, 0, NULL), PH_OK);
    for (unsigned i = 0; i < 5; i++) {
        struct ph_members *next;
        cards[i] = ph_buf_bytes(&c->orgs[(i * 2) % 5].card_bytes);
        assert_int_equal(
            ph_members_extend(&next, grown, NULL, 0, &cards[i], 1, NULL, NULL, NULL, NULL), PH_OK);
        ph_members_unref(grown);
        grown = next;
    }
    struct ph_hash a = ph_members_cards_digest(grown);
    struct ph_hash b = ph_members_cards_digest(c->members);
    assert_true(ph_hash_equal(&a, &b));
    assert_int_equal(ph_members_n_nodes(grown), 5);
    for (size_t i = 0; i < 5; i++) {
        struct ph_member_node node;
        assert_true(ph_members_by_sign_key(grown, &c->orgs[i].node_key, &node));
        assert_true(ph_members_by_transport_key(grown, &c->orgs[i].transport_key, &node));
    }
    ph_members_unref(grown);
}

static void test_members__old_and_equal_documents_change_nothing(void **state)
{
    (void)state;
    struct ph_bytes old_card = card_bytes("IT");
    struct ph_buf old = ph_buf(PH_CARD_MAX);
    assert_int_equal(ph_buf_add(&old, old_card), PH_OK);
    next_card(org("IT"));
    struct ph_members *before = c->members;
    struct ph_outcome o = extend_card(card_bytes("IT"));
    assert_true(o.result.changed && o.taken[0]);
    assert_ptr_not_equal(c->members, before);

    before = c->members;
    const struct ph_bytes cards[] = {card_bytes("IT"), ph_buf_bytes(&old), card_bytes("CH")};
    struct ph_bytes roster = ph_buf_bytes(&c->rosters[0]);
    o = extend(NULL, 0, cards, 3);
    assert_int_equal(o.err, PH_OK);
    assert_false(o.result.changed || o.result.equivocation || o.taken[0] || o.taken[1]);
    assert_ptr_equal(c->members, before);
    o = extend(&roster, 1, NULL, 0);
    assert_int_equal(o.err, PH_OK);
    assert_false(o.result.changed || o.taken[0]);
    assert_ptr_equal(c->members, before);
    ph_buf_done(&old);
}

static void test_members__says_which_documents_were_taken(void **state)
{
    (void)state;
    next_card(org("CH"));
    const struct ph_bytes cards[] = {card_bytes("IT"), card_bytes("CH"), card_bytes("FR")};
    struct ph_outcome o = extend(NULL, 0, cards, 3);
    assert_int_equal(o.err, PH_OK);
    assert_int_equal(o.result.n_cards_new, 1);
    assert_false(o.taken[0]);
    assert_true(o.taken[1]);
    assert_false(o.taken[2]);
}

static void test_members__an_older_view_stays_as_it_was(void **state)
{
    (void)state;
    struct ph_members *before = ph_members_ref(c->members);
    struct ph_test_org *it = org("IT");
    struct ph_node_key old_key = it->node_key;
    struct ph_node_key new_key;
    uint8_t secret[64];
    ph_test_ed25519(new_key.b, secret, "new node", 1);
    it->card->nodes[0].sign_key = new_key;
    next_card(it);
    assert_int_equal(extend_card(card_bytes("IT")).err, PH_OK);
    struct ph_member_node node;
    assert_false(ph_members_by_sign_key(c->members, &old_key, &node));
    assert_true(ph_members_by_sign_key(c->members, &new_key, &node));
    ph_members_unref(c->members); /* the newer view goes, the older one is still whole */
    c->members = NULL;
    assert_false(ph_members_by_sign_key(before, &new_key, &node));
    assert_true(ph_members_by_sign_key(before, &old_key, &node));
    assert_int_equal(node.card->seq, 1);
    ph_members_unref(before);
}

static void test_members__two_cards_of_one_number_are_evidence(void **state)
{
    (void)state;
    struct ph_test_org *it = org("IT");
    struct ph_buf first = ph_buf(PH_CARD_MAX);
    struct ph_hash first_hash;
    struct ph_hash second_hash;
    next_card(it);
    assert_int_equal(ph_buf_add(&first, ph_buf_bytes(&it->card_bytes)), PH_OK);
    assert_int_equal(ph_card_hash(&first_hash, it->card), PH_OK);
    it->card->contact[0] = 'S';
    ph_test_sign_card(c, it); /* the same number, another card */
    assert_int_equal(ph_card_hash(&second_hash, it->card), PH_OK);
    bool second_counts = memcmp(&second_hash, &first_hash, sizeof(first_hash)) < 0;

    struct ph_hash digests[2];
    struct ph_members *start = ph_members_ref(c->members);
    for (int order = 0; order < 2; order++) {
        ph_members_unref(c->members);
        c->members = ph_members_ref(start);
        struct ph_bytes a = order ? card_bytes("IT") : ph_buf_bytes(&first);
        struct ph_bytes b = order ? ph_buf_bytes(&first) : card_bytes("IT");
        struct ph_outcome o = extend_card(a);
        assert_true(o.result.changed && !o.result.equivocation);
        o = extend_card(b);
        assert_int_equal(o.err, PH_OK);
        assert_true(o.result.equivocation);
        assert_int_equal(o.result.changed, order ? !second_counts : second_counts);
        digests[order] = ph_members_cards_digest(c->members);
    }
    assert_true(ph_hash_equal(&digests[0], &digests[1])); /* whichever came first */
    ph_members_unref(start);
    ph_buf_done(&first);
}

static void test_members__a_card_listing_anothers_node_is_refused(void **state)
{
    (void)state;
    struct ph_test_org *it = org("IT");
    struct ph_members *before = c->members;
    it->card->nodes[0].sign_key = org("CH")->node_key;
    next_card(it);
    struct ph_outcome o = extend_card(card_bytes("IT"));
    assert_int_equal(o.err, PH_ERR_CONFLICT);
    assert_non_null(strstr(o.why.what, "CH"));
    assert_non_null(strstr(o.why.what, "IT"));
    it->card->nodes[0].sign_key = it->node_key;
    it->card->nodes[0].transport_key = org("FR")->transport_key;
    next_card(it);
    assert_int_equal(extend_card(card_bytes("IT")).err, PH_ERR_CONFLICT);
    assert_ptr_equal(c->members, before);
    /* Handed over in good order it is no conflict: FR lets go of the key in the same breath. */
    struct ph_test_org *fr = org("FR");
    fr->card->n_nodes = 0;
    next_card(fr);
    const struct ph_bytes cards[] = {card_bytes("IT"), card_bytes("FR")};
    assert_int_equal(extend(NULL, 0, cards, 2).err, PH_OK);
}

static void test_members__a_card_by_another_key_or_of_a_stranger_is_refused(void **state)
{
    (void)state;
    struct ph_test_org *it = org("IT");
    struct ph_test_org stranger = ph_test_newcomer("PT", 1);
    ph_test_sign_card(c, &stranger);
    assert_int_equal(extend_card(ph_buf_bytes(&stranger.card_bytes)).err, PH_ERR_AUTHOR);
    /* IT's card, signed by CH. */
    it->card->seq++;
    assert_int_equal(ph_card_sign(it->card, &c->id, org("CH")->org_secret, NULL), PH_OK);
    ph_buf_clear(&it->card_bytes);
    assert_int_equal(ph_card_encode(&it->card_bytes, it->card), PH_OK);
    struct ph_outcome o = extend_card(card_bytes("IT"));
    assert_int_equal(o.err, PH_ERR_FORGED);
    assert_non_null(strstr(o.why.what, "card document 1 of 1"));
    ph_test_org_done(&stranger);
}

static void test_members__a_bad_document_loses_the_good_ones_before_it(void **state)
{
    (void)state;
    struct ph_members *before = c->members;
    next_card(org("CH"));
    const struct ph_bytes cards[] = {card_bytes("CH"), ph_bytes("x", 1)};
    struct ph_outcome o = extend(NULL, 0, cards, 2);
    assert_int_not_equal(o.err, PH_OK);
    assert_non_null(strstr(o.why.what, "card document 2 of 2"));
    assert_ptr_equal(c->members, before);
    assert_int_equal(ph_members_card(c->members, &org("CH")->code)->seq, 1);
}

static void test_members__lists_all_cards_in_order_of_codes(void **state)
{
    (void)state;
    assert_int_equal(ph_members_n_cards(c->members), 5);
    for (size_t i = 0; i < 5; i++) {
        struct ph_bytes bytes;
        const struct ph_card *card = ph_members_card_at(c->members, i, &bytes);
        assert_true(ph_bytes_equal(bytes, ph_members_card_bytes(c->members, &card->org)));
        if (i > 0)
            assert_true(ph_code_cmp(&ph_members_card_at(c->members, i - 1, NULL)->org, &card->org) <
                        0);
    }
}

static void test_members__without_memory_fails_cleanly(void **state)
{
    (void)state;
    struct ph_roster *second = signed_draft(c->roster, PH_TEST_T1);
    struct ph_test_org pt = ph_test_newcomer("PT", 2);
    struct ph_roster_org entry = ph_test_roster_org(&pt);
    assert_int_equal(ph_roster_add_org(second, &entry, NULL), PH_OK);
    for (size_t i = 0; i < PH_TEST_THRESHOLD; i++)
        assert_int_equal(ph_roster_sign(second, &c->id, c->steward_secrets[i], NULL), PH_OK);
    struct ph_buf bytes = encoded(second);
    struct ph_bytes roster = ph_buf_bytes(&bytes);
    ph_test_sign_card(c, &pt);
    struct ph_bytes card = ph_buf_bytes(&pt.card_bytes);
    enum ph_err err = PH_ERR_NOMEM;
    size_t n = 0;
    /* A signature that cannot be checked for want of memory does not verify. */
    while (err == PH_ERR_NOMEM || err == PH_ERR_FORGED) {
        struct ph_members *out = NULL;
        ph_test_fail_at(++n);
        err = ph_members_extend(&out, c->members, &roster, 1, &card, 1, NULL, NULL, NULL, NULL);
        ph_test_fail_at(0);
        assert_true((err == PH_OK) == (out != NULL));
        ph_members_unref(out);
    }
    assert_int_equal(err, PH_OK);
    assert_true(n > 30);
    assert_int_equal(ph_members_n_nodes(c->members), 5);
    ph_buf_done(&bytes);
    ph_test_org_done(&pt);
    ph_roster_free(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PH_MEMBERS_TEST(test_members__knows_every_node_by_both_its_keys),
        PH_MEMBERS_TEST(test_members__keeps_each_roster_as_it_came),
        PH_MEMBERS_TEST(test_members__does_not_depend_on_the_order_of_cards),
        PH_MEMBERS_TEST(test_members__a_view_grown_by_steps_equals_one_made_at_once),
        PH_MEMBERS_TEST(test_members__old_and_equal_documents_change_nothing),
        PH_MEMBERS_TEST(test_members__says_which_documents_were_taken),
        PH_MEMBERS_TEST(test_members__an_older_view_stays_as_it_was),
        PH_MEMBERS_TEST(test_members__two_cards_of_one_number_are_evidence),
        PH_MEMBERS_TEST(test_members__a_card_listing_anothers_node_is_refused),
        PH_MEMBERS_TEST(test_members__a_card_by_another_key_or_of_a_stranger_is_refused),
        PH_MEMBERS_TEST(test_members__a_bad_document_loses_the_good_ones_before_it),
        PH_MEMBERS_TEST(test_members__lists_all_cards_in_order_of_codes),
        PH_MEMBERS_TEST(test_members__without_memory_fails_cleanly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
