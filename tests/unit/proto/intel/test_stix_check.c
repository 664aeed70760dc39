/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "proto/intel/stix.h"
#include "tests/lib/test.h"
#include "tests/unit/proto/intel/bundle.h"

#define UUID "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"

/* Objects that keep every rule. Each row of the tables changes one property of one of them. */
static const struct {
    const char *type;
    const char *text;
} good[] = {
    {"indicator", "{'type':'indicator','spec_version':'2.1','id':'indicator--" UUID
                  "','created':'2026-01-01T00:00:00.000Z','modified':'2026-01-01T00:00:00.000Z',"
                  "'pattern':\"[domain-name:value = 'a.example']\",'pattern_type':'stix',"
                  "'valid_from':'2026-01-01T00:00:00Z'}"},
    {"domain-name", "{'type':'domain-name','id':'domain-name--" UUID "','value':'a.example'}"},
    {"file", "{'type':'file','id':'file--" UUID "','name':'a.exe'}"},
    {"artifact", "{'type':'artifact','id':'artifact--" UUID "','payload_bin':'aGFsbG8='}"},
    {"email-message",
     "{'type':'email-message','id':'email-message--" UUID "','is_multipart':false}"},
    {"network-traffic", "{'type':'network-traffic','id':'network-traffic--" UUID
                        "','protocols':['tcp'],'dst_ref':'ipv4-addr--" UUID "'}"},
    {"location",
     "{'type':'location','spec_version':'2.1','id':'location--" UUID
     "','created':'2026-01-01T00:00:00Z','modified':'2026-01-01T00:00:00Z','country':'CH'}"},
    {"sighting", "{'type':'sighting','spec_version':'2.1','id':'sighting--" UUID
                 "','created':'2026-01-01T00:00:00Z','modified':'2026-01-01T00:00:00Z',"
                 "'sighting_of_ref':'indicator--" UUID "'}"},
    {"relationship", "{'type':'relationship','spec_version':'2.1','id':'relationship--" UUID
                     "','created':'2026-01-01T00:00:00Z','modified':'2026-01-01T00:00:00Z',"
                     "'relationship_type':'indicates','source_ref':'indicator--" UUID
                     "','target_ref':'malware--" UUID "'}"},
    {"observed-data",
     "{'type':'observed-data','spec_version':'2.1','id':'observed-data--" UUID
     "','created':'2026-01-01T00:00:00Z','modified':'2026-01-01T00:00:00Z',"
     "'first_observed':'2026-01-01T00:00:00Z','last_observed':'2026-01-01T00:00:00Z',"
     "'number_observed':1,'object_refs':['ipv4-addr--" UUID "']}"},
    {"opinion",
     "{'type':'opinion','spec_version':'2.1','id':'opinion--" UUID
     "','created':'2026-01-01T00:00:00Z','modified':'2026-01-01T00:00:00Z','opinion':'agree',"
     "'object_refs':['indicator--" UUID "']}"},
    {"marking-definition",
     "{'type':'marking-definition','spec_version':'2.1','id':'marking-definition--" UUID
     "','created':'2026-01-01T00:00:00Z','definition_type':'statement',"
     "'definition':{'statement':'(c)'}}"},
    {"malware-analysis",
     "{'type':'malware-analysis','spec_version':'2.1','id':'malware-analysis--" UUID
     "','created':'2026-01-01T00:00:00Z','modified':'2026-01-01T00:00:00Z','product':'x',"
     "'result':'benign'}"},
    {"extension-definition",
     "{'type':'extension-definition','spec_version':'2.1','id':'extension-definition--" UUID
     "','created':'2026-01-01T00:00:00Z','modified':'2026-01-01T00:00:00Z',"
     "'created_by_ref':'identity--" UUID
     "','name':'x','schema':'x','version':'1.0.0','extension_types':['new-sdo']}"},
    /* a type of somebody's own */
    {"x-posthorn-training",
     "{'type':'x-posthorn-training','spec_version':'2.1','id':'x-posthorn-training--" UUID
     "','created':'2026-01-01T00:00:00Z','modified':'2026-01-01T00:00:00Z','x_any':[1,null]}"},
    {"x-posthorn-parcel", "{'type':'x-posthorn-parcel','id':'x-posthorn-parcel--" UUID "'}"},
};

/* JSON with ' for " outside of strings in ", which C would make unreadable. */
static json_t *json(const char *text)
{
    char out[2048];
    size_t n = strlen(text);
    bool in_double = false;
    assert_true(n < sizeof(out));
    for (size_t i = 0; i <= n; i++) {
        in_double ^= text[i] == '"';
        out[i] = text[i] == '\'' && !in_double ? '"' : text[i];
    }
    json_error_t error;
    json_t *value = json_loads(out, JSON_DECODE_ANY, &error);
    if (!value)
        fail_msg("%s: %s", text, error.text);
    return value;
}

static json_t *good_of(const char *type)
{
    for (size_t i = 0; i < PH_LEN(good); i++)
        if (strcmp(good[i].type, type) == 0)
            return json(good[i].text);
    fail_msg("no good %s", type);
    return NULL;
}

static void test_stix_check__takes_good_objects(void **state)
{
    (void)state;
    for (size_t i = 0; i < PH_LEN(good); i++) {
        json_t *object = json(good[i].text);
        struct ph_why why = {.code = PH_OK};
        if (ph_stix_check(object, &why))
            fail_msg("%s", why.what);
        json_decref(object);
    }
}

static void check_real(const json_t *object)
{
    struct ph_why why = {.code = PH_OK};
    if (ph_stix_check(object, &why))
        fail_msg("%s", why.what);
}

static void test_stix_check__takes_every_object_of_the_samples(void **state)
{
    (void)state;
    ph_test_each_object("stix/poisonivy.json", check_real);
    ph_test_each_object("stix/indicator-for-c2-ip-address.json", check_real);
    ph_test_each_object("stix/infrastructure.json", check_real);
    ph_test_each_object("stix/malicious-email-indicator-with-attachment.json", check_real);
    ph_test_each_object("stix/sighting-of-observed-data.json", check_real);
    ph_test_each_object("tlp/tlp-1.json", check_real);
    ph_test_each_object("tlp/tlp-2.0.json", check_real);
}

/* One property changed (NULL: taken away), and what is said about it. */
static const struct {
    const char *type;
    const char *property;
    const char *value;
    const char *says;
} bad[] = {
    {"indicator", "type", NULL, "type: required"},
    {"indicator", "type", "7", "type: must be a type name"},
    {"indicator", "type", "'Indicator'", "type: must be a type name"},
    {"indicator", "type", "'in--dicator'", "type: must be a type name"},
    {"indicator", "type", "'malware'", "id: must be of the form malware--UUID"},
    {"indicator", "type", "'bundle'", "type: a bundle is no object"},
    {"indicator", "id", NULL, "indicator: id: required"},
    {"indicator", "id", "1", "id: must be of the form indicator--UUID"},
    {"indicator", "id", "'" UUID "'", "id: must be of the form indicator--UUID"},
    {"indicator", "id", "'indicator--8e2e2d2b-17d4-4cbf-938f'", "id: must be of the form"},
    {"indicator", "id", "'indicator--" UUID "0'", "id: must be of the form"},
    {"indicator", "id", "'indicator--8e2e2d2b-17d4-4cbf-038f-98ee46b3cd3f'", "id: must be"},
    {"indicator", "id", "'indicator--8e2e2d2b017d404cbf0938f098ee46b3cd3f'", "id: must be"},
    {"indicator", "spec_version", NULL, "spec_version: required"},
    {"indicator", "spec_version", "'2.0'", "spec_version: must be \"2.1\""},
    {"indicator", "spec_version", "2.1", "spec_version: must be a string"},
    {"indicator", "created", NULL, "created: required"},
    {"indicator", "modified", NULL, "modified: required"},
    {"indicator", "created", "'2026-01-01'", "created: must be a timestamp"},
    {"indicator", "created", "'2026-01-01T00:00:00+01:00'", "created: must be a timestamp"},
    {"indicator", "created", "'2026-02-30T00:00:00Z'", "created: must be a timestamp"},
    {"indicator", "created", "'2026-01-01t00:00:00z'", "created: must be a timestamp"},
    {"indicator", "created", "1767225600", "created: must be a timestamp"},
    {"indicator", "modified", "'2025-12-31T23:59:59.999Z'",
     "modified: must not be earlier than created"},
    {"indicator", "valid_from", NULL, "valid_from: required"},
    {"indicator", "valid_until", "'2026-01-01T00:00:00.0Z'",
     "valid_until: must be later than valid_from"},
    {"indicator", "valid_until", "'2025-01-01T00:00:00.0Z'",
     "valid_until: must be later than valid_from"},
    {"indicator", "pattern", NULL, "pattern: required"},
    {"indicator", "pattern", "[]", "pattern: must be a string"},
    {"indicator", "pattern", "\"[domain-name:value = 'a\"", "pattern: column 22: "},
    {"indicator", "pattern", "\"[domain-name:value = 'a'\"", "pattern: column 25: pattern ends"},
    {"indicator", "pattern", "''", "pattern: column 1: pattern ends"},
    {"indicator", "pattern_type", NULL, "pattern_type: required"},
    {"indicator", "revoked", "'true'", "revoked: must be true or false"},
    {"indicator", "revoked", "null", "revoked: must be true or false"},
    {"indicator", "labels", "[]", "labels: must be a list with at least one value"},
    {"indicator", "labels", "'a'", "labels: must be a list"},
    {"indicator", "labels", "['a',1]", "labels: must be a list of strings"},
    {"indicator", "confidence", "101", "confidence: must be from 0 to 100"},
    {"indicator", "confidence", "-1", "confidence: must be from 0 to 100"},
    {"indicator", "confidence", "50.5", "confidence: must be an integer"},
    {"indicator", "created_by_ref", "'identity'", "created_by_ref: must be an identifier"},
    {"indicator", "created_by_ref", "'malware--" UUID "'",
     "created_by_ref: must refer to identity--UUID"},
    {"indicator", "object_marking_refs", "['identity--" UUID "']",
     "object_marking_refs: must refer to marking-definition--UUID"},
    {"indicator", "object_marking_refs", "'marking-definition--" UUID "'",
     "object_marking_refs: must be a list"},
    {"indicator", "external_references", "[{'url':'x'}]", "with a source_name"},
    {"indicator", "external_references", "[{'source_name':'x'}]",
     "with a description, url or external_id"},
    {"indicator", "kill_chain_phases", "[{'phase_name':'x'}]", "kill_chain_name and phase_name"},
    {"indicator", "granular_markings", "[{'selectors':['name']}]", "marking_ref or lang"},
    {"indicator", "granular_markings",
     "[{'lang':'de','marking_ref':'marking-definition--" UUID "','selectors':['name']}]",
     "either marking_ref or lang"},
    {"indicator", "granular_markings", "[{'marking_ref':'x','selectors':['name']}]",
     "marking-definition--UUID"},
    {"indicator", "granular_markings", "[{'lang':'de','selectors':[]}]", "selectors"},
    {"indicator", "extensions", "{}", "extensions: must be a dictionary with at least one key"},
    {"indicator", "extensions", "[]", "extensions: must be a dictionary"},
    {"indicator", "extensions", "{'a b':{}}", "extensions: must be a dictionary with keys of"},
    {"indicator", "X_upper", "1", "X_upper: property names are of a-z"},
    {"indicator", "x-hyphen", "1", "x-hyphen: property names are of a-z"},
    {"indicator", "x\u202e", "1", "property names are of a-z"},
    {"domain-name", "value", NULL, "value: required"},
    {"domain-name", "value", "null", "value: must be a string"},
    {"domain-name", "defanged", "'yes'", "defanged: must be true or false"},
    {"file", "name", NULL, "hashes: needs hashes or name"},
    {"file", "hashes", "{'MD5':1}", "hashes: must be a dictionary of strings"},
    {"file", "size", "'1'", "size: must be an integer"},
    {"file", "magic_number_hex", "'abc'", "magic_number_hex: must be a string of hex digits"},
    {"artifact", "payload_bin", "'a'", "payload_bin: must be base64"},
    {"artifact", "payload_bin", "'a==='", "payload_bin: must be base64"},
    {"artifact", "payload_bin", NULL, "payload_bin: needs either payload_bin or url"},
    {"artifact", "url", "'http://a/'", "payload_bin: needs either payload_bin or url"},
    {"email-message", "is_multipart", NULL, "is_multipart: required"},
    {"email-message", "body_multipart", "[{'body':'x'}]",
     "body_multipart: not allowed when is_multipart is false"},
    {"network-traffic", "dst_ref", NULL, "src_ref: needs src_ref or dst_ref"},
    {"network-traffic", "dst_port", "65536", "dst_port: must be from 0 to 65535"},
    {"network-traffic", "protocols", NULL, "protocols: required"},
    {"location", "country", NULL, "region: needs region, country, or latitude and longitude"},
    {"location", "latitude", "1.5", "longitude: required with latitude"},
    {"location", "precision", "10", "latitude: required with precision"},
    {"location", "latitude", "90.1", "latitude: must be from -90 to 90"},
    {"sighting", "sighting_of_ref", NULL, "sighting_of_ref: required"},
    {"sighting", "count", "-1", "count: must be from 0 to 999999999"},
    {"sighting", "where_sighted_refs", "['identity--" UUID "','malware--" UUID "']",
     "where_sighted_refs: must refer to identity--UUID or location--UUID"},
    {"relationship", "stop_time", "'x'", "stop_time: must be a timestamp"},
    {"relationship", "target_ref", "'0'", "target_ref: must be an identifier"},
    {"observed-data", "last_observed", "'2025-12-31T00:00:00Z'",
     "last_observed: must not be earlier than first_observed"},
    {"observed-data", "number_observed", "0", "number_observed: must be from 1"},
    {"observed-data", "object_refs", NULL, "needs either objects or object_refs"},
    {"observed-data", "objects", "{'0':{'type':'url'}}", "needs either objects or object_refs"},
    {"opinion", "opinion", "'maybe'", "opinion: must be one of opinion-enum"},
    {"marking-definition", "created", NULL, "created: required"},
    {"marking-definition", "definition", NULL, "definition: needs definition or extensions"},
    {"marking-definition", "definition_type", NULL, "definition_type: required with definition"},
    {"malware-analysis", "result", NULL, "result: needs result or analysis_sco_refs"},
    {"extension-definition", "created_by_ref", NULL, "created_by_ref: required"},
    {"x-posthorn-training", "created", NULL, "created: required"},
    {"x-posthorn-training", "modified", NULL, "modified: required"},
    {"x-posthorn-training", "spec_version", NULL, "spec_version: required"},
    {"x-posthorn-parcel", "created", "'2026-01-01T00:00:00Z'", "spec_version: required"},
    {"x-posthorn-parcel", "spec_version", "'2.2'", "spec_version: must be \"2.1\""},
};

static void test_stix_check__names_the_rule_that_one_property_breaks(void **state)
{
    (void)state;
    for (size_t i = 0; i < PH_LEN(bad); i++) {
        json_t *object = good_of(bad[i].type);
        struct ph_why why = {.code = PH_OK};
        if (bad[i].value)
            json_object_set_new(object, bad[i].property, json(bad[i].value));
        else
            json_object_del(object, bad[i].property);
        enum ph_err err = ph_stix_check(object, &why);
        if (err != PH_ERR_INPUT || !strstr(why.what, bad[i].says))
            fail_msg("%s %s %s: \"%s\", expected \"%s\"", bad[i].type, bad[i].property,
                     bad[i].value ? bad[i].value : "away", why.what, bad[i].says);
        json_decref(object);
    }
    assert_int_equal(ph_stix_check(NULL, NULL), PH_ERR_INPUT);
    json_t *list = json("[]");
    assert_int_equal(ph_stix_check(list, NULL), PH_ERR_INPUT);
    json_decref(list);
}

/* A rule that holds for one object must let its border through. */
static void test_stix_check__takes_what_stands_on_the_border(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        const char *property;
        const char *value;
    } rows[] = {
        {"indicator", "confidence", "0"},
        {"indicator", "confidence", "100"},
        {"indicator", "modified", "'2026-01-01T00:00:00Z'"},
        {"indicator", "modified", "'2026-01-01T00:00:00.000000000Z'"},
        {"indicator", "valid_until", "'2026-01-01T00:00:00.000000001Z'"},
        {"indicator", "pattern_type", "'yara'"},
        {"indicator", "x_null", "null"},
        {"indicator", "lang", "'de'"},
        {"indicator", "granular_markings", "[{'lang':'de','selectors':['name']}]"},
        {"indicator", "extensions",
         "{'extension-definition--" UUID "':{'extension_type':'property-extension'}}"},
        {"indicator", "id", "'indicator--8E2E2D2B-17D4-4CBF-938F-98EE46B3CD3F'"},
        {"domain-name", "value", "''"},
        {"domain-name", "defanged", "true"},
        {"domain-name", "spec_version", "'2.1'"},
        {"file", "hashes", "{'SHA-256':'x'}"},
        {"network-traffic", "dst_port", "65535"},
        {"network-traffic", "src_port", "0"},
        {"observed-data", "number_observed", "999999999"},
        {"email-message", "body", "'x'"},
        {"email-message", "is_multipart", "true"},
    };
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        json_t *object = good_of(rows[i].type);
        struct ph_why why = {.code = PH_OK};
        json_object_set_new(object, rows[i].property, json(rows[i].value));
        if (ph_stix_check(object, &why))
            fail_msg("%s", why.what);
        json_decref(object);
    }
}

static void test_stix_check__bounds_what_was_not_read_from_text(void **state)
{
    (void)state;
    json_t *object = good_of("domain-name");
    json_t *nested = json_array();
    for (size_t i = 2; i < PH_DEPTH_MAX; i++)
        nested = json_pack("[o]", nested);
    json_object_set_new(object, "x_deep", nested);
    assert_int_equal(ph_stix_check(object, NULL), PH_OK);
    json_incref(nested);
    json_object_set_new(object, "x_deep", json_pack("[o]", nested));
    assert_int_equal(ph_stix_check(object, NULL), PH_ERR_LIMIT);
    json_decref(object);

    object = good_of("domain-name");
    char *big = test_malloc(PH_OBJECT_MAX + 1);
    memset(big, 'a', PH_OBJECT_MAX);
    big[PH_OBJECT_MAX] = '\0';
    json_object_set_new(object, "x_big", json_string(big));
    struct ph_why why = {.code = PH_OK};
    assert_int_equal(ph_stix_check(object, &why), PH_ERR_LIMIT);
    test_free(big);
    json_decref(object);
}

/* What strangers wrote reaches a message only in a form that no terminal obeys. */
static void test_stix_check__messages_are_safe_to_print(void **state)
{
    (void)state;
    json_t *object = json("{'type':'\\u001b[31m','id':'\\u202eabc'}");
    struct ph_why why = {.code = PH_OK};
    assert_int_equal(ph_stix_check(object, &why), PH_ERR_INPUT);
    for (const char *c = why.what; *c; c++)
        assert_true(*c >= ' ' && *c < 0x7f);
    json_decref(object);
}

static void test_stix_head__has_what_the_store_sorts_by(void **state)
{
    (void)state;
    struct ph_stix_head head;
    json_t *object = good_of("indicator");
    json_object_set_new(object, "modified", json("'2026-01-01T00:00:01.234567Z'"));
    json_object_set_new(object, "name", json("'x'"));
    json_object_set_new(object, "revoked", json_true());
    assert_int_equal(ph_stix_head(&head, object, NULL), PH_OK);
    assert_string_equal(head.type, "indicator");
    assert_string_equal(head.id, "indicator--" UUID);
    assert_string_equal(head.name, "x");
    assert_int_equal(head.created, 1767225600000);
    assert_int_equal(head.modified, 1767225601234);
    assert_int_equal(head.modified_nanos, 567000);
    assert_true(head.revoked);
    json_decref(object);

    object = good_of("domain-name");
    assert_int_equal(ph_stix_head(&head, object, NULL), PH_OK);
    assert_null(head.name);
    assert_int_equal(head.created, 0);
    assert_int_equal(head.modified, 0);
    assert_false(head.revoked);
    json_decref(object);

    object = good_of("marking-definition");
    assert_int_equal(ph_stix_head(&head, object, NULL), PH_OK);
    assert_int_equal(head.modified, 1767225600000);
    json_object_del(object, "id");
    assert_int_equal(ph_stix_head(&head, object, NULL), PH_ERR_INPUT);
    json_decref(object);
}

int main(void)
{
    json_object_seed(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stix_check__takes_good_objects),
        cmocka_unit_test(test_stix_check__takes_every_object_of_the_samples),
        cmocka_unit_test(test_stix_check__names_the_rule_that_one_property_breaks),
        cmocka_unit_test(test_stix_check__takes_what_stands_on_the_border),
        cmocka_unit_test(test_stix_check__bounds_what_was_not_read_from_text),
        cmocka_unit_test(test_stix_check__messages_are_safe_to_print),
        cmocka_unit_test(test_stix_head__has_what_the_store_sorts_by),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
