/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/intel/json.h"
#include "proto/intel/stix.h"
#include "tests/lib/test.h"

#define NOW      UINT64_C(1767225600000) /* 2026-01-01 */
#define IDENTITY "identity--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"

static json_t *make(const char *value, const char *org, ph_ms now)
{
    struct ph_observable o;
    json_t *object = NULL;
    assert_int_equal(ph_observable_parse(&o, ph_bytes_str(value), NULL), PH_OK);
    assert_int_equal(ph_stix_indicator(&object, &o, org, IDENTITY, "why", now, NULL), PH_OK);
    return object;
}

static bool is_found(void *ctx, enum ph_observable_kind kind, struct ph_bytes text)
{
    struct ph_observable *o = ctx;
    if (kind == o->kind && ph_bytes_equal(text, ph_bytes(o->text, o->n)))
        o->n = 0;
    return o->n > 0;
}

static void test_stix_indicator__is_valid_and_indexed_under_its_value(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        const char *pattern;
    } rows[] = {
        {"evil.example", "[domain-name:value = 'evil.example']"},
        {"192.0.2.1", "[ipv4-addr:value = '192.0.2.1']"},
        {"192.0.2.0/24", "[ipv4-addr:value ISSUBSET '192.0.2.0/24']"},
        {"2001:db8::1", "[ipv6-addr:value = '2001:db8::1']"},
        {"2001:db8::/32", "[ipv6-addr:value ISSUBSET '2001:db8::/32']"},
        {"http://a/?q='x'", "[url:value = 'http://a/?q=\\'x\\'']"},
        {"o'neil@evil.example", "[email-addr:value = 'o\\'neil@evil.example']"},
        {"\"a\\\\b\"@evil.example", "[email-addr:value = '\"a\\\\\\\\b\"@evil.example']"},
        {"d41d8cd98f00b204e9800998ecf8427e",
         "[file:hashes.'MD5' = 'd41d8cd98f00b204e9800998ecf8427e']"},
        {"da39a3ee5e6b4b0d3255bfef95601890afd80709",
         "[file:hashes.'SHA-1' = 'da39a3ee5e6b4b0d3255bfef95601890afd80709']"},
    };
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        struct ph_why why = {.code = PH_OK};
        struct ph_observable o;
        json_t *object = make(rows[i].value, "IT", NOW);
        assert_string_equal(ph_json_str(object, "pattern"), rows[i].pattern);
        if (ph_stix_check(object, &why))
            fail_msg("%s", why.what);
        assert_int_equal(ph_observable_parse(&o, ph_bytes_str(rows[i].value), NULL), PH_OK);
        ph_stix_each_term(object, is_found, &o);
        assert_int_equal(o.n, 0);
        json_decref(object);
    }
}

static void test_stix_indicator__has_an_id_of_its_org_and_value(void **state)
{
    (void)state;
    json_t *one = make("evil.example", "IT", NOW);
    json_t *again = make("EVIL[.]example.", "IT", NOW + 5);
    json_t *other_org = make("evil.example", "CH", NOW);
    json_t *other_value = make("evil2.example", "IT", NOW);
    assert_string_equal(ph_json_str(one, "id"), ph_json_str(again, "id"));
    assert_string_not_equal(ph_json_str(one, "id"), ph_json_str(other_org, "id"));
    assert_string_not_equal(ph_json_str(one, "id"), ph_json_str(other_value, "id"));
    /* stays what it is: stores remember objects by it */
    assert_string_equal(ph_json_str(one, "id"), "indicator--af86909a-857e-5876-a2d7-f4028dd18b3e");
    assert_string_equal(ph_json_str(one, "created"), "2026-01-01T00:00:00.000Z");
    assert_string_equal(ph_json_str(one, "created_by_ref"), IDENTITY);
    assert_string_equal(ph_json_str(one, "description"), "why");
    json_decref(one);
    json_decref(again);
    json_decref(other_org);
    json_decref(other_value);
}

static void test_stix_indicator__leaves_out_what_is_not_given(void **state)
{
    (void)state;
    struct ph_observable o;
    json_t *object = NULL;
    assert_int_equal(ph_observable_parse(&o, ph_bytes_str("evil.example"), NULL), PH_OK);
    assert_int_equal(ph_stix_indicator(&object, &o, "IT", NULL, NULL, NOW, NULL), PH_OK);
    assert_null(json_object_get(object, "created_by_ref"));
    assert_null(json_object_get(object, "description"));
    assert_int_equal(ph_stix_check(object, NULL), PH_OK);
    json_decref(object);

    o.kind = PH_OBS_WORD;
    object = NULL;
    assert_int_equal(ph_stix_indicator(&object, &o, "IT", NULL, NULL, NOW, NULL), PH_ERR_INPUT);
    assert_null(object);
}

/* The longest value of which every character needs an escape. */
static void test_stix_indicator__holds_the_longest_value(void **state)
{
    (void)state;
    struct ph_observable o = {.kind = PH_OBS_URL, .n = PH_OBSERVABLE_MAX - 1};
    json_t *object = NULL;
    memset(o.text, '\'', o.n);
    o.text[o.n] = '\0';
    assert_int_equal(ph_stix_indicator(&object, &o, "ABCDEFGHIJKLMNOP", NULL, NULL, NOW, NULL),
                     PH_OK);
    assert_int_equal(strlen(ph_json_str(object, "pattern")),
                     strlen("[url:value = '']") + 2 * (PH_OBSERVABLE_MAX - 1));
    assert_int_equal(ph_stix_check(object, NULL), PH_OK);
    json_decref(object);
}

int main(void)
{
    json_object_seed(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stix_indicator__is_valid_and_indexed_under_its_value),
        cmocka_unit_test(test_stix_indicator__has_an_id_of_its_org_and_value),
        cmocka_unit_test(test_stix_indicator__leaves_out_what_is_not_given),
        cmocka_unit_test(test_stix_indicator__holds_the_longest_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
