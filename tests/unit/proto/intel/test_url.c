/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "proto/intel/url.h"
#include "tests/lib/test.h"

#define URL_MAX 2048

static enum ph_err normalise(char out[static URL_MAX], const char *text)
{
    size_t n = 0;
    enum ph_err err = ph_url_normalise(out, URL_MAX, &n, ph_bytes_str(text), NULL);
    if (!err)
        assert_int_equal(n, strlen(out));
    return err;
}

static void assert_becomes(const char *text, const char *normal)
{
    char out[URL_MAX];
    char again[URL_MAX];
    if (normalise(out, text))
        fail_msg("%s was refused", text);
    assert_string_equal(out, normal);
    assert_int_equal(normalise(again, out), PH_OK);
    assert_string_equal(again, out);
}

/* RFC 3986, 6.2.2 to 6.2.3: "http://example.com" is spelled in these ways, and
 * "example://a/b/c/%7Bfoo%7D" in those. */
static void test_url__finds_the_spellings_of_rfc_3986_equal(void **state)
{
    (void)state;
    assert_becomes("example://a/b/c/%7Bfoo%7D", "example://a/b/c/%7Bfoo%7D");
    assert_becomes("eXAMPLE://a/./b/../b/%63/%7bfoo%7d", "example://a/b/c/%7Bfoo%7D");
    assert_becomes("HTTP://www.EXAMPLE.com/", "http://www.example.com/");
    assert_becomes("http://example.com", "http://example.com/");
    assert_becomes("http://example.com/", "http://example.com/");
    assert_becomes("http://example.com:/", "http://example.com/");
    assert_becomes("http://example.com:80/", "http://example.com/");
    assert_becomes("http://a/%7esmith/home%2ehtml", "http://a/~smith/home.html");
    assert_becomes("http://a/b%2fc%2Fd", "http://a/b%2Fc%2Fd");
}

/* RFC 3986, 5.2.4 and 5.4.2 */
static void test_url__removes_dot_segments(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const char *normal;
    } rows[] = {
        {"/a/b/c/./../../g", "/a/g"},
        {"/b/c/..", "/b/"},
        {"/b/c/.", "/b/c/"},
        {"/../../../g", "/g"},
        {"/./g", "/g"},
        {"/g.", "/g."},
        {"/.g", "/.g"},
        {"/..g", "/..g"},
        {"/g..", "/g.."},
        {"/b/./g/.", "/b/g/"},
        {"/b/g/./h", "/b/g/h"},
        {"/b/g/../h", "/b/h"},
        {"/..", "/"},
        {"/.", "/"},
        {"//", "//"},
        {"/a//b", "/a//b"},
        {"/a//../b", "/a/b"},
        {"/%2e%2E/x", "/x"},
        {"/a?x=/../b", "/a?x=/../b"},
        {"/a#/../b", "/a#/../b"},
        {"/a/..;/b", "/a/..;/b"},
    };
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        char text[128];
        char normal[128];
        snprintf(text, sizeof(text), "http://a%s", rows[i].path);
        snprintf(normal, sizeof(normal), "http://a%s", rows[i].normal);
        assert_becomes(text, normal);
    }
}

static void test_url__writes_host_and_port_one_way(void **state)
{
    (void)state;
    assert_becomes("https://Example.ORG.:443/x", "https://example.org/x");
    assert_becomes("https://example.org:80/", "https://example.org:80/");
    assert_becomes("http://example.org:0080/", "http://example.org/");
    assert_becomes("http://example.org:08080/", "http://example.org:8080/");
    assert_becomes("ftp://example.org:21/a", "ftp://example.org/a");
    assert_becomes("http://bücher.example/ü", "http://xn--bcher-kva.example/%C3%BC");
    assert_becomes("http://b%C3%BCcher.example/", "http://xn--bcher-kva.example/");
    assert_becomes("http://%65xample.org/", "http://example.org/");
    assert_becomes("http://192.0.2.1:8080", "http://192.0.2.1:8080/");
    assert_becomes("http://[2001:DB8:0::1]:80/", "http://[2001:db8::1]/");
    assert_becomes("http://[::ffff:192.0.2.1]/", "http://192.0.2.1/");
    assert_becomes("http://user:pa%7Ess@example.org/", "http://user:pa~ss@example.org/");
    assert_becomes("http://@example.org/", "http://example.org/");
    /* the host is behind the last at-sign, whatever it tries to look like */
    assert_becomes("http://poste.it@evil.example/", "http://poste.it@evil.example/");
    assert_becomes("http://a@b@evil.example/", "http://a%40b@evil.example/");
    assert_becomes("file:///etc/passwd", "file:///etc/passwd");
}

static void test_url__encodes_what_may_not_stand_as_itself(void **state)
{
    (void)state;
    assert_becomes("http://a/b c", "http://a/b%20c");
    assert_becomes("http://a/\"<>\\^`{|}", "http://a/%22%3C%3E%5C%5E%60%7B%7C%7D");
    assert_becomes("http://a/100%", "http://a/100%25");
    assert_becomes("http://a/%zz", "http://a/%25zz");
    assert_becomes("http://a/?q[]=1", "http://a/?q%5B%5D=1");
    assert_becomes("http://a/?", "http://a/?");
    assert_becomes("http://a?x", "http://a/?x");
    assert_becomes("http://a#x", "http://a/#x");
    assert_becomes("http://a/#", "http://a/#");
    assert_becomes("http://a/#a#b", "http://a/#a%23b");
    assert_becomes("http://a/!$&'()*+,;=:@", "http://a/!$&'()*+,;=:@");
    assert_becomes("mailto:Bob@example.org", "mailto:Bob@example.org");
    assert_becomes("urn:x:a/../b", "urn:x:a/../b");
    assert_becomes("http://a/\u202e", "http://a/%E2%80%AE");
}

static void test_url__refuses_what_is_none(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "example.org/x",
        "://a",
        "1http://a",
        "ht tp://a",
        "http://",
        "http:///x",
        "http://:80/",
        "http://a:b/",
        "http://a:65536/",
        "http://a:99999999999999999999/",
        "http://a b/",
        "http://a_\n/",
        "http://a/\x01",
        "http://a/\x7f",
        "http://a/\xff",
        "http://[1.2.3.4]/",
        "http://[::1/",
        "http://::1/",
        "http://1.2.3/",
        "http://a..b/",
        "http://192.0.2.0%2F24/",
        "http://%00/",
        "x:/..//evil.example",
        "x:/.//evil.example",
        "abcdefghijklmnopqrstuvwxyzabcdefg://a",
    };
    for (size_t i = 0; i < PH_LEN(bad); i++) {
        char out[URL_MAX];
        if (normalise(out, bad[i]) != PH_ERR_INPUT)
            fail_msg("\"%s\" was taken as %s", bad[i], out);
    }
}

static void test_url__has_room_for_exactly_its_size(void **state)
{
    (void)state;
    char text[URL_MAX + 2];
    char out[URL_MAX];
    memcpy(text, "http://a/", 9);
    memset(text + 9, 'x', sizeof(text) - 9);
    text[URL_MAX - 1] = '\0';
    assert_int_equal(normalise(out, text), PH_OK);
    assert_string_equal(out, text);
    text[URL_MAX - 1] = 'x';
    text[URL_MAX] = '\0';
    assert_int_equal(normalise(out, text), PH_ERR_INPUT);
    /* what grows by encoding counts as it is written */
    memset(text + 9, ' ', 700);
    text[709] = '\0';
    assert_int_equal(normalise(out, text), PH_ERR_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_url__finds_the_spellings_of_rfc_3986_equal),
        cmocka_unit_test(test_url__removes_dot_segments),
        cmocka_unit_test(test_url__writes_host_and_port_one_way),
        cmocka_unit_test(test_url__encodes_what_may_not_stand_as_itself),
        cmocka_unit_test(test_url__refuses_what_is_none),
        cmocka_unit_test(test_url__has_room_for_exactly_its_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
