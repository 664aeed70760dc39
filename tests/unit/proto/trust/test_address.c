/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/trust/address.h"
#include "tests/lib/test.h"

static void test_address__takes_names_and_numbers_with_a_port(void **state)
{
    (void)state;
    static const char *const good[] = {
        "node.poste.example:7433",
        "az.AZ.09z:80",
        "localhost:1",
        "127.0.0.1:65535",
        "[::1]:7433",
        "[2001:db8::1]:7433",
        "[2001:db8:0:0:0:0:0:1]:7433",
        "xn--mnchen-3ya.example:7433",
        "a-b.example:7433",
        "3com.example:7433",
        "[::ffff:192.0.2.1]:7433",
        "192.0.2.example:80",
    };
    for (size_t i = 0; i < PH_LEN(good); i++) {
        struct ph_why why = {0};
        if (ph_address_check(ph_bytes_str(good[i]), &why))
            fail_msg("%s: %s", good[i], why.what);
    }
}

static void test_address__refuses_everything_else_saying_why(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        ":",
        ":7433",
        "host",
        "host:",
        "host:0",
        "host:07433",
        "host:65536",
        "host:99999999999",
        "host:+80",
        "host:8 0",
        "ho st:80",
        "host_a:80",
        "-host:80",
        "host-:80",
        "host..example:80",
        "host.example.:80",
        ".host:80",
        "::1:80",
        "2001:db8::1:80",
        "[]:80",
        "[::1:80",
        "::1]:80",
        "[:::1]:80",
        "[1::2::3]:80",
        "[fe80::1%eth0]:80",
        "[127.0.0.1]:80",
        "[::1]",
        "127.0.0.256:80",
        "127.0.0.01:80",
        "127.1:80",
        "2130706433:80",
        "1.2.3.4.5:80",
        "http://host:80",
        "user@host:80",
        "host/path:80",
        "h\xc3\xb6st:80",
        "host\x1b[m:80",
    };
    for (size_t i = 0; i < PH_LEN(bad); i++) {
        struct ph_why why = {0};
        if (!ph_address_check(ph_bytes_str(bad[i]), &why))
            fail_msg("taken: %s", bad[i]);
        assert_int_equal(why.code, PH_ERR_INPUT);
        assert_non_null(strstr(why.what, "address"));
        assert_null(strchr(why.what, '\x1b'));
    }
    assert_int_equal(ph_address_check(ph_bytes("[::1\0]:80", 9), NULL), PH_ERR_INPUT);
    assert_int_equal(ph_address_check(ph_bytes("host\0:80", 8), NULL), PH_ERR_INPUT);
}

static void test_address__labels_and_wholes_have_their_longest(void **state)
{
    (void)state;
    char text[PH_ADDRESS_MAX + 2];
    memset(text, 'a', sizeof(text));
    memcpy(text + 64, ":80", 4); /* a label of 64 */
    assert_int_equal(ph_address_check(ph_bytes_str(text), NULL), PH_ERR_INPUT);
    memcpy(text + 63, ":80", 4);
    assert_int_equal(ph_address_check(ph_bytes_str(text), NULL), PH_OK);

    memset(text, 'a', sizeof(text));
    text[40] = '.';
    memcpy(text + PH_ADDRESS_MAX - 3, ":80", 4);
    assert_int_equal(strlen(text), PH_ADDRESS_MAX);
    assert_int_equal(ph_address_check(ph_bytes_str(text), NULL), PH_OK);
    memcpy(text + PH_ADDRESS_MAX - 2, ":80", 4);
    assert_int_equal(strlen(text), PH_ADDRESS_MAX + 1);
    assert_int_equal(ph_address_check(ph_bytes_str(text), NULL), PH_ERR_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_address__takes_names_and_numbers_with_a_port),
        cmocka_unit_test(test_address__refuses_everything_else_saying_why),
        cmocka_unit_test(test_address__labels_and_wholes_have_their_longest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
