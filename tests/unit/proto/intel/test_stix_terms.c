/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "proto/intel/stix.h"
#include "tests/lib/test.h"
#include "tests/unit/proto/intel/bundle.h"

struct list {
    char text[4096];
    size_t n;
    size_t max;
};

static bool collect(void *ctx, enum ph_observable_kind kind, struct ph_bytes text)
{
    struct list *list = ctx;
    size_t n = strlen(list->text);
    snprintf(list->text + n, sizeof(list->text) - n, "%s:%.*s ", ph_observable_kind_text(kind),
             (int)text.n, (const char *)text.p);
    return ++list->n < list->max;
}

static void test_stix_terms__finds_what_an_object_is_looked_up_by(void **state)
{
    (void)state;
    static const struct {
        const char *object;
        const char *terms;
    } rows[] = {
        {"{\"type\":\"domain-name\",\"value\":\"EVIL.example\"}", "domain:evil.example "},
        {"{\"type\":\"domain-name\",\"value\":\"evil[.]example\",\"defanged\":true}",
         "domain:evil.example "},
        {"{\"type\":\"url\",\"value\":\"http://a/../b\"}", "url:http://a/b "},
        {"{\"type\":\"ipv4-addr\",\"value\":\"192.0.2.7/24\"}", "ip:192.0.2.0/24 "},
        {"{\"type\":\"ipv6-addr\",\"value\":\"2001:DB8::1\"}", "ip:2001:db8::1 "},
        {"{\"type\":\"email-addr\",\"value\":\"Bob@a.example\"}", "mail:bob@a.example "},
        {"{\"type\":\"file\",\"name\":\"Bad File.exe\",\"hashes\":{\"MD5\":"
         "\"D41D8CD98F00B204E9800998ECF8427E\",\"SSDEEP\":\"3:a:b\"}}",
         "hash:d41d8cd98f00b204e9800998ecf8427e word:bad word:file word:exe "},
        {"{\"type\":\"x509-certificate\",\"hashes\":{\"SHA-1\":"
         "\"da39a3ee5e6b4b0d3255bfef95601890afd80709\"}}",
         "hash:da39a3ee5e6b4b0d3255bfef95601890afd80709 "},
        {"{\"type\":\"observed-data\",\"objects\":{\"0\":{\"type\":\"ipv4-addr\",\"value\":"
         "\"192.0.2.1\"},\"1\":{\"type\":\"url\",\"value\":\"http://a\"},\"2\":7}}",
         "ip:192.0.2.1 url:http://a/ "},
        {"{\"type\":\"indicator\",\"pattern_type\":\"stix\",\"pattern\":\"[ipv4-addr:value = "
         "'192.0.2.1']\",\"name\":\"C2\",\"description\":\"seen\"}",
         "ip:192.0.2.1 word:c2 word:seen "},
        {"{\"type\":\"malware\",\"name\":\"Ivy\",\"aliases\":[\"Poison Ivy\",7],\"labels\":[\"rat\"]}",
         "word:ivy word:poison word:ivy word:rat "},
        {"{\"type\":\"note\",\"abstract\":\"short\",\"content\":\"long\"}",
         "word:short word:long "},
        /* without what it takes, no term and no harm */
        {"{\"type\":\"domain-name\",\"value\":\"not a domain\"}", ""},
        {"{\"type\":\"domain-name\",\"value\":7}", ""},
        {"{\"type\":\"domain-name\"}", ""},
        {"{\"type\":\"file\",\"hashes\":\"x\"}", ""},
        {"{\"type\":\"indicator\",\"pattern_type\":\"yara\",\"pattern\":\"[url:value = 'http://a']\"}",
         ""},
        {"{\"type\":\"indicator\",\"pattern_type\":\"stix\",\"pattern\":7}", ""},
        {"{\"type\":7,\"name\":\"x1\"}", ""},
        {"{\"type\":\"malware\",\"name\":{\"a\":\"b1\"},\"aliases\":[[\"cc\"]]}", ""},
    };
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        json_t *object = json_loads(rows[i].object, 0, NULL);
        struct list list = {.max = 100};
        assert_non_null(object);
        ph_stix_each_term(object, collect, &list);
        if (strcmp(list.text, rows[i].terms) != 0)
            fail_msg("%s gave %s", rows[i].object, list.text);
        /* told to stop after k terms, it gives exactly k */
        for (size_t k = 1; k < list.n; k++) {
            struct list part = {.max = k};
            ph_stix_each_term(object, collect, &part);
            assert_int_equal(part.n, k);
        }
        json_decref(object);
    }
}

static struct list sample;

static bool keep(void *ctx, enum ph_observable_kind kind, struct ph_bytes text)
{
    return kind == PH_OBS_WORD || collect(ctx, kind, text);
}

static void add_terms(const json_t *object)
{
    ph_stix_each_term(object, keep, &sample);
}

static void test_stix_terms__real_files_give_their_observables(void **state)
{
    (void)state;
    sample = (struct list){.max = 1000};
    ph_test_each_object("stix/indicator-for-c2-ip-address.json", add_terms);
    assert_string_equal(sample.text, "ip:10.0.0.0 ");
    sample = (struct list){.max = 1000};
    ph_test_each_object("stix/poisonivy.json", add_terms);
    assert_true(sample.n > 50);
    assert_non_null(strstr(sample.text, "ip:113.10.246.30 "));
}

static void test_stix_terms__search_and_index_fold_alike(void **state)
{
    (void)state;
    json_t *object =
        json_pack("{s:s,s:s}", "type", "report", "description", "GRÖSSE, Zürich 中国邮政");
    struct list indexed = {.max = 100};
    struct list searched = {.max = 100};
    ph_stix_each_term(object, collect, &indexed);
    ph_stix_each_word(ph_bytes_str("grösse zÜRICH 中国邮政"), collect, &searched);
    assert_string_equal(indexed.text, searched.text);
    json_decref(object);
}

int main(void)
{
    json_object_seed(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stix_terms__finds_what_an_object_is_looked_up_by),
        cmocka_unit_test(test_stix_terms__real_files_give_their_observables),
        cmocka_unit_test(test_stix_terms__search_and_index_fold_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
