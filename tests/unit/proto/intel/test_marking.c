/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/intel/stix.h"
#include "tests/lib/test.h"
#include "tests/unit/proto/intel/bundle.h"

#define CLEAR1  "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"
#define GREEN1  "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"
#define AMBER1  "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"
#define RED1    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"
#define CLEAR2  "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"
#define GREEN2  "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
#define AMBER2  "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"
#define STRICT2 "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"
#define RED2    "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
#define OTHER   "marking-definition--11111111-1111-4111-8111-111111111111"
#define THEIRS  "marking-definition--22222222-2222-4222-8222-222222222222"

#define NONE    (-1)

/* What the markings of an object ask for. THEIRS is a statement of the same bundle. */
static const struct {
    const char *object;
    int label; /* NONE: nothing is asked for */
} rows[] = {
    {"{}", NONE},
    {"{\"object_marking_refs\":[\"" CLEAR1 "\"]}", PH_TLP_CLEAR},
    {"{\"object_marking_refs\":[\"" GREEN1 "\"]}", PH_TLP_GREEN},
    {"{\"object_marking_refs\":[\"" AMBER1 "\"]}", PH_TLP_AMBER},
    {"{\"object_marking_refs\":[\"" RED1 "\"]}", PH_TLP_RED},
    {"{\"object_marking_refs\":[\"" CLEAR2 "\"]}", PH_TLP_CLEAR},
    {"{\"object_marking_refs\":[\"" GREEN2 "\"]}", PH_TLP_GREEN},
    {"{\"object_marking_refs\":[\"" AMBER2 "\"]}", PH_TLP_AMBER},
    {"{\"object_marking_refs\":[\"" STRICT2 "\"]}", PH_TLP_AMBER_STRICT},
    {"{\"object_marking_refs\":[\"" RED2 "\"]}", PH_TLP_RED},
    /* the strictest wins, wherever it stands */
    {"{\"object_marking_refs\":[\"" RED2 "\",\"" CLEAR2 "\"]}", PH_TLP_RED},
    {"{\"object_marking_refs\":[\"" CLEAR2 "\",\"" AMBER1 "\",\"" GREEN2 "\"]}", PH_TLP_AMBER},
    /* one property marked RED makes all of it RED */
    {"{\"object_marking_refs\":[\"" CLEAR2 "\"],\"granular_markings\":[{\"marking_ref\":\"" RED2
     "\",\"selectors\":[\"name\"]}]}",
     PH_TLP_RED},
    {"{\"granular_markings\":[{\"marking_ref\":\"" GREEN1 "\",\"selectors\":[\"name\"]}]}",
     PH_TLP_GREEN},
    {"{\"granular_markings\":[{\"lang\":\"de\",\"selectors\":[\"name\"]}]}", NONE},
    /* what is not known may mean anything */
    {"{\"object_marking_refs\":[\"" OTHER "\"]}", PH_TLP_AMBER_STRICT},
    {"{\"object_marking_refs\":[\"" OTHER "\",\"" CLEAR2 "\"]}", PH_TLP_AMBER_STRICT},
    {"{\"object_marking_refs\":[\"" OTHER "\",\"" RED1 "\"]}", PH_TLP_RED},
    {"{\"object_marking_refs\":[\"x\"]}", PH_TLP_AMBER_STRICT},
    {"{\"object_marking_refs\":[7]}", PH_TLP_AMBER_STRICT},
    {"{\"object_marking_refs\":[null,\"" CLEAR2 "\"]}", PH_TLP_AMBER_STRICT},
    {"{\"granular_markings\":[{\"marking_ref\":\"" OTHER "\"}]}", PH_TLP_AMBER_STRICT},
    {"{\"granular_markings\":[{\"marking_ref\":7}]}", PH_TLP_AMBER_STRICT},
    {"{\"granular_markings\":[{}]}", PH_TLP_AMBER_STRICT},
    {"{\"granular_markings\":[{\"marking_ref\":\"" RED2 "\",\"lang\":\"de\"}]}", PH_TLP_RED},
    /* but a statement of the same bundle limits no sharing */
    {"{\"object_marking_refs\":[\"" THEIRS "\"]}", NONE},
    {"{\"object_marking_refs\":[\"" THEIRS "\",\"" GREEN2 "\"]}", PH_TLP_GREEN},
    {"{\"object_marking_refs\":[\"" THEIRS "\",\"" OTHER "\"]}", PH_TLP_AMBER_STRICT},
    /* ids in the other case of hex are the same ids */
    {"{\"object_marking_refs\":[\"marking-definition--E828B379-4E03-4974-9AC4-E53A884C97C1\"]}",
     PH_TLP_RED},
    /* labels, as MISP writes them */
    {"{\"labels\":[\"tlp:amber\"]}", PH_TLP_AMBER},
    {"{\"labels\":[\"TLP:RED\",\"phishing\"]}", PH_TLP_RED},
    {"{\"labels\":[\"tlp:amber+strict\"]}", PH_TLP_AMBER_STRICT},
    {"{\"labels\":[\"tlp:white\"]}", PH_TLP_CLEAR},
    {"{\"labels\":[\"tlp:ex:chr\"]}", PH_TLP_AMBER_STRICT},
    {"{\"labels\":[\"tlp:green\"],\"object_marking_refs\":[\"" RED2 "\"]}", PH_TLP_RED},
    {"{\"labels\":[\"phishing\",\"tlpx\"]}", NONE},
    {"{\"labels\":\"tlp:red\"}", PH_TLP_RED},
    /* a list that is none holds one reference, whatever the check says of it elsewhere */
    {"{\"object_marking_refs\":\"" RED2 "\"}", PH_TLP_RED},
    {"{\"object_marking_refs\":{\"0\":\"" RED2 "\"}}", PH_TLP_AMBER_STRICT},
    {"{\"granular_markings\":{\"marking_ref\":\"" RED2 "\"}}", PH_TLP_RED},
};

static void assert_labels(const json_t *statements)
{
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        json_t *object = json_loads(rows[i].object, 0, NULL);
        enum ph_tlp tlp = PH_TLP_CLEAR;
        bool has = false;
        assert_non_null(object);
        assert_int_equal(ph_stix_label(&tlp, &has, object, statements), PH_OK);
        if ((has ? (int)tlp : NONE) != rows[i].label)
            fail_msg("%s: %d, expected %d", rows[i].object, has ? (int)tlp : NONE, rows[i].label);
        json_decref(object);
    }
}

static void test_marking__label_is_never_looser_than_any_marking(void **state)
{
    (void)state;
    json_t *list = json_pack("[s]", THEIRS);
    assert_labels(list);
    json_decref(list);
    json_t *object = json_pack("{s:b}", THEIRS, 1);
    assert_labels(object);
    json_decref(object);
}

static void test_marking__nothing_is_a_statement_unless_the_bundle_says_so(void **state)
{
    (void)state;
    json_t *object = json_pack("{s:[s]}", "object_marking_refs", THEIRS);
    json_t *red = json_pack("{s:[s]}", "object_marking_refs", RED1);
    json_t *liar = json_pack("[s]", RED1);
    enum ph_tlp tlp;
    bool has;
    assert_int_equal(ph_stix_label(&tlp, &has, object, NULL), PH_OK);
    assert_true(has && tlp == PH_TLP_AMBER_STRICT);
    /* nor is a TLP marking that somebody calls a statement */
    assert_int_equal(ph_stix_label(&tlp, &has, red, liar), PH_OK);
    assert_true(has && tlp == PH_TLP_RED);
    json_decref(object);
    json_decref(red);
    json_decref(liar);
}

/* A definition of the bundle itself, and the label of what refers to it. */
static void test_marking__learns_what_the_bundle_says_of_its_markings(void **state)
{
    (void)state;
    static const struct {
        const char *definition;
        int label;
    } cases[] = {
        {"{'type':'marking-definition','id':'@','definition_type':'statement','definition':"
         "{'statement':'(c)'}}",
         NONE},
        {"{'type':'marking-definition','id':'@','definition_type':'tlp','definition':{'tlp':'red'}}",
         PH_TLP_RED},
        {"{'type':'marking-definition','id':'@','definition_type':'tlp','definition':{'tlp':'white'}}",
         PH_TLP_CLEAR},
        {"{'type':'marking-definition','id':'@','definition_type':'tlp','definition':{'tlp':'x'}}",
         PH_TLP_AMBER_STRICT},
        {"{'type':'marking-definition','id':'@','definition_type':'tlp','definition':{}}",
         PH_TLP_AMBER_STRICT},
        {"{'type':'marking-definition','id':'@','extensions':{'extension-definition--"
         "60a3c5c5-0d10-413e-aab3-9e08dde9e88d':{'tlp_2_0':'red'}}}",
         PH_TLP_RED},
        /* a statement that carries an extension may mean more than it says */
        {"{'type':'marking-definition','id':'@','definition_type':'statement','extensions':{'x':{}}}",
         PH_TLP_AMBER_STRICT},
        {"{'type':'marking-definition','id':'@','definition_type':'statement','extensions':"
         "{'extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d':{'tlp_2_0':'red'}}}",
         PH_TLP_RED},
        {"{'type':'marking-definition','id':'@','definition_type':'iep'}", PH_TLP_AMBER_STRICT},
        {"{'type':'note','id':'@','definition_type':'statement'}", PH_TLP_AMBER_STRICT},
    };
    for (size_t i = 0; i < PH_LEN(cases); i++) {
        char text[512];
        size_t n = 0;
        for (const char *c = cases[i].definition; *c; c++) {
            if (*c == '@') {
                memcpy(text + n, OTHER, sizeof(OTHER) - 1);
                n += sizeof(OTHER) - 1;
            } else {
                text[n++] = *c == '\'' ? '"' : *c;
            }
        }
        json_t *definition = json_loadb(text, n, 0, NULL);
        json_t *object = json_pack("{s:[s]}", "object_marking_refs", OTHER);
        json_t *known = json_object();
        enum ph_tlp tlp;
        bool has;
        assert_non_null(definition);
        assert_int_equal(ph_stix_label_learn(known, definition), PH_OK);
        assert_int_equal(ph_stix_label(&tlp, &has, object, known), PH_OK);
        if ((has ? (int)tlp : NONE) != cases[i].label)
            fail_msg("%.*s: %d", (int)n, text, has ? (int)tlp : NONE);
        json_decref(known);
        json_decref(object);
        json_decref(definition);
    }
}

static void test_marking__defined_twice_means_the_stricter(void **state)
{
    (void)state;
    static const char *const values[] = {"green", "red", "white"};
    json_t *known = json_object();
    json_t *object = json_pack("{s:[s]}", "object_marking_refs", OTHER);
    for (size_t i = 0; i < PH_LEN(values); i++) {
        json_t *definition =
            json_pack("{s:s,s:s,s:s,s:{s:s}}", "type", "marking-definition", "id", OTHER,
                      "definition_type", "tlp", "definition", "tlp", values[i]);
        assert_int_equal(ph_stix_label_learn(known, definition), PH_OK);
        json_decref(definition);
    }
    json_t *statement = json_pack("{s:s,s:s,s:s}", "type", "marking-definition", "id", OTHER,
                                  "definition_type", "statement");
    assert_int_equal(ph_stix_label_learn(known, statement), PH_OK);
    enum ph_tlp tlp;
    bool has;
    assert_int_equal(ph_stix_label(&tlp, &has, object, known), PH_OK);
    assert_true(has && tlp == PH_TLP_RED);
    json_decref(statement);
    json_decref(object);
    json_decref(known);
}

static void test_marking__puts_one_tlp_reference_on_a_copy(void **state)
{
    (void)state;
    static const char *const ids[PH_N_TLP] = {CLEAR2, GREEN2, AMBER2, STRICT2, RED2};
    json_t *object = json_loads("{\"type\":\"x\",\"object_marking_refs\":[\"" RED1 "\",\"" OTHER
                                "\",\"" GREEN2 "\"],\"name\":\"n\"}",
                                0, NULL);
    json_t *before = json_deep_copy(object);
    for (int label = 0; label < PH_N_TLP; label++) {
        json_t *marked = NULL;
        assert_int_equal(ph_stix_mark(&marked, object, (enum ph_tlp)label), PH_OK);
        const json_t *refs = json_object_get(marked, "object_marking_refs");
        assert_int_equal(json_array_size(refs), 2);
        assert_string_equal(json_string_value(json_array_get(refs, 0)), ids[label]);
        assert_string_equal(json_string_value(json_array_get(refs, 1)), OTHER);
        assert_string_equal(json_string_value(json_object_get(marked, "name")), "n");
        assert_true(json_equal(object, before));
        enum ph_tlp tlp;
        bool has;
        json_t *statements = json_pack("[s]", OTHER);
        assert_int_equal(ph_stix_label(&tlp, &has, marked, statements), PH_OK);
        assert_true(has);
        assert_int_equal(tlp, label);
        json_decref(statements);
        json_decref(marked);
    }
    json_decref(before);
    json_decref(object);
}

static size_t n_equal;

static void compare(const json_t *published)
{
    for (int label = 0; label < PH_N_TLP; label++) {
        json_t *ours = ph_stix_tlp_definition((enum ph_tlp)label);
        n_equal += (size_t)json_equal(published, ours);
        assert_int_equal(ph_stix_check(ours, NULL), PH_OK);
        json_decref(ours);
    }
}

static void test_marking__definitions_are_those_that_oasis_published(void **state)
{
    (void)state;
    n_equal = 0;
    ph_test_each_object("tlp/tlp-2.0.json", compare);
    assert_int_equal(n_equal, PH_N_TLP);
}

int main(void)
{
    json_object_seed(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_marking__label_is_never_looser_than_any_marking),
        cmocka_unit_test(test_marking__nothing_is_a_statement_unless_the_bundle_says_so),
        cmocka_unit_test(test_marking__learns_what_the_bundle_says_of_its_markings),
        cmocka_unit_test(test_marking__defined_twice_means_the_stricter),
        cmocka_unit_test(test_marking__puts_one_tlp_reference_on_a_copy),
        cmocka_unit_test(test_marking__definitions_are_those_that_oasis_published),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
