/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "proto/intel/pattern_terms.h"
#include "tests/lib/test.h"

/* Examples of STIX 2.1, sections 9.2 to 9.8, and of the OASIS pattern validator's own tests. */
static const char *const good[] = {
    "[domain-name:value = 'a']",
    "[domain-name:value == 'a' OR domain-name:value <> 'b' AND domain-name:value != 'c']",
    "[ipv4-addr:value ISSUBSET '192.0.2.0/24']",
    "[user-account:account_type = 'unix' AND user-account:user_id = '1007'] AND "
    "[artifact:mime_type = 'application/vnd.tcpdump.pcap' AND artifact:payload_bin MATCHES "
    "'\\\\xd4\\\\xc3\\\\xb2\\\\xa1\\\\x02\\\\x00']",
    "[file:hashes.'SHA-256' = 'aec070645fe53ee3b3763059376134f058cc337247c978add178b6ccdfb0019f']",
    "[email-message:from_ref.value MATCHES '.+\\\\@example\\\\.com$' AND "
    "email-message:body_multipart[*].body_raw_ref.name MATCHES '^Final Report.+\\\\.exe$']",
    "[file:extensions.'windows-pebinary-ext'.sections[*].entropy > 7.0]",
    "[file:hashes.MD5 = '79054025255fb1a26e4bc422aef54eb4'] FOLLOWEDBY "
    "[windows-registry-key:key = 'HKEY_LOCAL_MACHINE\\\\foo\\\\bar'] WITHIN 300 SECONDS",
    "([a:b = 1] OR [c:d = 2]) FOLLOWEDBY [e:f = 3] WITHIN 5 SECONDS",
    "[a:b = 1] REPEATS 5 TIMES WITHIN 1800 SECONDS",
    "[a:b=1] START t'2016-06-01T00:00:00Z' STOP t'2016-07-01T00:00:00.5Z'",
    "[network-traffic:dst_ref.type = 'domain-name' AND network-traffic:dst_ref.value IN ('a','b')]",
    "[a:b IN (1, 2.5, -3, 'x', true, h'00ff', b'aGFsbG8=', t'2016-06-01T00:00:00Z')]",
    "[a:b IN ()]",
    "[a:b NOT IN ('x')]",
    "[a:b NOT = 'x']",
    "[a:b NOT LIKE 'x%']",
    "[EXISTS a:b]",
    "[NOT EXISTS a:b AND (c:d = 1 OR e:f = 2)]",
    "[a:b >= 1 AND a:b <= 2 AND a:b < 3 AND a:b > -4]",
    "[a:b = -.5 OR a:b = +1 OR a:b = 0 OR a:b = 0.0]",
    "[a:b[0].c[*].'d-e'.f-g = false]",
    "[a:'b c' = 'it\\'s \\\\']",
    "[ a : b /* comment */ = 'x' ] // more",
    "[a:b = '\u00e9\u4f8b']\u00a0AND\u3000[a:b=1]",
    "\t\n[a:b ISSUPERSET 'x']\r\n",
    "[x-usb-device:usbdrive.serial_number = '575833314133343231313937']",
};

static void test_pattern__takes_the_grammar_of_stix(void **state)
{
    (void)state;
    for (size_t i = 0; i < PH_LEN(good); i++) {
        struct ph_why why = {.code = PH_OK};
        if (ph_pattern_check(ph_bytes_str(good[i]), &why))
            fail_msg("%s: %s", good[i], why.what);
    }
}

static void test_pattern__names_the_column_of_an_error(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *says;
    } rows[] = {
        {"", "column 1: pattern ends, expected '[' or '('"},
        {"   ", "column 4: pattern ends"},
        {"a:b = 1", "column 1: expected '[' or '(', not \"a\""},
        {"[]", "column 2: expected an object type, not \"]\""},
        {"[a]", "column 3: expected ':'"},
        {"[a:]", "column 4: expected a property name"},
        {"[a:b]", "column 5: expected a comparison"},
        {"[a:b =]", "column 7: expected a value"},
        {"[a:b = 1", "column 9: pattern ends, expected ']'"},
        {"[a:b = 1]]", "column 10: expected AND, OR, FOLLOWEDBY, a qualifier or the end"},
        {"[a:b = 1] [c:d = 2]", "column 11: expected AND"},
        {"[a:b = 1] AND", "column 14: pattern ends"},
        {"[a:b = 1 AND]", "column 13: expected an object type"},
        {"([a:b = 1]", "column 11: pattern ends, expected ')'"},
        {"[a:b = 'x]", "column 8: quote is never closed"},
        {"[a:b = 'x\\", "column 10: expected \\' or \\\\ after a backslash"},
        {"[a:b = 'x\\n']", "column 10: expected \\' or \\\\ after a backslash"},
        {"[a:b = \"x\"]", "column 8: \"\"\" means nothing here"},
        {"[a:b = x]", "column 8: expected a value"},
        {"[a:b = 01]", "column 8: not a number"},
        {"[a:b = 1e5]", "column 8: not a number"},
        {"[a:b = 1.]", "column 8: not a number"},
        {"[a:b = -]", "column 8: \"-\" means nothing here"},
        {"[a:b = True]", "column 8: expected a value"},
        {"[a:b > true]", "column 8: expected a value"},
        {"[a:b LIKE 1]", "column 11: expected a string"},
        {"[a:b MATCHES h'00']", "column 14: expected a string"},
        {"[a:b IN 'x']", "column 9: expected '('"},
        {"[a:b IN ('x',)]", "column 14: expected a value"},
        {"[a:b IN ('x' 'y')]", "column 14: expected ')'"},
        {"[a:b = t'2016']", "column 8: not a timestamp"},
        {"[a:b = h'0']", "column 8: not pairs of hex digits"},
        {"[a:b = b'?']", "column 8: not base64"},
        {"[a:b-c = 1]", "column 4: expected a property name"},
        {"[a:b[x] = 1]", "column 6: expected '*' or a number"},
        {"[a:b[0 = 1]", "column 8: expected ']'"},
        {"[a:b = 1] WITHIN 0 SECONDS", "column 18: expected a number of seconds above 0"},
        {"[a:b = 1] WITHIN -5 SECONDS", "column 18: expected a number of seconds above 0"},
        {"[a:b = 1] WITHIN -5.5 SECONDS", "column 18: expected a number of seconds above 0"},
        {"[a:b = 1] WITHIN 5", "column 19: pattern ends, expected SECONDS"},
        {"[a:b = 1] REPEATS 0 TIMES", "column 19: expected a whole number above 0"},
        {"[a:b = 1] REPEATS 1.5 TIMES", "column 19: expected a whole number above 0"},
        {"[a:b = 1] START t'2016-06-01T00:00:00Z'", "pattern ends, expected STOP"},
        {"[a:b = 1] START '2016-06-01T00:00:00Z' STOP", "column 17: expected a timestamp"},
        {"[NOT a:b = 1]", "column 6: expected EXISTS"},
        {"[a:b and c:d = 1]", "column 6: expected a comparison"},
        {"[a:b = 1 and c:d = 1]", "column 10: expected ']'"},
        {"[a:b = 1 /* ]", "column 10: \"/\" means nothing here"},
        {"[a:b = 1;]", "column 9: \";\" means nothing here"},
        /* columns count characters, not bytes */
        {"[a:b = '\u00e9\u4f8b\U0001f600' x]", "column 14: expected ']'"},
        {"[a:b = 1] \u202e", "column 11: \"\\u{202e}\" means nothing here"},
    };
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        struct ph_why why = {.code = PH_OK};
        enum ph_err err = ph_pattern_check(ph_bytes_str(rows[i].text), &why);
        if (err != PH_ERR_INPUT || !strstr(why.what, rows[i].says))
            fail_msg("%s: \"%s\", expected \"%s\"", rows[i].text, why.what, rows[i].says);
    }
    assert_int_equal(ph_pattern_check(ph_bytes("[a:b = '\0']", 11), NULL), PH_ERR_INPUT);
    assert_int_equal(ph_pattern_check(ph_bytes_str("[a:b = '\xff']"), NULL), PH_ERR_INPUT);
}

/* Every good pattern cut short anywhere is refused, or is a shorter good pattern. No crash either
 * way. */
static void test_pattern__survives_every_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < PH_LEN(good); i++)
        for (size_t n = 0; n < strlen(good[i]); n++) {
            char *cut = malloc(n + 1);
            assert_non_null(cut);
            memcpy(cut, good[i], n);
            enum ph_err err = ph_pattern_check(ph_bytes(cut, n), NULL);
            assert_true(err == PH_OK || err == PH_ERR_INPUT);
            free(cut);
        }
}

static void test_pattern__is_nested_64_deep_and_no_deeper(void **state)
{
    (void)state;
    static const struct {
        size_t depth;
        enum ph_err err;
    } rows[] = {{63, PH_OK}, {64, PH_ERR_INPUT}, {10000, PH_ERR_INPUT}, {500000, PH_ERR_INPUT}};
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        size_t depth = rows[i].depth;
        char *text = malloc(2 * depth + 16);
        assert_non_null(text);
        /* each bracket opens one level; the square one is a level too */
        size_t inner = depth - 1;
        text[0] = '[';
        memset(text + 1, '(', inner);
        memcpy(text + 1 + inner, "a:b=1", 5);
        memset(text + 6 + inner, ')', inner);
        text[6 + 2 * inner] = ']';
        enum ph_err err = ph_pattern_check(ph_bytes(text, 7 + 2 * inner), NULL);
        assert_int_equal(err, rows[i].err);
        free(text);
    }
}

struct list {
    char text[1024];
    size_t max;
    size_t n;
};

static bool collect(void *ctx, enum ph_observable_kind kind, struct ph_bytes text)
{
    struct list *list = ctx;
    size_t n = strlen(list->text);
    snprintf(list->text + n, sizeof(list->text) - n, "%s:%.*s ", ph_observable_kind_text(kind),
             (int)text.n, (const char *)text.p);
    return ++list->n < list->max;
}

static void test_pattern__gives_the_observables_it_tests_for(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        const char *terms;
    } rows[] = {
        {"[domain-name:value = 'EVIL.Example.']", "domain:evil.example "},
        {"[url:value = 'HTTP://a/../b']", "url:http://a/b "},
        {"[ipv4-addr:value = '192.0.2.1']", "ip:192.0.2.1 "},
        {"[ipv4-addr:value = '192.0.2.0/24' OR ipv6-addr:value = '2001:DB8::']",
         "ip:192.0.2.0/24 ip:2001:db8:: "},
        {"[ipv4-addr:value ISSUBSET '192.0.2.7/24']", "ip:192.0.2.0/24 "},
        {"[email-addr:value = 'Bob@Example.org']", "mail:bob@example.org "},
        {"[file:hashes.MD5 = 'D41D8CD98F00B204E9800998ECF8427E']",
         "hash:d41d8cd98f00b204e9800998ecf8427e "},
        {"[file:hashes.'SHA-1' = 'da39a3ee5e6b4b0d3255bfef95601890afd80709' OR file:hashes.'MD5' = "
         "'d41d8cd98f00b204e9800998ecf8427e']",
         "hash:da39a3ee5e6b4b0d3255bfef95601890afd80709 hash:d41d8cd98f00b204e9800998ecf8427e "},
        {"[process:image_ref.hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e']",
         "hash:d41d8cd98f00b204e9800998ecf8427e "},
        {"[domain-name:value IN ('a.example', 'b.example')]", "domain:a.example domain:b.example "},
        {"[domain-name:value LIKE 'a.example']", "domain:a.example "},
        {"[network-traffic:dst_ref.value = '192.0.2.1' AND network-traffic:src_ref.value = "
         "'a.example']",
         "ip:192.0.2.1 domain:a.example "},
        {"[email-message:from_ref.value = 'a@b.example']", "mail:a@b.example "},
        {"[domain-name:resolves_to_refs[*].value = '192.0.2.1']", "ip:192.0.2.1 "},
        {"[a:b = 1] AND ([domain-name:value = 'a.example'] FOLLOWEDBY [url:value = 'http://a/'])",
         "domain:a.example url:http://a/ "},
        {"[domain-name:value = 'a\\'b.example' OR url:value = 'http://a/\\'\\\\']",
         "url:http://a/'%5C "},
        /* what is no test for equality, or says the contrary, or is of another kind */
        {"[domain-name:value != 'a.example']", ""},
        {"[domain-name:value NOT = 'a.example']", ""},
        {"[domain-name:value NOT IN ('a.example')]", ""},
        {"[domain-name:value LIKE '%.example']", ""},
        {"[domain-name:value LIKE 'a_b.example']", ""},
        {"[domain-name:value MATCHES 'a.example']", ""},
        {"[domain-name:value > 'a.example']", ""},
        {"[domain-name:x_value = 'a.example']", ""},
        {"[x-domain-name:value = 'a.example']", ""},
        {"[file:name = 'a.example']", ""},
        {"[file:extensions.'windows-pebinary-ext'.sections[*].hashes.MD5 = "
         "'d41d8cd98f00b204e9800998ecf8427e']",
         ""},
        {"[domain-name:value = 5]", ""},
        {"[domain-name:value = 'not a domain']", ""},
        {"[ipv4-addr:value = 'a.example']", ""},
        /* a malformed pattern gives nothing, also not what stands before the error */
        {"[domain-name:value = 'a.example'", ""},
        {"[domain-name:value = 'a.example'] x", ""},
    };
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        struct list list = {.max = 100};
        ph_pattern_each_term(ph_bytes_str(rows[i].pattern), collect, &list);
        if (strcmp(list.text, rows[i].terms) != 0)
            fail_msg("%s gave %s", rows[i].pattern, list.text);
    }
}

static void test_pattern__stops_giving_when_told_to(void **state)
{
    (void)state;
    struct list list = {.max = 2};
    ph_pattern_each_term(
        ph_bytes_str("[domain-name:value IN ('a.example','b.example','c.example')]"), collect,
        &list);
    assert_string_equal(list.text, "domain:a.example domain:b.example ");
}

/* A path or a value longer than any that is known is checked, and not mistaken for a shorter one.
 */
static void test_pattern__long_paths_and_values_give_nothing(void **state)
{
    (void)state;
    char text[8192];
    struct list list = {.max = 100};
    int n = snprintf(text, sizeof(text), "[domain-name:value.");
    for (int i = 0; i < 100; i++)
        n += snprintf(text + n, sizeof(text) - (size_t)n, "abc.");
    snprintf(text + n, sizeof(text) - (size_t)n, "x_ref.value = 'a.example']");
    assert_int_equal(ph_pattern_check(ph_bytes_str(text), NULL), PH_OK);
    ph_pattern_each_term(ph_bytes_str(text), collect, &list);
    n = snprintf(text, sizeof(text), "[url:value = 'http://a/");
    memset(text + n, 'x', 4000);
    memcpy(text + n + 4000, "']", 3);
    assert_int_equal(ph_pattern_check(ph_bytes_str(text), NULL), PH_OK);
    ph_pattern_each_term(ph_bytes_str(text), collect, &list);
    assert_string_equal(list.text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pattern__takes_the_grammar_of_stix),
        cmocka_unit_test(test_pattern__names_the_column_of_an_error),
        cmocka_unit_test(test_pattern__survives_every_cut),
        cmocka_unit_test(test_pattern__is_nested_64_deep_and_no_deeper),
        cmocka_unit_test(test_pattern__gives_the_observables_it_tests_for),
        cmocka_unit_test(test_pattern__stops_giving_when_told_to),
        cmocka_unit_test(test_pattern__long_paths_and_values_give_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
