/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/trust/tlp.h"
#include "tests/lib/test.h"

static void test_tlp__labels_read_in_every_usual_spelling(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum ph_tlp label;
    } rows[] = {
        {"CLEAR", PH_TLP_CLEAR},
        {"TLP:CLEAR", PH_TLP_CLEAR},
        {"WHITE", PH_TLP_CLEAR},
        {"tlp:white", PH_TLP_CLEAR},
        {"Green", PH_TLP_GREEN},
        {"amber", PH_TLP_AMBER},
        {"AMBER+STRICT", PH_TLP_AMBER_STRICT},
        {"tlp:Amber+Strict", PH_TLP_AMBER_STRICT},
        {"TLP:RED", PH_TLP_RED},
    };
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        enum ph_tlp label;
        assert_int_equal(ph_tlp_parse(&label, ph_bytes_str(rows[i].text), NULL), PH_OK);
        assert_int_equal(label, rows[i].label);
    }
    for (unsigned i = 0; i < PH_N_TLP; i++) {
        enum ph_tlp label;
        const char *text = ph_tlp_text((enum ph_tlp)i);
        assert_int_equal(ph_tlp_parse(&label, ph_bytes_str(text), NULL), PH_OK);
        assert_int_equal(label, i);
    }
}

static void test_tlp__what_is_no_label_is_refused_naming_the_five(void **state)
{
    (void)state;
    static const char *const bad[] = {"",     "TLP:", "TLP",         "AMBER STRICT", "AMBER-STRICT",
                                      "REDD", "RE",   "TLP:TLP:RED", "ORANGE"};
    for (size_t i = 0; i < PH_LEN(bad); i++) {
        enum ph_tlp label = PH_TLP_RED;
        struct ph_why why = {0};
        assert_int_equal(ph_tlp_parse(&label, ph_bytes_str(bad[i]), &why), PH_ERR_INPUT);
        assert_non_null(strstr(why.hint, "AMBER+STRICT"));
    }
}

static void test_tlp__only_clear_and_green_are_carried_unasked(void **state)
{
    (void)state;
    assert_true(ph_tlp_default_carry(PH_TLP_CLEAR));
    assert_true(ph_tlp_default_carry(PH_TLP_GREEN));
    assert_false(ph_tlp_default_carry(PH_TLP_AMBER));
    assert_false(ph_tlp_default_carry(PH_TLP_AMBER_STRICT));
    assert_false(ph_tlp_default_carry(PH_TLP_RED));
}

/* "Labels and audiences": the column "audiences allowed", one letter an audience; of direct ones,
 * to organisations (o) and to named persons (p) apart. */
static const char *const FITS[PH_N_TLP] = {
    "c",   /* CLEAR: community */
    "cgo", /* GREEN: community, group, direct */
    "cgo", /* AMBER */
    "cgo", /* AMBER+STRICT */
    "p",   /* RED: direct to named persons */
};

static void test_tlp__label_and_audience_fit_as_the_table_says(void **state)
{
    (void)state;
    struct ph_recipient orgs[2];
    struct ph_recipient persons[2];
    assert_int_equal(ph_recipient_parse(&orgs[0], ph_bytes_str("CH"), NULL), PH_OK);
    assert_int_equal(ph_recipient_parse(&orgs[1], ph_bytes_str("IT"), NULL), PH_OK);
    assert_int_equal(ph_recipient_parse(&persons[0], ph_bytes_str("CH/bob"), NULL), PH_OK);
    assert_int_equal(ph_recipient_parse(&persons[1], ph_bytes_str("IT/alice"), NULL), PH_OK);
    const struct {
        char letter;
        enum ph_audience_kind kind;
        const struct ph_recipient *recipients;
        size_t n;
    } audiences[] = {
        {'c', PH_AUDIENCE_COMMUNITY, NULL, 0},
        {'g', PH_AUDIENCE_GROUP, NULL, 0},
        {'o', PH_AUDIENCE_DIRECT, orgs, 2},
        {'p', PH_AUDIENCE_DIRECT, persons, 2},
    };
    for (unsigned label = 0; label < PH_N_TLP; label++)
        for (size_t i = 0; i < PH_LEN(audiences); i++) {
            struct ph_why why = {0};
            bool fits = strchr(FITS[label], audiences[i].letter) != NULL;
            assert_int_equal(ph_tlp_fits((enum ph_tlp)label, audiences[i].kind,
                                         audiences[i].recipients, audiences[i].n, &why),
                             fits ? PH_OK : PH_ERR_MISFIT);
            assert_true(fits == (why.what[0] == '\0'));
        }
}

static void test_tlp__persons_and_organisations_do_not_mix(void **state)
{
    (void)state;
    struct ph_recipient mixed[2];
    assert_int_equal(ph_recipient_parse(&mixed[0], ph_bytes_str("CH/bob"), NULL), PH_OK);
    assert_int_equal(ph_recipient_parse(&mixed[1], ph_bytes_str("IT"), NULL), PH_OK);
    for (unsigned label = PH_TLP_GREEN; label < PH_N_TLP; label++)
        assert_int_equal(ph_tlp_fits((enum ph_tlp)label, PH_AUDIENCE_DIRECT, mixed, 2, NULL),
                         PH_ERR_MISFIT);
}

static void test_tlp__direct_needs_recipients_and_others_have_none(void **state)
{
    (void)state;
    struct ph_recipient it;
    assert_int_equal(ph_recipient_parse(&it, ph_bytes_str("IT"), NULL), PH_OK);
    for (unsigned label = 0; label < PH_N_TLP; label++) {
        assert_int_equal(ph_tlp_fits((enum ph_tlp)label, PH_AUDIENCE_DIRECT, NULL, 0, NULL),
                         PH_ERR_MISFIT);
        assert_int_equal(ph_tlp_fits((enum ph_tlp)label, PH_AUDIENCE_COMMUNITY, &it, 1, NULL),
                         PH_ERR_MISFIT);
        assert_int_equal(ph_tlp_fits((enum ph_tlp)label, PH_AUDIENCE_GROUP, &it, 1, NULL),
                         PH_ERR_MISFIT);
    }
}

static void test_tlp__a_sixth_label_never_fits(void **state)
{
    (void)state;
    unsigned sixth = PH_N_TLP;
    unsigned fourth_kind = 3;
    assert_int_equal(ph_tlp_fits((enum ph_tlp)sixth, PH_AUDIENCE_COMMUNITY, NULL, 0, NULL),
                     PH_ERR_MISFIT);
    assert_int_equal(ph_tlp_fits(PH_TLP_GREEN, (enum ph_audience_kind)fourth_kind, NULL, 0, NULL),
                     PH_ERR_MISFIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tlp__labels_read_in_every_usual_spelling),
        cmocka_unit_test(test_tlp__what_is_no_label_is_refused_naming_the_five),
        cmocka_unit_test(test_tlp__only_clear_and_green_are_carried_unasked),
        cmocka_unit_test(test_tlp__label_and_audience_fit_as_the_table_says),
        cmocka_unit_test(test_tlp__persons_and_organisations_do_not_mix),
        cmocka_unit_test(test_tlp__direct_needs_recipients_and_others_have_none),
        cmocka_unit_test(test_tlp__a_sixth_label_never_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
