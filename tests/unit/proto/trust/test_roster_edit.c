/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/trust/chain.h"
#include "proto/trust/roster.h"
#include "tests/lib/fail.h"
#include "tests/unit/proto/trust/trust_test.h"

#define T1 (PH_TEST_T0 + PH_TEST_DAY_MS)

static struct ph_test_community *c;
static struct ph_test_org newcomer;
static struct ph_roster *draft;

static int set_up_all(void **state)
{
    (void)state;
    c = ph_test_community(4, "alps=IT,CH");
    newcomer = ph_test_newcomer("PT", 1);
    return 0;
}

static int tear_down_all(void **state)
{
    (void)state;
    ph_test_org_done(&newcomer);
    ph_test_community_free(c);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    return ph_roster_draft(&draft, c->roster, T1) != PH_OK;
}

static int tear_down(void **state)
{
    (void)state;
    ph_roster_free(draft);
    draft = NULL;
    return 0;
}

static struct ph_hash hash_of(const struct ph_roster *roster)
{
    struct ph_hash hash;
    assert_int_equal(ph_roster_hash(&hash, roster), PH_OK);
    return hash;
}

static const struct ph_code *code(const char *text)
{
    return &ph_test_org(c, text)->code;
}

static void test_roster_edit__a_draft_follows_its_predecessor(void **state)
{
    (void)state;
    assert_int_equal(draft->seq, 2);
    assert_true(ph_hash_equal(&draft->prev, &c->id));
    assert_int_equal(draft->n_sigs, 0);
    assert_int_equal(draft->issued, T1);
    assert_int_equal(draft->review_by - draft->issued, c->roster->review_by - c->roster->issued);
    struct ph_roster *late;
    assert_int_equal(ph_roster_draft(&late, c->roster, PH_TEST_T0 - 1), PH_OK);
    assert_int_equal(late->issued, PH_TEST_T0); /* a clock that lags does not spoil it */
    ph_roster_free(late);
}

static void test_roster_edit__keeps_organisations_sorted(void **state)
{
    (void)state;
    static const char *const codes[] = {"PT", "AA", "ZZ", "CH-POST"};
    struct ph_test_org others[PH_LEN(codes)];
    for (size_t i = 0; i < PH_LEN(codes); i++) {
        others[i] = ph_test_newcomer(codes[i], 10 + i);
        struct ph_roster_org org = ph_test_roster_org(&others[i]);
        assert_int_equal(ph_roster_add_org(draft, &org, NULL), PH_OK);
    }
    assert_int_equal(draft->n_orgs, 8);
    for (size_t i = 1; i < draft->n_orgs; i++)
        assert_true(ph_code_cmp(&draft->orgs[i - 1].code, &draft->orgs[i].code) < 0);
    for (size_t i = 0; i < PH_LEN(codes); i++)
        ph_test_org_done(&others[i]);
}

static void test_roster_edit__a_code_or_key_twice_is_refused(void **state)
{
    (void)state;
    struct ph_hash before = hash_of(draft);
    struct ph_why why = {0};
    struct ph_roster_org org = ph_test_roster_org(&newcomer);
    org.code = *code("IT");
    assert_int_equal(ph_roster_add_org(draft, &org, &why), PH_ERR_EXISTS);
    org = ph_test_roster_org(&newcomer);
    org.key = ph_test_org(c, "IT")->org_key;
    assert_int_equal(ph_roster_add_org(draft, &org, &why), PH_ERR_FORMAT);
    assert_non_null(strstr(why.what, "one key"));
    memset(&org.key, 0, sizeof(org.key));
    assert_int_equal(ph_roster_add_org(draft, &org, &why), PH_ERR_INPUT);
    struct ph_hash after = hash_of(draft);
    assert_true(ph_hash_equal(&before, &after));
}

static void test_roster_edit__sets_only_keys_that_can_be(void **state)
{
    (void)state;
    const struct ph_org_key bad = {{1}};
    const struct ph_code stranger = ph_test_code(9);
    struct ph_org_key key = newcomer.org_key;
    assert_int_equal(ph_roster_set_org_key(draft, code("CH"), &bad, NULL), PH_ERR_INPUT);
    assert_int_equal(ph_roster_set_org_key(draft, &stranger, &key, NULL), PH_ERR_NOTFOUND);
    assert_int_equal(ph_roster_set_org_key(draft, code("CH"), &ph_test_org(c, "IT")->org_key, NULL),
                     PH_ERR_FORMAT);
    assert_int_equal(ph_roster_set_org_key(draft, code("CH"), &key, NULL), PH_OK);
    assert_true(ph_org_key_equal(&ph_roster_org(draft, code("CH"))->key, &key));
}

static void test_roster_edit__removing_takes_an_organisation_out_of_its_groups(void **state)
{
    (void)state;
    assert_int_equal(ph_roster_remove_org(draft, code("IT"), "left the union", T1, NULL), PH_OK);
    assert_null(ph_roster_org(draft, code("IT")));
    const struct ph_group *alps = ph_roster_group_named(draft, ph_bytes_str("alps"));
    assert_int_equal(alps->n_members, 1);
    assert_true(ph_group_has(alps, code("CH")));
    const struct ph_removed *removed = ph_roster_removed(draft, code("IT"));
    assert_non_null(removed);
    assert_int_equal(removed->at, T1);
    assert_int_equal(removed->back, 0);
    assert_string_equal(removed->reason, "left the union");
    assert_true(ph_org_key_equal(&removed->key, &ph_test_org(c, "IT")->org_key));
    assert_int_equal(ph_roster_remove_org(draft, code("IT"), "", T1, NULL), PH_ERR_NOTFOUND);
}

static void test_roster_edit__leaving_and_coming_back_is_kept_each_time(void **state)
{
    (void)state;
    struct ph_roster_org it = ph_test_roster_org(ph_test_org(c, "IT"));
    for (unsigned round = 0; round < 3; round++) {
        struct ph_roster *next;
        assert_int_equal(ph_roster_remove_org(draft, code("IT"), "", draft->issued, NULL), PH_OK);
        assert_int_equal(ph_roster_draft(&next, draft, draft->issued + 10), PH_OK);
        ph_roster_free(draft);
        draft = next;
        assert_int_equal(ph_roster_add_org(draft, &it, NULL), PH_OK);
        assert_int_equal(draft->n_removed, round + 1);
        assert_int_equal(ph_roster_removed(draft, code("IT"))->back, draft->issued);
        assert_int_equal(ph_roster_draft(&next, draft, draft->issued + 10), PH_OK);
        ph_roster_free(draft);
        draft = next;
    }
}

static void test_roster_edit__removed_finds_each_code_among_many(void **state)
{
    (void)state;
    static const char *const codes[] = {"IT", "CH", "FR"};
    for (size_t i = 0; i < PH_LEN(codes); i++)
        assert_int_equal(ph_roster_remove_org(draft, code(codes[i]), codes[i], T1, NULL), PH_OK);
    for (size_t i = 0; i < PH_LEN(codes); i++)
        assert_string_equal(ph_roster_removed(draft, code(codes[i]))->reason, codes[i]);
    assert_null(ph_roster_removed(draft, code("DE")));
}

static void test_roster_edit__groups_are_made_replaced_and_removed(void **state)
{
    (void)state;
    const struct ph_code members[] = {*code("IT"), *code("FR"), *code("CH")}; /* any order */
    const struct ph_hash id = {{7}};
    const struct ph_hash other = {{8}};
    assert_int_equal(ph_roster_set_group(draft, "west", "The west", members, 3, &id, NULL), PH_OK);
    const struct ph_group *west = ph_roster_group_named(draft, ph_bytes_str("west"));
    assert_int_equal(west->n_members, 3);
    assert_true(ph_hash_equal(&west->id, &id));
    assert_true(ph_group_has(west, code("FR")));
    /* The same group with others keeps its id, and with it its records. */
    assert_int_equal(ph_roster_set_group(draft, "west", "W", members, 1, &other, NULL), PH_OK);
    west = ph_roster_group_named(draft, ph_bytes_str("west"));
    assert_true(ph_hash_equal(&west->id, &id));
    assert_string_equal(west->title, "W");
    assert_false(ph_group_has(west, code("FR")));
    assert_int_equal(ph_roster_remove_group(draft, "west", NULL), PH_OK);
    assert_null(ph_roster_group_named(draft, ph_bytes_str("west")));
    assert_int_equal(ph_roster_remove_group(draft, "west", NULL), PH_ERR_NOTFOUND);
}

static void test_roster_edit__a_bad_group_leaves_the_draft_as_it_was(void **state)
{
    (void)state;
    struct ph_hash before = hash_of(draft);
    const struct ph_hash id = {{7}};
    const struct ph_code twice[] = {*code("IT"), *code("IT")};
    const struct ph_code stranger = ph_test_code(9);
    struct ph_why why = {0};
    assert_int_equal(ph_roster_set_group(draft, "x", "", twice, 2, &id, &why), PH_ERR_FORMAT);
    assert_int_equal(ph_roster_set_group(draft, "x", "", &stranger, 1, &id, &why), PH_ERR_FORMAT);
    assert_int_equal(ph_roster_set_group(draft, "X", "", twice, 1, &id, &why), PH_ERR_FORMAT);
    assert_int_equal(ph_roster_set_group(draft, "", "", twice, 1, &id, &why), PH_ERR_FORMAT);
    assert_int_equal(ph_roster_set_group(draft, "alps", "", &stranger, 1, &id, &why),
                     PH_ERR_FORMAT);
    char long_text[PH_NAME_MAX + 2] = {0};
    memset(long_text, 'a', PH_NAME_MAX + 1);
    assert_int_equal(ph_roster_set_group(draft, "x", long_text, twice, 1, &id, &why), PH_ERR_INPUT);
    assert_int_equal(ph_roster_set_group(draft, long_text + PH_NAME_MAX - PH_HANDLE_MAX, "", twice,
                                         1, &id, &why),
                     PH_ERR_INPUT);
    assert_int_equal(ph_roster_remove_org(draft, code("IT"), long_text, T1, &why), PH_ERR_INPUT);
    struct ph_hash after = hash_of(draft);
    assert_true(ph_hash_equal(&before, &after));
}

static void test_roster_edit__an_edit_drops_signatures(void **state)
{
    (void)state;
    assert_int_equal(ph_roster_sign(draft, &c->id, c->steward_secrets[0], NULL), PH_OK);
    assert_int_equal(draft->n_sigs, 1);
    assert_int_equal(ph_roster_remove_group(draft, "alps", NULL), PH_OK);
    assert_int_equal(draft->n_sigs, 0);
}

static void test_roster_edit__stewards_are_sorted_and_each_once(void **state)
{
    (void)state;
    const struct ph_steward_key keys[] = {c->stewards[2], c->stewards[0], c->stewards[1]};
    const struct ph_steward_key twice[] = {c->stewards[0], c->stewards[0]};
    const struct ph_steward_key bad = {{1}};
    assert_int_equal(ph_roster_set_stewards(draft, keys, 3, 3, NULL), PH_OK);
    assert_int_equal(draft->threshold, 3);
    assert_int_equal(ph_roster_set_stewards(draft, twice, 2, 1, NULL), PH_ERR_FORMAT);
    assert_int_equal(ph_roster_set_stewards(draft, keys, 3, 4, NULL), PH_ERR_RANGE);
    assert_int_equal(ph_roster_set_stewards(draft, keys, 3, 0, NULL), PH_ERR_RANGE);
    assert_int_equal(ph_roster_set_stewards(draft, keys, 0, 1, NULL), PH_ERR_LIMIT);
    assert_int_equal(ph_roster_set_stewards(draft, &bad, 1, 1, NULL), PH_ERR_INPUT);
    assert_int_equal(draft->n_stewards, 3);
}

static void test_roster_edit__a_stranger_does_not_sign_a_genesis(void **state)
{
    (void)state;
    struct ph_roster *genesis = ph_test_copy(c->roster);
    assert_int_equal(ph_roster_sign(genesis, NULL, newcomer.org_secret, NULL), PH_ERR_POLICY);
    assert_int_equal(genesis->n_sigs, PH_TEST_THRESHOLD);
    ph_roster_free(genesis);
}

/* One edit of each kind. */
static enum ph_err all_edits(struct ph_roster *roster)
{
    const struct ph_hash id = {{7}};
    const struct ph_code members[] = {*code("FR"), *code("CH")};
    struct ph_roster_org org = ph_test_roster_org(&newcomer);
    enum ph_err err = ph_roster_add_org(roster, &org, NULL);
    if (!err)
        err = ph_roster_remove_org(roster, code("IT"), "", T1, NULL);
    if (!err)
        err = ph_roster_set_group(roster, "west", "", members, 2, &id, NULL);
    if (!err)
        err = ph_roster_set_stewards(roster, c->stewards, 2, 1, NULL);
    if (!err)
        err = ph_roster_sign(roster, &c->id, c->steward_secrets[0], NULL);
    return err;
}

static void test_roster_edit__without_memory_fails_cleanly(void **state)
{
    (void)state;
    enum ph_err err = PH_ERR_NOMEM;
    size_t n = 0;
    while (err == PH_ERR_NOMEM) {
        struct ph_roster *copy = ph_test_copy(draft);
        ph_test_fail_at(++n);
        err = all_edits(copy);
        ph_test_fail_at(0);
        ph_roster_free(copy);
    }
    assert_int_equal(err, PH_OK);
    assert_true(n > 30);
}

int main(void)
{
#define EDIT_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        EDIT_TEST(test_roster_edit__a_draft_follows_its_predecessor),
        EDIT_TEST(test_roster_edit__keeps_organisations_sorted),
        EDIT_TEST(test_roster_edit__a_code_or_key_twice_is_refused),
        EDIT_TEST(test_roster_edit__sets_only_keys_that_can_be),
        EDIT_TEST(test_roster_edit__removing_takes_an_organisation_out_of_its_groups),
        EDIT_TEST(test_roster_edit__leaving_and_coming_back_is_kept_each_time),
        EDIT_TEST(test_roster_edit__removed_finds_each_code_among_many),
        EDIT_TEST(test_roster_edit__groups_are_made_replaced_and_removed),
        EDIT_TEST(test_roster_edit__a_bad_group_leaves_the_draft_as_it_was),
        EDIT_TEST(test_roster_edit__an_edit_drops_signatures),
        EDIT_TEST(test_roster_edit__stewards_are_sorted_and_each_once),
        EDIT_TEST(test_roster_edit__a_stranger_does_not_sign_a_genesis),
        EDIT_TEST(test_roster_edit__without_memory_fails_cleanly),
    };
    return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
