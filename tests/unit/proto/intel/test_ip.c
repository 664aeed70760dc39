/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/intel/ip.h"
#include "tests/lib/test.h"

static bool parse(struct ph_ip *out, const char *text)
{
    return ph_ip_parse(out, ph_bytes_str(text), NULL) == PH_OK;
}

static void assert_becomes(const char *text, const char *canonical)
{
    struct ph_ip ip;
    char out[PH_IP_TEXT_MAX];
    if (!parse(&ip, text))
        fail_msg("%s was refused", text);
    size_t n = ph_ip_text(out, &ip);
    assert_int_equal(n, strlen(out));
    assert_string_equal(out, canonical);
    /* what is canonical stays so */
    assert_true(parse(&ip, out));
    ph_ip_text(out, &ip);
    assert_string_equal(out, canonical);
}

static void test_ip__writes_v4_one_way(void **state)
{
    (void)state;
    assert_becomes("192.0.2.1", "192.0.2.1");
    assert_becomes("0.0.0.0", "0.0.0.0");
    assert_becomes("255.255.255.255", "255.255.255.255");
    assert_becomes("192.0.2.77/24", "192.0.2.0/24");
    assert_becomes("192.0.2.77/32", "192.0.2.77");
    assert_becomes("203.0.113.255/25", "203.0.113.128/25");
    assert_becomes("192.0.2.1/0", "0.0.0.0/0");
}

/* RFC 5952: the examples of sections 2 and 4, and RFC 4291, 2.2 */
static void test_ip__writes_v6_as_rfc_5952_does(void **state)
{
    (void)state;
    assert_becomes("2001:0db8:0:0:0:0:2:1", "2001:db8::2:1");
    assert_becomes("2001:db8:0000:1:1:1:1:1", "2001:db8:0:1:1:1:1:1");
    assert_becomes("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1");
    assert_becomes("2001:0:0:1:0:0:0:1", "2001:0:0:1::1");
    assert_becomes("2001:DB8::AAAA", "2001:db8::aaaa");
    assert_becomes("0:0:0:0:0:0:0:0", "::");
    assert_becomes("::", "::");
    assert_becomes("::1", "::1");
    assert_becomes("1::", "1::");
    assert_becomes("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8");
    assert_becomes("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0");
    assert_becomes("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8");
    assert_becomes("64:ff9b::192.0.2.33", "64:ff9b::c000:221");
    assert_becomes("0:0:0:0:0:0:13.1.68.3", "::d01:4403");
    assert_becomes("[2001:db8::1]", "2001:db8::1");
    assert_becomes("2001:db8::1/48", "2001:db8::/48");
    assert_becomes("2001:db8:ffff::1/33", "2001:db8:8000::/33");
    assert_becomes("2001:db8::1/128", "2001:db8::1");
}

static void test_ip__takes_mapped_addresses_for_v4(void **state)
{
    (void)state;
    assert_becomes("::ffff:192.0.2.1", "192.0.2.1");
    assert_becomes("::FFFF:c000:201", "192.0.2.1");
    assert_becomes("::ffff:192.0.2.1/120", "192.0.2.0/24");
    assert_becomes("::ffff:0:0/96", "0.0.0.0/0");
    /* wider than the mapped range: that is v6 */
    assert_becomes("::ffff:192.0.2.1/95", "::fffe:0:0/95");
}

static void test_ip__refuses_what_other_parsers_guess_at(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "1",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.256",
        "01.2.3.4",
        "1.2.3.04",
        "0x1.2.3.4",
        "1.2.3.4 ",
        "1.2.3.-4",
        "1..2.3",
        "1.2.3.4/33",
        "1.2.3.4/",
        "1.2.3.4/08",
        "1.2.3.4/1/2",
        "1.2.3.4:80",
        ":",
        ":::",
        "1::2::3",
        "12345::",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:8::",
        "::1:2:3:4:5:6:7:8",
        "g::",
        "fe80::1%eth0",
        "1.2.3.4::",
        "::1.2.3.4:5",
        "1:2:3:4:5:6:7:1.2.3.4",
        "::1/129",
        "[1.2.3.4]",
        "[::1",
        "::1]",
        "1:",
        ":1",
        "1:2:3:4:5:6:7:",
        ":2:3:4:5:6:7:8",
        "3232235777",
    };
    for (size_t i = 0; i < PH_LEN(bad); i++) {
        struct ph_ip ip;
        struct ph_why why = {.code = PH_OK};
        if (ph_ip_parse(&ip, ph_bytes_str(bad[i]), &why) == PH_OK)
            fail_msg("\"%s\" was taken", bad[i]);
        assert_int_equal(why.code, PH_ERR_INPUT);
    }
    struct ph_ip ip;
    assert_int_equal(ph_ip_parse(&ip, ph_bytes("1.2.3.4\0", 8), NULL), PH_ERR_INPUT);
}

static void test_ip__clears_exactly_the_bits_behind_the_prefix(void **state)
{
    (void)state;
    struct ph_ip ip = {.v6 = true, .bits = 128};
    memset(ip.b, 0xff, sizeof(ip.b));
    for (unsigned bits = 0; bits <= 128; bits++) {
        struct ph_ip network = ph_ip_network(&ip, (uint8_t)bits);
        unsigned ones = 0;
        for (size_t i = 0; i < 16; i++)
            ones += (unsigned)__builtin_popcount(network.b[i]);
        assert_int_equal(network.bits, bits);
        assert_int_equal(ones, bits);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ip__writes_v4_one_way),
        cmocka_unit_test(test_ip__writes_v6_as_rfc_5952_does),
        cmocka_unit_test(test_ip__takes_mapped_addresses_for_v4),
        cmocka_unit_test(test_ip__refuses_what_other_parsers_guess_at),
        cmocka_unit_test(test_ip__clears_exactly_the_bits_behind_the_prefix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
