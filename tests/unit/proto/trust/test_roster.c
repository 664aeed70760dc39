/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/hash.h"
#include "proto/trust/chain.h"
#include "proto/trust/roster.h"
#include "tests/unit/proto/trust/trust_test.h"

static struct ph_test_community *c;

static int set_up(void **state)
{
    (void)state;
    c = ph_test_community(4, "alps=IT,CH big=CH,DE,FR,IT");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ph_test_community_free(c);
    return 0;
}

static void test_roster__encoding_a_decoded_one_gives_the_same_bytes(void **state)
{
    (void)state;
    struct ph_bytes bytes = ph_buf_bytes(&c->rosters[0]);
    struct ph_roster *roster;
    struct ph_buf again = ph_buf(PH_ROSTER_MAX);
    assert_int_equal(ph_roster_decode(&roster, bytes, NULL), PH_OK);
    assert_int_equal(ph_roster_encode(&again, roster), PH_OK);
    assert_true(ph_bytes_equal(bytes, ph_buf_bytes(&again)));
    struct ph_hash hash;
    assert_int_equal(ph_roster_hash(&hash, roster), PH_OK);
    assert_true(ph_hash_equal(&hash, &c->id));
    ph_buf_done(&again);
    ph_roster_free(roster);
}

static void test_roster__hash_covers_the_document_and_no_signature(void **state)
{
    (void)state;
    struct ph_roster *copy = ph_test_copy(c->roster);
    struct ph_buf document = ph_buf(PH_ROSTER_MAX);
    struct ph_hash hash;
    copy->n_sigs = 1;
    assert_int_equal(ph_roster_hash(&hash, copy), PH_OK);
    assert_true(ph_hash_equal(&hash, &c->id));
    assert_int_equal(ph__roster_document(&document, copy), PH_OK);
    struct ph_hash expected = ph_hash_one("roster", ph_buf_bytes(&document));
    assert_true(ph_hash_equal(&expected, &c->id));
    ph_buf_done(&document);
    ph_roster_free(copy);
}

static void test_roster__every_flipped_bit_is_refused(void **state)
{
    (void)state;
    struct ph_test_community *small = ph_test_community(2, "ab=CH,IT");
    const struct ph_buf *buf = &small->rosters[0];
    for (size_t bit = 0; bit < buf->n * 8; bit++) {
        struct ph_roster *roster;
        struct ph_hash id;
        buf->p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (ph_roster_decode(&roster, ph_buf_bytes(buf), NULL) == PH_OK) {
            if (ph_chain_check_genesis(&id, roster, NULL) == PH_OK)
                fail_msg("bit %zu flipped, and taken", bit);
            ph_roster_free(roster);
        }
        buf->p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    ph_test_community_free(small);
}

static void test_roster__every_truncation_and_a_byte_too_many_are_refused(void **state)
{
    (void)state;
    const struct ph_buf *buf = &c->rosters[0];
    struct ph_roster *roster;
    for (size_t n = 0; n < buf->n; n++)
        assert_int_not_equal(ph_roster_decode(&roster, ph_bytes(buf->p, n), NULL), PH_OK);
    struct ph_buf longer = ph_buf(PH_ROSTER_MAX);
    assert_int_equal(ph_buf_add(&longer, ph_buf_bytes(buf)), PH_OK);
    assert_int_equal(ph_buf_add(&longer, ph_bytes("", 1)), PH_OK);
    assert_int_equal(ph_roster_decode(&roster, ph_buf_bytes(&longer), NULL), PH_ERR_FORMAT);
    ph_buf_done(&longer);
}

static void test_roster__over_one_mebibyte_is_refused_unread(void **state)
{
    (void)state;
    uint8_t *big = calloc(1, PH_ROSTER_MAX + 1);
    struct ph_roster *roster;
    struct ph_why why = {0};
    assert_non_null(big);
    assert_int_equal(ph_roster_decode(&roster, ph_bytes(big, PH_ROSTER_MAX + 1), &why),
                     PH_ERR_LIMIT);
    assert_non_null(strstr(why.what, "1048577"));
    free(big);
}

static void test_roster__takes_names_and_times_to_their_ends(void **state)
{
    (void)state;
    struct ph_roster *roster = ph_test_copy(c->roster);
    struct ph_roster *back;
    struct ph_buf out = ph_buf(PH_ROSTER_MAX);
    memcpy(roster->groups[0].name, "-09az-", 7);
    memcpy(roster->groups[1].title, "caf\xc3\xa9\xc2\xa0", 8); /* U+00A0 is no control */
    memset(roster->name, 'n', PH_NAME_MAX);
    roster->issued = roster->review_by = PH_CREATED_MAX;
    assert_int_equal(ph_roster_encode(&out, roster), PH_OK);
    assert_int_equal(ph_roster_decode(&back, ph_buf_bytes(&out), NULL), PH_OK);
    assert_string_equal(back->groups[0].name, "-09az-");
    assert_int_equal(strlen(back->name), PH_NAME_MAX);
    ph_roster_free(back);
    ph_buf_done(&out);
    ph_roster_free(roster);
}

static void test_roster__finds_organisations_groups_and_stewards(void **state)
{
    (void)state;
    struct ph_code missing = ph_test_code(9);
    for (size_t i = 0; i < c->n_orgs; i++) {
        const struct ph_roster_org *org = ph_roster_org(c->roster, &c->orgs[i].code);
        assert_non_null(org);
        assert_true(ph_org_key_equal(&org->key, &c->orgs[i].org_key));
    }
    assert_null(ph_roster_org(c->roster, &missing));
    const struct ph_group *alps = ph_roster_group_named(c->roster, ph_bytes_str("alps"));
    assert_non_null(alps);
    assert_ptr_equal(ph_roster_group(c->roster, &alps->id), alps);
    assert_null(ph_roster_group_named(c->roster, ph_bytes_str("alp")));
    assert_true(ph_group_has(alps, &ph_test_org(c, "IT")->code));
    assert_true(ph_group_has(alps, &ph_test_org(c, "CH")->code));
    assert_false(ph_group_has(alps, &ph_test_org(c, "FR")->code));
    assert_true(ph_roster_has_steward(c->roster, &c->stewards[2]));
    const struct ph_steward_key stranger = {{9}};
    assert_false(ph_roster_has_steward(c->roster, &stranger));
}

static void test_roster__kinds_read_back_from_their_names(void **state)
{
    (void)state;
    static const char *const names[] = {"operator", "regulator", "government", "partner"};
    for (unsigned i = 0; i < PH_LEN(names); i++) {
        enum ph_org_kind kind;
        assert_string_equal(ph_org_kind_text((enum ph_org_kind)i), names[i]);
        assert_int_equal(ph_org_kind_parse(&kind, ph_bytes_str(names[i]), NULL), PH_OK);
        assert_int_equal(kind, i);
    }
    enum ph_org_kind kind;
    assert_int_equal(ph_org_kind_parse(&kind, ph_bytes_str("bank"), NULL), PH_ERR_INPUT);
}

static void test_roster__holds_4096_organisations(void **state)
{
    (void)state;
    struct ph_roster *roster = ph_test_copy(c->roster);
    free(roster->orgs);
    roster->orgs = calloc(PH_ORGS_MAX + 1, sizeof(*roster->orgs));
    assert_non_null(roster->orgs);
    for (size_t i = 0; i <= PH_ORGS_MAX; i++) {
        struct ph_roster_org *org = &roster->orgs[i];
        *org = c->roster->orgs[0];
        org->code = ph_test_code(100 + i); /* ORG-0100 and on, sorted */
        uint8_t secret[64];
        ph_test_ed25519(org->key.b, secret, "many", i);
    }
    for (size_t i = 0; i < roster->n_groups; i++)
        roster->groups[i].n_members = 0;
    roster->n_orgs = PH_ORGS_MAX;
    struct ph_buf out = ph_buf(PH_ROSTER_MAX);
    struct ph_roster *back;
    assert_int_equal(ph_roster_encode(&out, roster), PH_OK);
    assert_int_equal(ph_roster_decode(&back, ph_buf_bytes(&out), NULL), PH_OK);
    assert_int_equal(back->n_orgs, PH_ORGS_MAX);
    ph_roster_free(back);
    roster->n_orgs = PH_ORGS_MAX + 1;
    ph_test_roster_refused(roster, PH_ERR_LIMIT, "");
    ph_buf_clear(&out);
    assert_int_equal(ph_roster_encode(&out, roster), PH_ERR_LIMIT);
    ph_buf_done(&out);
    ph_roster_free(roster);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roster__encoding_a_decoded_one_gives_the_same_bytes),
        cmocka_unit_test(test_roster__hash_covers_the_document_and_no_signature),
        cmocka_unit_test(test_roster__every_flipped_bit_is_refused),
        cmocka_unit_test(test_roster__every_truncation_and_a_byte_too_many_are_refused),
        cmocka_unit_test(test_roster__over_one_mebibyte_is_refused_unread),
        cmocka_unit_test(test_roster__takes_names_and_times_to_their_ends),
        cmocka_unit_test(test_roster__finds_organisations_groups_and_stewards),
        cmocka_unit_test(test_roster__kinds_read_back_from_their_names),
        cmocka_unit_test(test_roster__holds_4096_organisations),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
