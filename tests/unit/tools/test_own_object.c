/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/intel/json.h"
#include "tests/lib/test.h"
#include "tests/unit/tools/cli_test.h"
#include "tools/cli/own_object.h"
#include "tools/cli/pack.h"

static struct ph_test_community *community;
static struct ph_test_node *node;
static struct ph_session session;
static struct ph_own_identity identity;

static int setup(void **state)
{
    (void)state;
    community = ph_test_community(2, NULL);
    node = ph_test_node(community, "IT");
    session = ph_test_session(node, true);
    return ph_own_identity(&identity, &session, NULL) == PH_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    ph_own_identity_done(&identity);
    ph_test_session_done(&session, node);
    ph_test_node_free(node);
    ph_test_community_free(community);
    return 0;
}

static json_t *indicator(const char *value, const char *note, ph_ms now)
{
    struct ph_observable o;
    struct ph_reading *reading = NULL;
    json_t *object = NULL;
    assert_int_equal(ph_observable_parse(&o, ph_bytes_str(value), NULL), PH_OK);
    assert_int_equal(ph_reading_new(&reading, session.store, session.members, NULL), PH_OK);
    assert_int_equal(ph_own_indicator(&object, &session, reading, &o, &identity, note, now, NULL),
                     PH_OK);
    ph_reading_free(reading);
    return object;
}

static bool publish(const json_t *object)
{
    struct ph_share share = ph_share_default();
    bool is_new = false;
    assert_int_equal(
        ph_packs_publish_one(&session, &share, PH_TLP_AMBER, object, &is_new, NULL, NULL), PH_OK);
    return is_new;
}

static void test_own_object__makes_one_identity(void **state)
{
    struct ph_own_identity again;
    (void)state;
    assert_non_null(identity.object);
    assert_true(ph_stix_id_is_valid(identity.id, "identity"));
    assert_string_equal(ph_json_str(identity.object, "id"), identity.id);
    assert_int_equal(ph_own_identity(&again, &session, NULL), PH_OK);
    assert_true(json_equal(again.object, identity.object));
    ph_own_identity_done(&again);
}

static void test_own_object__takes_the_identity_of_the_card(void **state)
{
    static char listed[] = "identity--11111111-1111-4111-8111-111111111111";
    static char other[] = "no identity at all";
    char *ids[] = {other, listed};
    struct ph_own_identity own;
    struct ph_card *card = NULL;
    (void)state;
    struct ph_test_org *org = ph_test_org(community, "IT");
    assert_int_equal(ph_card_copy(&card, org->card), PH_OK);
    struct ph_card edited = *card;
    edited.seq++;
    edited.identities = (struct ph_texts){.v = ids, .n = 2};
    struct ph_card *kept = org->card;
    org->card = &edited;
    ph_test_sign_card(community, org);
    ph_test_take_card(community, org);
    org->card = kept;
    struct ph_session s = session;
    s.members = community->members;
    assert_int_equal(ph_own_identity(&own, &s, NULL), PH_OK);
    assert_string_equal(own.id, listed);
    assert_null(own.object);
    ph_card_free(card);
}

static void test_own_object__says_the_same_in_the_same_words(void **state)
{
    (void)state;
    json_t *first = indicator("evil.example", "lure", PH_TEST_NOW);
    assert_true(publish(first));
    json_t *again = indicator("EVIL[.]example.", "lure", PH_TEST_NOW + 5000);
    assert_true(json_equal(first, again));
    assert_false(publish(again));
    json_decref(first);
    json_decref(again);
}

static void test_own_object__makes_a_new_version_of_what_it_says_otherwise(void **state)
{
    (void)state;
    json_t *first = indicator("worse.example", "lure", PH_TEST_NOW);
    assert_true(publish(first));
    json_t *next = indicator("worse.example", "kit", PH_TEST_NOW + 5000);
    assert_string_equal(ph_json_str(next, "id"), ph_json_str(first, "id"));
    assert_string_equal(ph_json_str(next, "created"), ph_json_str(first, "created"));
    assert_string_equal(ph_json_str(next, "valid_from"), ph_json_str(first, "valid_from"));
    assert_true(strcmp(ph_json_str(next, "modified"), ph_json_str(first, "modified")) > 0);
    assert_true(publish(next));
    /* a clock that went back makes no older version */
    json_t *third = indicator("worse.example", NULL, PH_TEST_NOW - 5000);
    assert_true(strcmp(ph_json_str(third, "modified"), ph_json_str(next, "modified")) > 0);
    json_decref(first);
    json_decref(next);
    json_decref(third);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_object__makes_one_identity),
        cmocka_unit_test(test_own_object__says_the_same_in_the_same_words),
        cmocka_unit_test(test_own_object__makes_a_new_version_of_what_it_says_otherwise),
        cmocka_unit_test(test_own_object__takes_the_identity_of_the_card),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
