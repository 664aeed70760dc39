/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/intel/observable.h"
#include "tests/lib/test.h"

static void test_observable__kind_is_guessed_from_the_text(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum ph_observable_kind kind;
        const char *normal;
    } rows[] = {
        {"Poste-Verifica.example.", PH_OBS_DOMAIN, "poste-verifica.example"},
        {"\"evil.example\"", PH_OBS_DOMAIN, "evil.example"},
        {"evil[.]example", PH_OBS_DOMAIN, "evil.example"},
        {"192.0.2.1", PH_OBS_IP, "192.0.2.1"},
        {"192.0.2[.]99/24", PH_OBS_IP, "192.0.2.0/24"},
        {"2001:DB8::1", PH_OBS_IP, "2001:db8::1"},
        {"[2001:db8::1]", PH_OBS_IP, "2001:db8::1"},
        {"::1/64", PH_OBS_IP, "::/64"},
        {"hxxps://EVIL[.]example:443", PH_OBS_URL, "https://evil.example/"},
        {" \"hxxp://evil[.]example\" ", PH_OBS_URL, "http://evil.example/"},
        {"http://bob@evil.example/", PH_OBS_URL, "http://bob@evil.example/"},
        {"Bob@Example.org", PH_OBS_MAIL, "bob@example.org"},
        {"<bob[@]example.org>", PH_OBS_MAIL, "bob@example.org"},
        {"MAILTO:bob@example.org", PH_OBS_MAIL, "bob@example.org"},
        {"D41D8CD98F00B204E9800998ECF8427E", PH_OBS_HASH, "d41d8cd98f00b204e9800998ecf8427e"},
        /* 32 characters of hex, but a name */
        {"d41d8cd98f00b204e9800998ecf84.de", PH_OBS_DOMAIN, "d41d8cd98f00b204e9800998ecf84.de"},
    };
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        struct ph_observable o;
        struct ph_why why = {.code = PH_OK};
        if (ph_observable_parse(&o, ph_bytes_str(rows[i].text), &why))
            fail_msg("%s: %s", rows[i].text, why.what);
        assert_int_equal(o.kind, rows[i].kind);
        assert_string_equal(o.text, rows[i].normal);
        assert_int_equal(o.n, strlen(o.text));
    }
}

static void test_observable__refuses_what_is_none_and_says_why(void **state)
{
    (void)state;
    static const char *const bad[] = {"",  " ",           "word", "two words", "evil.example/login",
                                      "#", "192.0.2.300", "a@",   "http://",   "deadbeef"};
    for (size_t i = 0; i < PH_LEN(bad); i++) {
        struct ph_observable o = {.n = 77};
        struct ph_why why = {.code = PH_OK};
        if (ph_observable_parse(&o, ph_bytes_str(bad[i]), &why) != PH_ERR_INPUT)
            fail_msg("\"%s\" was taken", bad[i]);
        assert_true(why.what[0] != '\0');
        assert_int_equal(o.n, 77);
    }
    char big[4096];
    memset(big, 'a', sizeof(big));
    struct ph_observable o;
    assert_int_equal(ph_observable_parse(&o, ph_bytes(big, sizeof(big)), NULL), PH_ERR_INPUT);
    assert_int_equal(ph_observable_normalise(&o, PH_OBS_WORD, ph_bytes_str("word"), NULL),
                     PH_ERR_INPUT);
    /* known to be of a kind, a value is not taken for another */
    assert_int_equal(ph_observable_normalise(&o, PH_OBS_DOMAIN, ph_bytes_str("192.0.2.1"), NULL),
                     PH_ERR_INPUT);
    assert_int_equal(ph_observable_normalise(&o, PH_OBS_DOMAIN, ph_bytes_str("localhost"), NULL),
                     PH_OK);
}

struct list {
    size_t n;
    size_t max;
    char text[160][64];
};

static bool collect(void *ctx, enum ph_observable_kind kind, struct ph_bytes text)
{
    struct list *list = ctx;
    (void)kind;
    assert_true(list->n < PH_LEN(list->text) && text.n < 64);
    memcpy(list->text[list->n], text.p, text.n);
    list->text[list->n++][text.n] = '\0';
    return list->n < list->max;
}

static void parents(struct list *out, const char *text, size_t max)
{
    struct ph_observable o;
    *out = (struct list){.max = max};
    assert_int_equal(ph_observable_parse(&o, ph_bytes_str(text), NULL), PH_OK);
    ph_observable_each_parent(&o, collect, out);
}

static void test_observable__domains_are_looked_up_down_to_the_public_suffix(void **state)
{
    (void)state;
    struct list list;
    parents(&list, "a.b.royalmail.co.uk", 160);
    assert_int_equal(list.n, 3);
    assert_string_equal(list.text[0], "a.b.royalmail.co.uk");
    assert_string_equal(list.text[1], "b.royalmail.co.uk");
    assert_string_equal(list.text[2], "royalmail.co.uk");
    parents(&list, "royalmail.co.uk", 160);
    assert_int_equal(list.n, 1);
    parents(&list, "co.uk", 160);
    assert_int_equal(list.n, 1);
    assert_string_equal(list.text[0], "co.uk");
    parents(&list, "a.b.c.evil.example", 2);
    assert_int_equal(list.n, 2);
}

static void test_observable__addresses_are_looked_up_in_every_network(void **state)
{
    (void)state;
    struct list list;
    parents(&list, "192.0.2.129", 160);
    assert_int_equal(list.n, 33);
    assert_string_equal(list.text[0], "192.0.2.129");
    assert_string_equal(list.text[1], "192.0.2.128/31");
    assert_string_equal(list.text[8], "192.0.2.0/24");
    assert_string_equal(list.text[32], "0.0.0.0/0");
    parents(&list, "192.0.2.0/24", 160);
    assert_int_equal(list.n, 25);
    assert_string_equal(list.text[0], "192.0.2.0/24");
    parents(&list, "2001:db8::1", 160);
    assert_int_equal(list.n, 129);
    assert_string_equal(list.text[64], "2001:db8::/64");
    parents(&list, "http://a.b.example/", 160);
    assert_int_equal(list.n, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_observable__kind_is_guessed_from_the_text),
        cmocka_unit_test(test_observable__refuses_what_is_none_and_says_why),
        cmocka_unit_test(test_observable__domains_are_looked_up_down_to_the_public_suffix),
        cmocka_unit_test(test_observable__addresses_are_looked_up_in_every_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
