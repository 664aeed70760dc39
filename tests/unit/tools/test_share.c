/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "tests/lib/test.h"
#include "tests/unit/tools/cli_test.h"
#include "tools/cli/share.h"

static struct ph_test_community *community;
static struct ph_test_node *node;
static struct ph_session session;

static int setup(void **state)
{
    (void)state;
    community = ph_test_community(3, "alps=IT,CH others=CH,FR");
    node = ph_test_node(community, "IT");
    session = ph_test_session(node, true);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ph_test_session_done(&session, node);
    ph_test_node_free(node);
    ph_test_community_free(community);
    return 0;
}

static struct ph_share share_to(const char *to)
{
    struct ph_share share = ph_share_default();
    share.to = to;
    assert_int_equal(ph_share_resolve(&share, &session, NULL), PH_OK);
    return share;
}

static void test_share__is_amber_unless_said_otherwise(void **state)
{
    (void)state;
    assert_int_equal(ph_share_default().label, PH_TLP_AMBER);
}

static void test_share__posts_only_to_own_groups(void **state)
{
    struct ph_share share = ph_share_default();
    struct ph_why why = {0};
    (void)state;
    share.to = "group:others";
    assert_int_equal(ph_share_resolve(&share, &session, &why), PH_ERR_POLICY);
    assert_string_equal(why.what, "IT is not in group:others: only its members post to a group");
    share.to = "group:alps";
    assert_int_equal(ph_share_resolve(&share, &session, &why), PH_OK);
}

static void test_share__takes_labels_that_fit_the_audience(void **state)
{
    static const struct {
        const char *to;
        bool fits[PH_N_TLP];
    } rows[] = {{"community", {true, true, true, true, false}},
                {"group:alps", {false, true, true, true, false}},
                {"CH,FR", {false, true, true, true, false}},
                {"CH/alice", {false, false, false, false, true}},
                {"CH/alice,FR", {false, false, false, false, false}}};
    (void)state;
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        struct ph_share share = share_to(rows[i].to);
        for (unsigned label = 0; label < PH_N_TLP; label++) {
            struct ph_why why = {0};
            enum ph_err err = ph_share_check(&share, (enum ph_tlp)label, &why);
            assert_int_equal(err, rows[i].fits[label] ? PH_OK : PH_ERR_MISFIT);
            assert_int_equal(why.what[0] != 0, !rows[i].fits[label]);
        }
        ph_share_done(&share);
    }
}

static void test_share__asks_twice_for_red_with_carry(void **state)
{
    struct ph_share share = share_to("CH/alice");
    struct ph_why why = {0};
    (void)state;
    share.has_carry = share.carry = true;
    assert_int_equal(ph_share_check(&share, PH_TLP_RED, &why), PH_ERR_POLICY);
    assert_non_null(strstr(why.hint, "--yes"));
    share.is_sure = true;
    assert_int_equal(ph_share_check(&share, PH_TLP_RED, &why), PH_OK);
    ph_share_done(&share);
}

static void test_share__carries_by_label_unless_told(void **state)
{
    struct ph_share share = share_to("community");
    (void)state;
    assert_int_equal(ph_share_publication(&share, PH_TLP_GREEN, 5).flags, PH_FLAG_CARRY);
    assert_int_equal(ph_share_publication(&share, PH_TLP_AMBER, 5).flags, 0);
    share.has_carry = true;
    share.carry = false;
    assert_int_equal(ph_share_publication(&share, PH_TLP_GREEN, 5).flags, 0);
    share.carry = share.exercise = true;
    assert_int_equal(ph_share_publication(&share, PH_TLP_AMBER, 5).flags,
                     PH_FLAG_CARRY | PH_FLAG_EXERCISE);
    assert_int_equal(ph_share_publication(&share, PH_TLP_AMBER, 5).expires, 0);
    share.lifetime = 100;
    assert_int_equal(ph_share_publication(&share, PH_TLP_AMBER, 5).expires, 105);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_share__is_amber_unless_said_otherwise),
        cmocka_unit_test(test_share__posts_only_to_own_groups),
        cmocka_unit_test(test_share__takes_labels_that_fit_the_audience),
        cmocka_unit_test(test_share__asks_twice_for_red_with_carry),
        cmocka_unit_test(test_share__carries_by_label_unless_told),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
