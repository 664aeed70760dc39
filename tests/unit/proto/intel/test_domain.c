/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/intel/domain.h"
#include "tests/lib/test.h"

static enum ph_err normalise(char out[static PH_DOMAIN_MAX + 1], const char *text)
{
    size_t n = 0;
    enum ph_err err = ph_domain_normalise(out, &n, ph_bytes_str(text), NULL);
    if (!err)
        assert_int_equal(n, strlen(out));
    return err;
}

/* A name of @n characters: labels of 63 and a rest. */
static void name_of(char *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = i % 64 == 63 ? '.' : 'a';
    out[n] = '\0';
}

static void test_domain__has_one_spelling(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *normal;
    } rows[] = {
        {"example.org", "example.org"},
        {"EXAMPLE.Org", "example.org"},
        {"example.org.", "example.org"},
        {"_dmarc.example.org", "_dmarc.example.org"},
        {"a_b.example.org", "a_b.example.org"},
        {"r3---sn.example.org", "r3---sn.example.org"},
        {"org", "org"},
        {"1.org", "1.org"},
        {"1a", "1a"},
        /* U-labels, also decomposed, upper case and full width, and the ideographic full stop */
        {"bücher.example", "xn--bcher-kva.example"},
        {"BÜCHER.example", "xn--bcher-kva.example"},
        {"bu\u0308cher.example", "xn--bcher-kva.example"},
        {"faß.de", "xn--fa-hia.de"},
        {"例え。テスト", "xn--r8jz45g.xn--zckzah"},
        {"\uff45xample.org", "example.org"},
        {"exam\u00adple.org", "example.org"},
        /* mixed scripts are legal names and must be found: the flag is for who shows them */
        {"аррӏе.com", "xn--80ak6aa92e.com"},
        {"XN--Bcher-KVA.example", "xn--bcher-kva.example"},
        /* not allowed by IDNA2008, but in the DNS */
        {"xn--i-7iq.ws", "xn--i-7iq.ws"},
    };
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        char out[PH_DOMAIN_MAX + 1];
        char again[PH_DOMAIN_MAX + 1];
        if (normalise(out, rows[i].text))
            fail_msg("%s was refused", rows[i].text);
        assert_string_equal(out, rows[i].normal);
        assert_int_equal(normalise(again, out), PH_OK);
        assert_string_equal(again, out);
    }
}

static void test_domain__refuses_what_names_nothing(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        ".",
        "..",
        "a..b",
        ".a",
        "a.org..",
        "-a.org",
        "a-.org",
        "a b.org",
        "a/b.org",
        "a:80",
        "*.example.org",
        "a@b.org",
        "a\"b.org",
        "192.0.2.1",
        "1.2.3",
        "example.123",
        "12",
        "ex\nample.org",
        /* bidi override, zero width joiner out of place, emoji as such */
        "\u202eexample.org",
        "a\u200d.org",
        "i\u2764.ws",
        /* bad UTF-8: alone, overlong, surrogate */
        "\xff.org",
        "\xc0\xae.org",
        "\xed\xa0\x80.org",
        /* A-labels that decode to nothing */
        "xn--.org",
        "xn--abc-.org",
        "xn--99999999999.org",
        "xn--zzzzzzzzzzzzzzz99999.org",
    };
    for (size_t i = 0; i < PH_LEN(bad); i++) {
        char out[PH_DOMAIN_MAX + 1] = "untouched";
        if (normalise(out, bad[i]) != PH_ERR_INPUT)
            fail_msg("\"%s\" was taken", bad[i]);
        assert_string_equal(out, "untouched");
    }
    char out[PH_DOMAIN_MAX + 1];
    size_t n;
    assert_int_equal(ph_domain_normalise(out, &n, ph_bytes("a\0b.org", 7), NULL), PH_ERR_INPUT);
    assert_int_equal(ph_domain_normalise(out, &n, ph_bytes("ü\0b.org", 8), NULL), PH_ERR_INPUT);
    assert_int_equal(ph_domain_normalise(out, &n, ph_bytes(NULL, 0), NULL), PH_ERR_INPUT);
}

static void test_domain__holds_253_characters_and_63_a_label(void **state)
{
    (void)state;
    char out[PH_DOMAIN_MAX + 1];
    char name[5000];
    name_of(name, 253);
    assert_int_equal(normalise(out, name), PH_OK);
    memcpy(name + 253, ".", 2);
    assert_int_equal(normalise(out, name), PH_OK);
    name_of(name, 254);
    assert_int_equal(normalise(out, name), PH_ERR_INPUT);

    memset(name, 'a', 64);
    memcpy(name + 63, ".org", 5);
    assert_int_equal(normalise(out, name), PH_OK);
    name[63] = 'a';
    memcpy(name + 64, ".org", 5);
    assert_int_equal(normalise(out, name), PH_ERR_INPUT);
    memset(name, 'a', 254);
    name[254] = '\0';
    assert_int_equal(normalise(out, name), PH_ERR_INPUT);
}

/* Decoders that are quadratic, or that grow, are fed what hurts them most. */
static void test_domain__survives_punycode_bombs(void **state)
{
    (void)state;
    char out[PH_DOMAIN_MAX + 1];
    char name[5000];
    memcpy(name, "xn--", 4);
    memset(name + 4, 'a', 4000);
    name[4004] = '\0';
    assert_int_equal(normalise(out, name), PH_ERR_INPUT);
    memset(name + 4, '9', 59);
    memcpy(name + 63, ".org", 5);
    assert_int_equal(normalise(out, name), PH_ERR_INPUT);
    for (size_t i = 0; i < 1200; i += 2)
        memcpy(name + i, "ü", 2);
    name[1200] = '\0';
    assert_int_equal(normalise(out, name), PH_ERR_INPUT);
    name[4000] = '\0';
    for (size_t i = 0; i < 4000; i += 2)
        memcpy(name + i, "ü", 2);
    assert_int_equal(normalise(out, name), PH_ERR_INPUT);
}

static void test_domain__knows_where_the_registrable_part_starts(void **state)
{
    (void)state;
    static const struct {
        const char *domain;
        const char *registrable;
    } rows[] = {
        {"www.poste-verifica.example", "poste-verifica.example"},
        {"poste-verifica.example", "poste-verifica.example"},
        {"a.b.royalmail.co.uk", "royalmail.co.uk"},
        {"a.someone.github.io", "someone.github.io"},
        {"a.xn--80ak6aa92e.xn--p1ai", "xn--80ak6aa92e.xn--p1ai"},
        /* public suffixes themselves */
        {"co.uk", "co.uk"},
        {"github.io", "github.io"},
        {"com", "com"},
    };
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        size_t at = ph_domain_registrable_at(rows[i].domain);
        assert_string_equal(rows[i].domain + at, rows[i].registrable);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_domain__has_one_spelling),
        cmocka_unit_test(test_domain__refuses_what_names_nothing),
        cmocka_unit_test(test_domain__holds_253_characters_and_63_a_label),
        cmocka_unit_test(test_domain__survives_punycode_bombs),
        cmocka_unit_test(test_domain__knows_where_the_registrable_part_starts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
