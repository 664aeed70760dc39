/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/community.h"
#include "tests/lib/test.h"
#include "tools/cli/audience.h"

static struct ph_test_community *community;

static int setup(void **state)
{
    (void)state;
    community = ph_test_community(4, "alps=IT,CH north=DE,FR");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ph_test_community_free(community);
    return 0;
}

static enum ph_err parse(const char *text, struct ph_audience *audience,
                         struct ph_recipient **recipients, size_t *n, struct ph_why *why)
{
    return ph_audience_parse(audience, recipients, n, text, community->members, why);
}

static void test_audience__reads_community_and_groups(void **state)
{
    struct ph_audience audience;
    struct ph_recipient *recipients;
    size_t n;
    struct ph_hash alps = ph_test_group(community, "alps");
    (void)state;
    assert_int_equal(parse("community", &audience, &recipients, &n, NULL), PH_OK);
    assert_int_equal(audience.kind, PH_AUDIENCE_COMMUNITY);
    assert_true(ph_hash_is_zero(&audience.id));
    assert_null(recipients);
    assert_int_equal(parse("group:alps", &audience, &recipients, &n, NULL), PH_OK);
    assert_int_equal(audience.kind, PH_AUDIENCE_GROUP);
    assert_true(ph_hash_equal(&audience.id, &alps));
    assert_null(recipients);
}

static void test_audience__sorts_recipients_and_names_each_once(void **state)
{
    struct ph_audience a, b;
    struct ph_recipient *r1, *r2;
    size_t n1, n2;
    char text[52];
    (void)state;
    assert_int_equal(parse("IT/alice,FR,CH,FR", &a, &r1, &n1, NULL), PH_OK);
    assert_int_equal(parse("CH,FR,IT/alice", &b, &r2, &n2, NULL), PH_OK);
    assert_int_equal(n1, 3);
    assert_int_equal(n2, 3);
    assert_int_equal(a.kind, PH_AUDIENCE_DIRECT);
    assert_true(ph_audience_equal(&a, &b));
    ph_recipient_text(text, &r1[2]);
    assert_string_equal(text, "IT/alice");
    free(r1);
    free(r2);
}

static void test_audience__says_what_there_is_instead(void **state)
{
    static const struct {
        const char *text, *says;
        enum ph_err err;
    } rows[] = {
        {"group:alp", "no group \"alp\"; groups: alps, north", PH_ERR_NOTFOUND},
        {"group:", "no group \"\"; groups: alps, north", PH_ERR_NOTFOUND},
        {"XX", "no member \"XX\"; members: CH, DE, FR, IT", PH_ERR_NOTFOUND},
        {"IT/bob", "no person \"bob\" on the card of IT; persons: alice", PH_ERR_NOTFOUND},
        {"it", "\"it\": ", PH_ERR_INPUT},
        {"", "\"\": ", PH_ERR_INPUT},
        {"IT,", "\"\": ", PH_ERR_INPUT},
        {"IT/", "\"IT/\": ", PH_ERR_INPUT},
        {"IT CH", "\"IT CH\": ", PH_ERR_INPUT},
        {"IT\x1b[2J", "\"IT\\x1b[2J\": ", PH_ERR_INPUT},
    };
    (void)state;
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        struct ph_audience audience;
        struct ph_recipient *recipients;
        size_t n;
        struct ph_why why = {0};
        assert_int_equal(parse(rows[i].text, &audience, &recipients, &n, &why), rows[i].err);
        if (strncmp(why.what, rows[i].says, strlen(rows[i].says)) != 0)
            fail_msg("\"%s\": %s", rows[i].text, why.what);
        assert_null(recipients);
    }
}

static void test_audience__takes_512_recipients_and_no_more(void **state)
{
    struct ph_buf text = ph_buf(PH_KIB(16));
    struct ph_audience audience;
    struct ph_recipient *recipients;
    size_t n;
    (void)state;
    for (size_t i = 0; i < PH_RECIPIENTS_MAX; i++)
        assert_int_equal(ph_buf_printf(&text, "%sIT", i ? "," : ""), PH_OK);
    assert_int_equal(ph_buf_add(&text, ph_bytes("\0", 1)), PH_OK);
    assert_int_equal(parse((const char *)text.p, &audience, &recipients, &n, NULL), PH_OK);
    assert_int_equal(n, 1);
    free(recipients);
    text.n--;
    assert_int_equal(ph_buf_add(&text, ph_bytes(",CH\0", 4)), PH_OK);
    assert_int_equal(parse((const char *)text.p, &audience, &recipients, &n, NULL), PH_ERR_LIMIT);
    ph_buf_done(&text);
}

static void test_audience__cuts_a_long_list_of_names(void **state)
{
    struct ph_test_community *large = ph_test_community(60, NULL);
    struct ph_audience audience;
    struct ph_recipient *recipients;
    size_t n;
    struct ph_why why = {0};
    (void)state;
    assert_int_equal(ph_audience_parse(&audience, &recipients, &n, "XX", large->members, &why),
                     PH_ERR_NOTFOUND);
    assert_non_null(strstr(why.what, "members: "));
    assert_string_equal(why.what + strlen(why.what) - strlen(", …"), ", …");
    ph_test_community_free(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_audience__reads_community_and_groups),
        cmocka_unit_test(test_audience__sorts_recipients_and_names_each_once),
        cmocka_unit_test(test_audience__says_what_there_is_instead),
        cmocka_unit_test(test_audience__takes_512_recipients_and_no_more),
        cmocka_unit_test(test_audience__cuts_a_long_list_of_names),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
