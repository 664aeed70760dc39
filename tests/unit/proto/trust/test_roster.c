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

static void swap_orgs(struct ph_roster *r)
{
    struct ph_roster_org first = r->orgs[0];
    r->orgs[0] = r->orgs[1];
    r->orgs[1] = first;
}

static void double_org(struct ph_roster *r)
{
    r->orgs[1] = r->orgs[0];
}

static void double_key(struct ph_roster *r)
{
    r->orgs[3].key = r->orgs[0].key;
}

static void bad_key(struct ph_roster *r)
{
    memset(&r->orgs[2].key, 0, sizeof(r->orgs[2].key));
}

static void bad_country(struct ph_roster *r)
{
    r->orgs[0].country[0] = 'c';
}

static void bad_code(struct ph_roster *r)
{
    r->orgs[0].code.s[1] = 'h';
}

static void bad_kind(struct ph_roster *r)
{
    unsigned fifth = PH__N_ORG_KINDS;
    r->orgs[0].kind = (enum ph_org_kind)fifth;
}

static void empty_org_name(struct ph_roster *r)
{
    r->orgs[0].name[0] = '\0';
}

static void control_in_name(struct ph_roster *r)
{
    r->orgs[0].name[0] = '\x1b';
}

static void c1_control_in_name(struct ph_roster *r)
{
    r->name[0] = '\xc2'; /* U+009B, which some terminals take for ESC [ */
    r->name[1] = '\x9b';
}

static void bad_utf8_in_name(struct ph_roster *r)
{
    r->orgs[0].name[0] = '\xff';
}

static void swap_groups(struct ph_roster *r)
{
    struct ph_group first = r->groups[0];
    r->groups[0] = r->groups[1];
    r->groups[1] = first;
}

static void double_group_name(struct ph_roster *r)
{
    memcpy(r->groups[1].name, r->groups[0].name, sizeof(r->groups[0].name));
}

static void double_group_id(struct ph_roster *r)
{
    r->groups[1].id = r->groups[0].id;
}

static void zero_group_id(struct ph_roster *r)
{
    memset(&r->groups[1].id, 0, sizeof(r->groups[1].id));
}

static void bad_group_name(struct ph_roster *r)
{
    r->groups[1].name[0] = 'B';
}

static void swap_members(struct ph_roster *r)
{
    struct ph_code first = r->groups[0].members[0];
    r->groups[0].members[0] = r->groups[0].members[1];
    r->groups[0].members[1] = first;
}

static void double_member(struct ph_roster *r)
{
    r->groups[0].members[1] = r->groups[0].members[0];
}

static void stranger_in_group(struct ph_roster *r)
{
    r->groups[0].members[1] = ph_test_code(9);
}

static void swap_stewards(struct ph_roster *r)
{
    struct ph_steward_key first = r->stewards[0];
    r->stewards[0] = r->stewards[1];
    r->stewards[1] = first;
}

static void double_steward(struct ph_roster *r)
{
    r->stewards[1] = r->stewards[0];
}

static void steward_in_second_spelling(struct ph_roster *r)
{
    memset(r->stewards[2].b, 0xff, 32); /* y = p + 1: sorts last, and is 1 */
    r->stewards[2].b[0] = 0xee;
    r->stewards[2].b[31] = 0x7f;
}

static void no_stewards(struct ph_roster *r)
{
    r->n_stewards = 0;
}

static void threshold_zero(struct ph_roster *r)
{
    r->threshold = 0;
}

static void threshold_over(struct ph_roster *r)
{
    r->threshold = PH_TEST_STEWARDS + 1;
}

static void double_signature(struct ph_roster *r)
{
    r->sigs[1] = r->sigs[0];
}

static void swap_signatures(struct ph_roster *r)
{
    struct ph_roster_signature first = r->sigs[0];
    r->sigs[0] = r->sigs[1];
    r->sigs[1] = first;
}

static void seq_zero(struct ph_roster *r)
{
    r->seq = 0;
}

static void seq_huge(struct ph_roster *r)
{
    r->seq = UINT64_C(1) << 63;
}

static void genesis_with_prev(struct ph_roster *r)
{
    r->prev.b[0] = 1;
}

static void second_without_prev(struct ph_roster *r)
{
    r->seq = 2;
}

static void review_before_issue(struct ph_roster *r)
{
    r->review_by = r->issued - 1;
}

static void issued_past_48_bits(struct ph_roster *r)
{
    r->issued = PH_CREATED_MAX + 1;
    r->review_by = PH_CREATED_MAX + 1;
}

static void empty_community_name(struct ph_roster *r)
{
    r->name[0] = '\0';
}

static void test_roster__what_is_not_canonical_or_in_range_is_refused(void **state)
{
    (void)state;
    static const struct {
        void (*spoil)(struct ph_roster *);
        enum ph_err err;
        const char *words;
    } rows[] = {
        {swap_orgs, PH_ERR_FORMAT, "out of order"},
        {double_org, PH_ERR_FORMAT, "listed twice"},
        {double_key, PH_ERR_FORMAT, "one key"},
        {bad_key, PH_ERR_FORMAT, "signing key"},
        {bad_country, PH_ERR_FORMAT, "country"},
        {bad_code, PH_ERR_FORMAT, "code"},
        {bad_kind, PH_ERR_RANGE, ""},
        {empty_org_name, PH_ERR_FORMAT, "empty"},
        {control_in_name, PH_ERR_FORMAT, "control character"},
        {c1_control_in_name, PH_ERR_FORMAT, "control character"},
        {bad_utf8_in_name, PH_ERR_FORMAT, ""},
        {swap_groups, PH_ERR_FORMAT, "out of order"},
        {double_group_name, PH_ERR_FORMAT, "listed twice"},
        {double_group_id, PH_ERR_FORMAT, "one id"},
        {zero_group_id, PH_ERR_FORMAT, "no id"},
        {bad_group_name, PH_ERR_FORMAT, "name"},
        {swap_members, PH_ERR_FORMAT, "out of order"},
        {double_member, PH_ERR_FORMAT, "listed twice"},
        {stranger_in_group, PH_ERR_FORMAT, "not on the roster"},
        {swap_stewards, PH_ERR_FORMAT, "out of order"},
        {double_steward, PH_ERR_FORMAT, "listed twice"},
        {steward_in_second_spelling, PH_ERR_FORMAT, "signing key"},
        {no_stewards, PH_ERR_LIMIT, "stewards"},
        {threshold_zero, PH_ERR_RANGE, "threshold"},
        {threshold_over, PH_ERR_RANGE, "threshold"},
        {double_signature, PH_ERR_FORMAT, "signature"},
        {swap_signatures, PH_ERR_FORMAT, "signature"},
        {seq_zero, PH_ERR_RANGE, "start at 1"},
        {seq_huge, PH_ERR_RANGE, ""},
        {genesis_with_prev, PH_ERR_FORMAT, "seq 1"},
        {second_without_prev, PH_ERR_FORMAT, "seq 1"},
        {review_before_issue, PH_ERR_RANGE, "review_by"},
        {issued_past_48_bits, PH_ERR_RANGE, ""},
        {empty_community_name, PH_ERR_FORMAT, "empty"},
    };
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        struct ph_roster *roster = ph_test_copy(c->roster);
        rows[i].spoil(roster);
        ph_test_roster_refused(roster, rows[i].err, rows[i].words);
        /* What we would refuse we do not make. */
        struct ph_buf out = ph_buf(PH_ROSTER_MAX);
        if (rows[i].spoil != bad_key && rows[i].spoil != steward_in_second_spelling)
            assert_int_not_equal(ph_roster_encode(&out, roster), PH_OK);
        ph_buf_done(&out);
        ph_roster_free(roster);
    }
}

/* `removed` for organisation code @code, from @at, back at @back. */
static void set_removed(struct ph_roster *r, size_t i, const char *code, ph_ms at, ph_ms back)
{
    struct ph_removed *entry = &r->removed[i];
    memset(entry, 0, sizeof(*entry));
    assert_int_equal(ph_code_parse(&entry->code, ph_bytes_str(code), NULL), PH_OK);
    uint8_t secret[64];
    ph_test_ed25519(entry->key.b, secret, code, 99);
    entry->at = at;
    entry->back = back;
}

static void test_roster__removed_entries_agree_with_the_members(void **state)
{
    (void)state;
    static const struct {
        const char *code[2];
        ph_ms at[2];
        ph_ms back[2];
        enum ph_err err;
        const char *words;
    } rows[] = {
        {{"PT", "SE"}, {5, 5}, {0, 0}, PH_OK, ""},
        {{"IT", "SE"}, {5, 5}, {6, 0}, PH_OK, ""},
        {{"PT", "PT"}, {5, 9}, {7, 0}, PH_OK, ""},
        {{"IT", "IT"}, {5, 9}, {9, 9}, PH_OK, ""},
        {{"IT", "SE"}, {5, 5}, {0, 0}, PH_ERR_RANGE, "`back` is not set"},
        {{"PT", "SE"}, {5, 5}, {6, 0}, PH_ERR_RANGE, "not on the roster"},
        {{"IT", "SE"}, {5, 5}, {4, 0}, PH_ERR_RANGE, "came back before"},
        {{"PT", "PT"}, {5, 9}, {0, 0}, PH_ERR_RANGE, "left again before"},
        {{"PT", "PT"}, {5, 9}, {10, 0}, PH_ERR_RANGE, "left again before"},
        {{"SE", "PT"}, {5, 5}, {0, 0}, PH_ERR_FORMAT, "out of order"},
        {{"PT", "PT"}, {5, 5}, {5, 0}, PH_ERR_FORMAT, "listed twice"},
        {{"PT", "PT"}, {9, 5}, {9, 0}, PH_ERR_RANGE, "left again before"},
    };
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        struct ph_roster *roster = ph_test_copy(c->roster);
        roster->removed = calloc(2, sizeof(*roster->removed));
        assert_non_null(roster->removed);
        roster->n_removed = 2;
        for (size_t j = 0; j < 2; j++)
            set_removed(roster, j, rows[i].code[j], rows[i].at[j], rows[i].back[j]);
        if (rows[i].err) {
            ph_test_roster_refused(roster, rows[i].err, rows[i].words);
        } else {
            struct ph_buf out = ph_buf(PH_ROSTER_MAX);
            struct ph_roster *back;
            assert_int_equal(ph_roster_encode(&out, roster), PH_OK);
            assert_int_equal(ph_roster_decode(&back, ph_buf_bytes(&out), NULL), PH_OK);
            assert_int_equal(back->removed[1].at, rows[i].at[1]);
            ph_roster_free(back);
            ph_buf_done(&out);
        }
        ph_roster_free(roster);
    }
}

static void test_roster__a_removed_organisations_key_stays_with_its_code(void **state)
{
    (void)state;
    struct ph_roster *roster = ph_test_copy(c->roster);
    roster->removed = calloc(1, sizeof(*roster->removed));
    assert_non_null(roster->removed);
    roster->n_removed = 1;
    set_removed(roster, 0, "PT", 5, 0);
    roster->removed[0].key = roster->orgs[0].key;
    ph_test_roster_refused(roster, PH_ERR_RANGE, "one of them left");
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
    ph_buf_done(&out);
    roster->n_orgs = PH_ORGS_MAX + 1;
    ph_test_roster_refused(roster, PH_ERR_LIMIT, "");
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
        cmocka_unit_test(test_roster__what_is_not_canonical_or_in_range_is_refused),
        cmocka_unit_test(test_roster__removed_entries_agree_with_the_members),
        cmocka_unit_test(test_roster__a_removed_organisations_key_stays_with_its_code),
        cmocka_unit_test(test_roster__finds_organisations_groups_and_stewards),
        cmocka_unit_test(test_roster__kinds_read_back_from_their_names),
        cmocka_unit_test(test_roster__holds_4096_organisations),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
