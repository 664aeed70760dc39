/* SPDX-License-Identifier: Apache-2.0 */
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

static void test_roster_check__what_is_not_canonical_or_in_range_is_refused(void **state)
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

static void test_roster_check__removed_entries_agree_with_the_members(void **state)
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

static void test_roster_check__a_removed_organisations_key_stays_with_its_code(void **state)
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roster_check__what_is_not_canonical_or_in_range_is_refused),
        cmocka_unit_test(test_roster_check__removed_entries_agree_with_the_members),
        cmocka_unit_test(test_roster_check__a_removed_organisations_key_stays_with_its_code),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
