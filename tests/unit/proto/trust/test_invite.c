/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/hash.h"
#include "proto/trust/card.h"
#include "tests/lib/fail.h"
#include "tests/unit/proto/trust/trust_test.h"

#define NOW     (PH_TEST_T0 + PH_TEST_DAY_MS)
#define EXPIRES (NOW + 14 * PH_TEST_DAY_MS)

static struct ph_test_community *c;
static struct ph_test_community *other; /* the same codes, other keys */
static struct ph_test_org *it;
static struct ph_test_org *ch;

static int set_up(void **state)
{
    (void)state;
    c = ph_test_community(2, NULL);
    other = ph_test_community_seeded(2, NULL, 9);
    it = ph_test_org(c, "IT");
    ch = ph_test_org(c, "CH");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ph_test_community_free(c);
    ph_test_community_free(other);
    return 0;
}

/* What an invite from IT for CH is made of; tests change it before make(). */
struct parts {
    struct ph_bytes roster;
    struct ph_bytes card;
    struct ph_invite invite;
};

static void init_parts(struct parts *parts)
{
    *parts = (struct parts){
        .roster = ph_buf_bytes(&c->rosters[0]),
        .card = ph_buf_bytes(&it->card_bytes),
        .invite = {.community = c->id,
                   .org = ch->code,
                   .inviter = it->node_key,
                   .expires = EXPIRES},
    };
    parts->invite.rosters = &parts->roster;
    parts->invite.n_rosters = 1;
    parts->invite.cards = &parts->card;
    parts->invite.n_cards = 1;
}

static struct ph_buf make(const struct parts *parts, const uint8_t secret[static 64])
{
    struct ph_buf out = ph_buf(PH_INVITE_MAX);
    assert_int_equal(ph_invite_encode(&out, &parts->invite, secret), PH_OK);
    return out;
}

/* Asserts what CH makes of it at NOW, and frees it. */
static void assert_invite(struct ph_buf bytes, enum ph_err err, const char *words)
{
    struct ph_invite out = {0};
    struct ph_why why = {0};
    enum ph_err got = ph_invite_decode(&out, ph_buf_bytes(&bytes), &ch->code, NOW, &why);
    if (got != err || (err && !strstr(why.what, words)))
        fail_msg("wanted %s with \"%s\", got %s: %s", ph_err_token(err), words, ph_err_token(got),
                 why.what);
    assert_true(err == PH_OK || !out.rosters);
    ph_invite_done(&out);
    ph_buf_done(&bytes);
}

static void test_invite__reads_back_what_was_written(void **state)
{
    (void)state;
    struct parts parts;
    init_parts(&parts);
    struct ph_buf bytes = make(&parts, it->node_secret);
    struct ph_invite out;
    assert_int_equal(ph_invite_decode(&out, ph_buf_bytes(&bytes), &ch->code, NOW, NULL), PH_OK);
    assert_true(ph_hash_equal(&out.community, &c->id));
    assert_int_equal(out.n_rosters, 1);
    assert_true(ph_bytes_equal(out.rosters[0], parts.roster));
    assert_int_equal(out.n_cards, 1);
    assert_true(ph_bytes_equal(out.cards[0], parts.card));
    assert_int_equal(out.expires, EXPIRES);
    struct ph_buf again = ph_buf(PH_INVITE_MAX);
    assert_int_equal(ph_invite_encode(&again, &out, it->node_secret), PH_OK);
    assert_true(ph_bytes_equal(ph_buf_bytes(&bytes), ph_buf_bytes(&again)));
    ph_buf_done(&again);
    ph_invite_done(&out);
    ph_buf_done(&bytes);
}

static void test_invite__every_flipped_bit_is_refused(void **state)
{
    (void)state;
    struct parts parts;
    init_parts(&parts);
    struct ph_buf bytes = make(&parts, it->node_secret);
    for (size_t bit = 0; bit < bytes.n * 8; bit++) {
        struct ph_invite out;
        bytes.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (ph_invite_decode(&out, ph_buf_bytes(&bytes), &ch->code, NOW, NULL) == PH_OK)
            fail_msg("bit %zu flipped, and taken", bit);
        bytes.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    ph_buf_done(&bytes);
}

static void test_invite__every_truncation_is_refused(void **state)
{
    (void)state;
    struct parts parts;
    init_parts(&parts);
    struct ph_buf bytes = make(&parts, it->node_secret);
    struct ph_invite out;
    for (size_t n = 0; n < bytes.n; n++)
        assert_int_not_equal(ph_invite_decode(&out, ph_bytes(bytes.p, n), &ch->code, NOW, NULL),
                             PH_OK);
    ph_buf_done(&bytes);
}

static void test_invite__for_another_organisation_names_both(void **state)
{
    (void)state;
    struct parts parts;
    init_parts(&parts);
    parts.invite.org = it->code;
    assert_invite(make(&parts, it->node_secret), PH_ERR_COMMUNITY, "for IT, and this is CH");
}

static void test_invite__expires_on_the_millisecond(void **state)
{
    (void)state;
    struct parts parts;
    init_parts(&parts);
    parts.invite.expires = NOW;
    assert_invite(make(&parts, it->node_secret), PH_ERR_EXPIRED, "2026-09-22");
    parts.invite.expires = NOW + 1;
    assert_invite(make(&parts, it->node_secret), PH_OK, "");
}

static void test_invite__a_swapped_genesis_is_refused(void **state)
{
    (void)state;
    struct parts parts;
    init_parts(&parts);
    /* Another community's chain and card under our id, signed by our member. */
    parts.roster = ph_buf_bytes(&other->rosters[0]);
    parts.card = ph_buf_bytes(&ph_test_org(other, "IT")->card_bytes);
    assert_invite(make(&parts, it->node_secret), PH_ERR_COMMUNITY, "another community");
    /* Our card in the other chain: not signed by the key that it lists. */
    parts.card = ph_buf_bytes(&it->card_bytes);
    assert_invite(make(&parts, it->node_secret), PH_ERR_FORGED, "card");
}

static void test_invite__the_inviter_must_be_a_member_in_use(void **state)
{
    (void)state;
    struct parts parts;
    init_parts(&parts);
    struct ph_test_org stranger = ph_test_newcomer("PT", 3);
    parts.invite.inviter = stranger.node_key;
    assert_invite(make(&parts, stranger.node_secret), PH_ERR_AUTHOR, "on no card");
    ph_test_org_done(&stranger);

    init_parts(&parts);
    parts.invite.n_cards = 0;
    assert_invite(make(&parts, it->node_secret), PH_ERR_AUTHOR, "on no card");

    init_parts(&parts);
    struct ph_card *card = it->card;
    card->seq++;
    card->nodes[0].until = NOW;
    ph_test_sign_card(c, it);
    parts.card = ph_buf_bytes(&it->card_bytes);
    assert_invite(make(&parts, it->node_secret), PH_ERR_ENDED, "inviting node");
    card->seq++;
    card->nodes[0].until = 0;
    ph_test_sign_card(c, it);
}

static void test_invite__signed_by_another_node_is_forged(void **state)
{
    (void)state;
    struct parts parts;
    init_parts(&parts);
    assert_invite(make(&parts, ch->node_secret), PH_ERR_FORGED, "altered");
}

static void test_invite__the_newcomer_must_be_on_the_newest_roster(void **state)
{
    (void)state;
    struct parts parts;
    init_parts(&parts);
    struct ph_code pt;
    struct ph_invite out;
    struct ph_why why = {0};
    assert_int_equal(ph_code_parse(&pt, ph_bytes_str("PT"), NULL), PH_OK);
    parts.invite.org = pt;
    struct ph_buf bytes = make(&parts, it->node_secret);
    assert_int_equal(ph_invite_decode(&out, ph_buf_bytes(&bytes), &pt, NOW, &why), PH_ERR_OUTSIDE);
    assert_non_null(strstr(why.what, "PT"));
    ph_buf_done(&bytes);
}

static void test_invite__without_a_chain_is_refused(void **state)
{
    (void)state;
    struct parts parts;
    init_parts(&parts);
    parts.invite.n_rosters = 0;
    parts.invite.n_cards = 0;
    assert_invite(make(&parts, it->node_secret), PH_ERR_INPUT, "no roster");
}

static void test_invite__without_memory_fails_cleanly(void **state)
{
    (void)state;
    struct parts parts;
    init_parts(&parts);
    struct ph_buf bytes = make(&parts, it->node_secret);
    enum ph_err err = PH_ERR_NOMEM;
    size_t n = 0;
    /* A signature that cannot be checked for want of memory does not verify. */
    while (err == PH_ERR_NOMEM || err == PH_ERR_FORGED) {
        struct ph_invite out = {0};
        ph_test_fail_at(++n);
        err = ph_invite_decode(&out, ph_buf_bytes(&bytes), &ch->code, NOW, NULL);
        ph_test_fail_at(0);
        ph_invite_done(&out);
    }
    assert_int_equal(err, PH_OK);
    assert_true(n > 20);
    ph_buf_done(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_invite__reads_back_what_was_written),
        cmocka_unit_test(test_invite__every_flipped_bit_is_refused),
        cmocka_unit_test(test_invite__every_truncation_is_refused),
        cmocka_unit_test(test_invite__for_another_organisation_names_both),
        cmocka_unit_test(test_invite__expires_on_the_millisecond),
        cmocka_unit_test(test_invite__a_swapped_genesis_is_refused),
        cmocka_unit_test(test_invite__the_inviter_must_be_a_member_in_use),
        cmocka_unit_test(test_invite__signed_by_another_node_is_forged),
        cmocka_unit_test(test_invite__the_newcomer_must_be_on_the_newest_roster),
        cmocka_unit_test(test_invite__without_a_chain_is_refused),
        cmocka_unit_test(test_invite__without_memory_fails_cleanly),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
