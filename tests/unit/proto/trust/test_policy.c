/* SPDX-License-Identifier: Apache-2.0
 *
 * The egress table again, as its text stands in the design, read by a few lines that know nothing
 * of policy.c. Every cell is asked under every circumstance. */
#include "proto/trust/policy.h"
#include "tests/lib/test.h"

/* clang-format off */
static const char *const TABLE[PH_N_TLP][PH_N_DOORS] = {
    /*  peer                                carrier     internal      client         community  public reshare */
    /* CLEAR */
    {"yes",                                "yes",      "yes",         "yes",         "yes",      "yes", "yes"},
    /* GREEN */
    {"in audience",                        "if carry", "yes",         "yes",         "yes *",    "no",  "to community"},
    /* AMBER */
    {"in audience",                        "if carry", "yes",         "yes, logged", "no",       "no",  "no"},
    /* AMBER+STRICT */
    {"in audience",                        "if carry", "yes, logged", "no",          "no",       "no",  "no"},
    /* RED */
    {"only nodes of a recipient's org",    "if carry", "named person with own key, on a terminal, logged",
                                                                      "no",          "no",       "no",  "no"},
};
/* clang-format on */

static bool says(const char *cell, const char *words)
{
    return strstr(cell, words) != NULL;
}

/* "*": "A GREEN record whose audience is a group reaches community tokens only with flag 8"; a
 * direct one is narrower still, and has no weaker rule. */
static bool expected(const char *cell, const struct ph_policy_case *c)
{
    if (strcmp(cell, "no") == 0)
        return false;
    if (says(cell, "if carry"))
        return c->carry;
    if (says(cell, "in audience") || says(cell, "recipient's org"))
        return c->peer_is_recipient;
    if (says(cell, "on a terminal"))
        return c->person_on_terminal;
    if (says(cell, "to community"))
        return c->reshare_to_community;
    if (says(cell, "*"))
        return c->audience == PH_AUDIENCE_COMMUNITY || c->community_tokens;
    assert_true(says(cell, "yes"));
    return true;
}

static void test_policy__every_cell_answers_as_the_table_says(void **state)
{
    (void)state;
    for (unsigned label = 0; label < PH_N_TLP; label++)
        for (unsigned door = 0; door < PH_N_DOORS; door++)
            for (unsigned audience = 0; audience < 3; audience++)
                for (unsigned bits = 0; bits < 32; bits++) {
                    const struct ph_policy_case c = {
                        .label = (enum ph_tlp)label,
                        .audience = (enum ph_audience_kind)audience,
                        .carry = bits & 1,
                        .community_tokens = bits & 2,
                        .peer_is_recipient = bits & 4,
                        .person_on_terminal = bits & 8,
                        .reshare_to_community = bits & 16,
                    };
                    const char *cell = TABLE[label][door];
                    struct ph_policy_answer answer = ph_policy_ask((enum ph_door)door, &c);
                    bool allowed = expected(cell, &c);
                    assert_int_equal(answer.allowed, allowed);
                    assert_int_equal(answer.logged, allowed && says(cell, "logged"));
                }
}

static void test_policy__every_cell_has_a_rule_of_its_label(void **state)
{
    (void)state;
    for (unsigned label = 0; label < PH_N_TLP; label++)
        for (unsigned door = 0; door < PH_N_DOORS; door++) {
            const struct ph_policy_case c = {.label = (enum ph_tlp)label};
            const char *rule = ph_policy_ask((enum ph_door)door, &c).rule;
            size_t n = strlen(ph_tlp_text((enum ph_tlp)label));
            assert_memory_equal(rule, ph_tlp_text((enum ph_tlp)label), n);
            assert_true(rule[n] == ' ');
        }
}

static void test_policy__a_stricter_label_opens_no_door(void **state)
{
    (void)state;
    /* With every circumstance in favour but the audience, which RED and CLEAR cannot choose. */
    for (unsigned door = 0; door < PH_N_DOORS; door++)
        for (unsigned label = 1; label < PH_N_TLP; label++) {
            struct ph_policy_case c = {.label = (enum ph_tlp)label,
                                       .carry = true,
                                       .community_tokens = true,
                                       .peer_is_recipient = true,
                                       .person_on_terminal = true,
                                       .reshare_to_community = true};
            struct ph_policy_answer strict = ph_policy_ask((enum ph_door)door, &c);
            c.label = (enum ph_tlp)(label - 1);
            struct ph_policy_answer loose = ph_policy_ask((enum ph_door)door, &c);
            assert_true(loose.allowed || !strict.allowed);
            assert_true(strict.logged || !strict.allowed || !loose.logged);
        }
}

static void test_policy__doors_read_back_from_their_names(void **state)
{
    (void)state;
    static const char *const names[PH_N_DOORS] = {"peer",      "carrier", "internal", "client",
                                                  "community", "public",  "reshare"};
    for (unsigned i = 0; i < PH_N_DOORS; i++) {
        enum ph_door door;
        assert_string_equal(ph_door_text((enum ph_door)i), names[i]);
        assert_int_equal(ph_door_parse(&door, ph_bytes_str(names[i]), NULL), PH_OK);
        assert_int_equal(door, i);
    }
    enum ph_door door;
    assert_int_equal(ph_door_parse(&door, ph_bytes_str("window"), NULL), PH_ERR_INPUT);
    assert_int_equal(ph_door_parse(&door, ph_bytes_str("Public"), NULL), PH_ERR_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_policy__every_cell_answers_as_the_table_says),
        cmocka_unit_test(test_policy__every_cell_has_a_rule_of_its_label),
        cmocka_unit_test(test_policy__a_stricter_label_opens_no_door),
        cmocka_unit_test(test_policy__doors_read_back_from_their_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
