/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/hash.h"
#include "proto/trust/chain.h"
#include "tests/unit/proto/trust/trust_test.h"

#define T1 (PH_TEST_T0 + PH_TEST_DAY_MS)

static struct ph_test_community *c;

static int set_up(void **state)
{
    (void)state;
    c = ph_test_community(4, "alps=IT,CH");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ph_test_community_free(c);
    return 0;
}

static struct ph_roster *draft_after(const struct ph_roster *last, ph_ms now)
{
    struct ph_roster *draft;
    assert_int_equal(ph_roster_draft(&draft, last, now), PH_OK);
    return draft;
}

static struct ph_roster *draft(void)
{
    return draft_after(c->roster, T1);
}

static void sign(struct ph_roster *roster, const uint8_t secret[static 64])
{
    assert_int_equal(ph_roster_sign(roster, &c->id, secret, NULL), PH_OK);
}

/* Signs with the stewards whose bit is in @who. */
static void sign_by(struct ph_roster *roster, unsigned who)
{
    for (unsigned i = 0; i < PH_TEST_STEWARDS; i++)
        if (who & 1u << i)
            sign(roster, c->steward_secrets[i]);
}

/* Asserts what becomes of @next after @last, and frees @next. */
static void assert_next(const struct ph_roster *last, struct ph_roster *next, enum ph_err err,
                        const char *words)
{
    struct ph_why why = {0};
    enum ph_err got = ph_chain_check_next(&c->id, last, next, &why);
    if (got != err || (err && !strstr(why.what, words)))
        fail_msg("wanted %s with \"%s\", got %s: %s", ph_err_token(err), words, ph_err_token(got),
                 why.what);
    ph_roster_free(next);
}

static void test_chain__genesis_needs_its_own_threshold(void **state)
{
    (void)state;
    struct ph_hash id;
    struct ph_roster *roster = ph_test_copy(c->roster);
    assert_int_equal(ph_chain_check_genesis(&id, roster, NULL), PH_OK);
    assert_true(ph_hash_equal(&id, &c->id));
    roster->n_sigs = PH_TEST_THRESHOLD - 1;
    assert_int_equal(ph_chain_check_genesis(&id, roster, NULL), PH_ERR_THRESHOLD);
    roster->n_sigs = 0;
    assert_int_equal(ph_chain_check_genesis(&id, roster, NULL), PH_ERR_THRESHOLD);
    ph_roster_free(roster);
}

static void test_chain__only_seq_1_is_a_genesis(void **state)
{
    (void)state;
    struct ph_hash id;
    struct ph_roster *next = draft();
    sign_by(next, 3);
    assert_int_equal(ph_chain_check_genesis(&id, next, NULL), PH_ERR_FORMAT);
    ph_roster_free(next);
}

static void test_chain__genesis_signed_for_a_community_is_refused(void **state)
{
    (void)state;
    struct ph_hash id;
    struct ph_roster *roster = ph_test_copy(c->roster);
    sign_by(roster, 3); /* over the community's id instead of zeros */
    assert_int_equal(ph_chain_check_genesis(&id, roster, NULL), PH_ERR_FORGED);
    ph_roster_free(roster);
}

static void test_chain__next_needs_a_threshold_of_stewards(void **state)
{
    (void)state;
    for (unsigned who = 0; who < 1u << PH_TEST_STEWARDS; who++) {
        struct ph_roster *next = draft();
        sign_by(next, who);
        bool enough = __builtin_popcount(who) >= PH_TEST_THRESHOLD;
        assert_next(c->roster, next, enough ? PH_OK : PH_ERR_THRESHOLD, "of 2 signatures");
    }
}

static void test_chain__a_steward_who_signs_twice_counts_once(void **state)
{
    (void)state;
    struct ph_roster *next = draft();
    sign(next, c->steward_secrets[0]);
    sign(next, c->steward_secrets[0]);
    assert_int_equal(next->n_sigs, 1);
    assert_next(c->roster, next, PH_ERR_THRESHOLD, "1 of 2");
}

static void test_chain__a_forged_or_foreign_signature_spoils_the_rest(void **state)
{
    (void)state;
    struct ph_roster *next = draft();
    sign_by(next, 7);
    next->sigs[1].sig[7] ^= 1;
    assert_next(c->roster, next, PH_ERR_FORGED, "does not verify");

    next = draft();
    sign_by(next, 3);
    const struct ph_hash other = {{1}};
    assert_int_equal(ph_roster_sign(next, &other, c->steward_secrets[2], NULL), PH_OK);
    assert_next(c->roster, next, PH_ERR_FORGED, "in this community");

    uint8_t key[32];
    uint8_t stranger[64];
    ph_test_ed25519(key, stranger, "stranger", 1);
    next = draft();
    sign_by(next, 3);
    sign(next, stranger);
    assert_next(c->roster, next, PH_ERR_THRESHOLD, "not a steward");
}

static void test_chain__a_signature_made_for_another_kind_is_refused(void **state)
{
    (void)state;
    struct ph_roster *next = draft();
    sign_by(next, 3);
    struct ph_buf document = ph_buf(PH_ROSTER_MAX);
    assert_int_equal(ph__roster_document(&document, next), PH_OK);
    assert_true(ph_sign(next->sigs[0].sig, "record", &c->id, ph_buf_bytes(&document),
                        ph_steward_key_equal(&next->sigs[0].steward, &c->stewards[0])
                            ? c->steward_secrets[0]
                            : c->steward_secrets[1]));
    ph_buf_done(&document);
    assert_next(c->roster, next, PH_ERR_FORGED, "does not verify");
}

/* The new stewards: the first of the old ones and two others. */
struct change {
    struct ph_steward_key keys[3];
    uint8_t secrets[3][64];
};

static struct change new_stewards(void)
{
    struct change change;
    change.keys[0] = c->stewards[0];
    memcpy(change.secrets[0], c->steward_secrets[0], 64);
    ph_test_ed25519(change.keys[1].b, change.secrets[1], "new steward", 1);
    ph_test_ed25519(change.keys[2].b, change.secrets[2], "new steward", 2);
    return change;
}

static void test_chain__a_change_of_stewards_needs_old_and_new(void **state)
{
    (void)state;
    struct change change = new_stewards();
    static const struct {
        unsigned old_who; /* bits: old stewards 1 and 2, who leave */
        unsigned new_who; /* bits: steward 0, who stays, and new ones 1 and 2 */
        enum ph_err err;
        const char *words;
    } rows[] = {
        {6, 0, PH_ERR_THRESHOLD, "new stewards"},    /* only the old */
        {0, 6, PH_ERR_THRESHOLD, "stewards before"}, /* only the new */
        {0, 7, PH_ERR_THRESHOLD, "stewards before"}, /* who stays counts for both, once each */
        {6, 1, PH_ERR_THRESHOLD, "new stewards"},
        {6, 6, PH_OK, ""},
        {2, 3, PH_OK, ""}, /* one old, who stays, one new */
    };
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        struct ph_roster *next = draft();
        assert_int_equal(ph_roster_set_stewards(next, change.keys, 3, 2, NULL), PH_OK);
        sign_by(next, rows[i].old_who);
        for (unsigned j = 0; j < 3; j++)
            if (rows[i].new_who & 1u << j)
                sign(next, change.secrets[j]);
        assert_next(c->roster, next, rows[i].err, rows[i].words);
    }
}

static void test_chain__a_raised_threshold_needs_that_many(void **state)
{
    (void)state;
    struct ph_roster *next = draft();
    assert_int_equal(ph_roster_set_stewards(next, c->stewards, 3, 3, NULL), PH_OK);
    sign_by(next, 3);
    assert_next(c->roster, next, PH_ERR_THRESHOLD, "2 of 3");
    next = draft();
    assert_int_equal(ph_roster_set_stewards(next, c->stewards, 3, 3, NULL), PH_OK);
    sign_by(next, 7);
    assert_next(c->roster, next, PH_OK, "");
    next = draft();
    assert_int_equal(ph_roster_set_stewards(next, c->stewards, 3, 1, NULL), PH_OK);
    sign_by(next, 1); /* lowering takes the old threshold */
    assert_next(c->roster, next, PH_ERR_THRESHOLD, "1 of 2");
}

static void test_chain__a_removed_steward_does_not_sign(void **state)
{
    (void)state;
    struct change change = new_stewards();
    struct ph_roster *second = draft();
    assert_int_equal(ph_roster_set_stewards(second, change.keys, 3, 2, NULL), PH_OK);
    sign_by(second, 3);
    sign(second, change.secrets[1]);
    assert_int_equal(ph_chain_check_next(&c->id, c->roster, second, NULL), PH_OK);
    struct ph_roster *third = draft_after(second, T1);
    sign(third, c->steward_secrets[0]);
    sign(third, c->steward_secrets[1]); /* left with the second roster */
    assert_next(second, third, PH_ERR_THRESHOLD, "not a steward");
    ph_roster_free(second);
}

static void test_chain__tells_who_may_sign(void **state)
{
    (void)state;
    struct change change = new_stewards();
    struct ph_roster *next = draft();
    assert_int_equal(ph_roster_set_stewards(next, change.keys, 3, 2, NULL), PH_OK);
    const struct ph_steward_key stranger = {{5}};
    assert_true(ph_chain_may_sign(c->roster, next, &c->stewards[2]));
    assert_true(ph_chain_may_sign(c->roster, next, &change.keys[2]));
    assert_false(ph_chain_may_sign(c->roster, next, &stranger));
    assert_false(ph_chain_may_sign(NULL, next, &c->stewards[2]));
    ph_roster_free(next);
}

static void test_chain__the_same_document_again_is_no_news(void **state)
{
    (void)state;
    struct ph_roster *same = ph_test_copy(c->roster);
    same->n_sigs = 0; /* signatures are no part of it */
    assert_next(c->roster, same, PH_OK, "");
}

static void test_chain__rollback_gap_and_fork_are_told_apart(void **state)
{
    (void)state;
    struct ph_roster *second = draft();
    sign_by(second, 3);
    struct ph_roster *third = draft_after(second, T1);
    sign_by(third, 3);
    assert_next(third, ph_test_copy(c->roster), PH_ERR_ROLLBACK, "older");
    assert_next(third, ph_test_copy(second), PH_ERR_ROLLBACK, "older");
    assert_next(c->roster, ph_test_copy(third), PH_ERR_GAP, "missing");
    assert_next(second, ph_test_copy(third), PH_OK, "");

    struct ph_roster *fork = draft_after(c->roster, T1 + 1);
    sign_by(fork, 6);
    assert_next(second, ph_test_copy(fork), PH_ERR_CONFLICT, "another document");
    /* What follows one branch does not follow the other. */
    assert_next(fork, ph_test_copy(third), PH_ERR_FORMAT, "does not follow");
    ph_roster_free(fork);
    ph_roster_free(second);
    ph_roster_free(third);
}

static void test_chain__issued_never_goes_back(void **state)
{
    (void)state;
    struct ph_roster *next = draft();
    next->issued = c->roster->issued - 1;
    sign_by(next, 3);
    assert_next(c->roster, next, PH_ERR_RANGE, "issued before");
    next = draft();
    next->issued = c->roster->issued;
    sign_by(next, 3);
    assert_next(c->roster, next, PH_OK, "");
}

static void test_chain__who_leaves_is_listed_as_removed(void **state)
{
    (void)state;
    struct ph_roster *next = draft();
    next->n_orgs--; /* IT, the last in order */
    next->groups[0].n_members = 1;
    sign_by(next, 3);
    assert_next(c->roster, next, PH_ERR_RANGE, "gone without");
}

/* Seq 2, with IT removed; signed. */
static struct ph_roster *without_it(void)
{
    struct ph_roster *next = draft();
    assert_int_equal(ph_roster_remove_org(next, &ph_test_org(c, "IT")->code, "merged", T1, NULL),
                     PH_OK);
    sign_by(next, 3);
    assert_int_equal(ph_chain_check_next(&c->id, c->roster, next, NULL), PH_OK);
    return next;
}

static void test_chain__removed_entries_stay_as_they_are(void **state)
{
    (void)state;
    struct ph_roster *second = without_it();
    struct ph_roster *third = draft_after(second, T1);
    third->n_removed = 0;
    sign_by(third, 3);
    assert_next(second, third, PH_ERR_RANGE, "dropped or changed");

    third = draft_after(second, T1);
    third->removed[0].at++;
    sign_by(third, 3);
    assert_next(second, third, PH_ERR_RANGE, "IT");

    third = draft_after(second, T1);
    third->removed[0].reason[0] = 'M';
    sign_by(third, 3);
    assert_next(second, third, PH_ERR_RANGE, "IT");

    third = draft_after(second, T1);
    third->removed[0].key.b[0] ^= 1;
    sign_by(third, 3);
    assert_next(second, third, PH_ERR_RANGE, "IT");

    third = draft_after(second, T1);
    third->removed[0].frontier.b[0] = 9; /* may be filled in later */
    sign_by(third, 3);
    struct ph_roster *fourth = draft_after(third, T1);
    assert_int_equal(ph_chain_check_next(&c->id, second, third, NULL), PH_OK);
    fourth->removed[0].frontier.b[0] = 8; /* but not altered */
    sign_by(fourth, 3);
    assert_next(third, fourth, PH_ERR_RANGE, "IT");
    ph_roster_free(third);
    ph_roster_free(second);
}

static void test_chain__an_entry_about_a_stranger_is_refused(void **state)
{
    (void)state;
    struct ph_roster *next = without_it();
    next->removed[0].code = ph_test_code(9);
    next->n_sigs = 0;
    sign_by(next, 3);
    assert_next(c->roster, next, PH_ERR_RANGE, "was not on the roster");
}

static void test_chain__nobody_leaves_and_comes_back_in_one_roster(void **state)
{
    (void)state;
    struct ph_roster *next = without_it();
    struct ph_roster_org it = ph_test_roster_org(ph_test_org(c, "IT"));
    assert_int_equal(ph_roster_add_org(next, &it, NULL), PH_OK);
    sign_by(next, 3);
    assert_next(c->roster, next, PH_ERR_RANGE, "in one roster");
}

static void test_chain__a_genesis_removes_nobody(void **state)
{
    (void)state;
    struct ph_hash id;
    struct ph_roster *genesis = ph_test_copy(c->roster);
    struct ph_code code = ph_test_org(c, "IT")->code;
    assert_int_equal(ph_roster_remove_org(genesis, &code, "", PH_TEST_T0, NULL), PH_OK);
    for (size_t i = 0; i < PH_TEST_STEWARDS; i++)
        assert_int_equal(ph_roster_sign(genesis, NULL, c->steward_secrets[i], NULL), PH_OK);
    assert_int_equal(ph_chain_check_genesis(&id, genesis, NULL), PH_ERR_RANGE);
    ph_roster_free(genesis);
}

static void test_chain__a_code_that_left_comes_back_only_openly(void **state)
{
    (void)state;
    struct ph_roster *second = without_it();
    struct ph_test_org impostor = ph_test_newcomer("IT", 5);
    struct ph_roster_org it = ph_test_roster_org(ph_test_org(c, "IT"));
    struct ph_roster_org other = ph_test_roster_org(&impostor);

    /* Back with its key, and back with a new one that the stewards vouch for: `back` is set. */
    struct ph_roster *third = draft_after(second, T1 + 5);
    assert_int_equal(ph_roster_add_org(third, &it, NULL), PH_OK);
    assert_int_equal(third->removed[0].back, T1 + 5);
    sign_by(third, 3);
    assert_next(second, ph_test_copy(third), PH_OK, "");
    struct ph_roster *rekeyed = draft_after(second, T1 + 5);
    assert_int_equal(ph_roster_add_org(rekeyed, &other, NULL), PH_OK);
    sign_by(rekeyed, 3);
    assert_next(second, rekeyed, PH_OK, "");

    /* Without it the document is not valid at all. */
    third->removed[0].back = 0;
    ph_test_roster_refused(third, PH_ERR_RANGE, "`back` is not set");
    ph_roster_free(third);
    ph_roster_free(second);
    ph_test_org_done(&impostor);
}

static void test_chain__stewards_may_replace_an_organisations_key(void **state)
{
    (void)state;
    struct ph_test_org fresh = ph_test_newcomer("IT", 6);
    struct ph_roster *next = draft();
    assert_int_equal(ph_roster_set_org_key(next, &fresh.code, &fresh.org_key, NULL), PH_OK);
    sign_by(next, 3);
    assert_next(c->roster, next, PH_OK, "");
    ph_test_org_done(&fresh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chain__genesis_needs_its_own_threshold),
        cmocka_unit_test(test_chain__only_seq_1_is_a_genesis),
        cmocka_unit_test(test_chain__genesis_signed_for_a_community_is_refused),
        cmocka_unit_test(test_chain__next_needs_a_threshold_of_stewards),
        cmocka_unit_test(test_chain__a_steward_who_signs_twice_counts_once),
        cmocka_unit_test(test_chain__a_forged_or_foreign_signature_spoils_the_rest),
        cmocka_unit_test(test_chain__a_signature_made_for_another_kind_is_refused),
        cmocka_unit_test(test_chain__a_change_of_stewards_needs_old_and_new),
        cmocka_unit_test(test_chain__a_raised_threshold_needs_that_many),
        cmocka_unit_test(test_chain__a_removed_steward_does_not_sign),
        cmocka_unit_test(test_chain__tells_who_may_sign),
        cmocka_unit_test(test_chain__the_same_document_again_is_no_news),
        cmocka_unit_test(test_chain__rollback_gap_and_fork_are_told_apart),
        cmocka_unit_test(test_chain__issued_never_goes_back),
        cmocka_unit_test(test_chain__who_leaves_is_listed_as_removed),
        cmocka_unit_test(test_chain__removed_entries_stay_as_they_are),
        cmocka_unit_test(test_chain__an_entry_about_a_stranger_is_refused),
        cmocka_unit_test(test_chain__nobody_leaves_and_comes_back_in_one_roster),
        cmocka_unit_test(test_chain__a_genesis_removes_nobody),
        cmocka_unit_test(test_chain__a_code_that_left_comes_back_only_openly),
        cmocka_unit_test(test_chain__stewards_may_replace_an_organisations_key),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
