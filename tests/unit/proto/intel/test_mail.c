/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/intel/mail.h"
#include "tests/lib/test.h"

static enum ph_err normalise(char out[static PH_MAIL_MAX + 1], const char *text)
{
    size_t n = 0;
    enum ph_err err = ph_mail_normalise(out, &n, ph_bytes_str(text), NULL);
    if (!err)
        assert_int_equal(n, strlen(out));
    return err;
}

static void test_mail__has_one_spelling(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *normal;
    } rows[] = {
        {"bob@example.org", "bob@example.org"},
        {"Bob.O'Neil+x@Example.ORG.", "bob.o'neil+x@example.org"},
        {"bob@bücher.example", "bob@xn--bcher-kva.example"},
        {"büro@example.org", "büro@example.org"},
        {"\"a b@c\"@example.org", "\"a b@c\"@example.org"},
        {"\"a\\\"b\"@example.org", "\"a\\\"b\"@example.org"},
        {"root@localhost", "root@localhost"},
    };
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        char out[PH_MAIL_MAX + 1];
        if (normalise(out, rows[i].text))
            fail_msg("%s was refused", rows[i].text);
        assert_string_equal(out, rows[i].normal);
    }
}

static void test_mail__refuses_what_is_no_mailbox(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "bob",
        "@example.org",
        "bob@",
        "bob@-x",
        "a b@example.org",
        ".bob@example.org",
        "bob.@example.org",
        "b..ob@example.org",
        "a@b@example.org",
        "\"a@example.org",
        "\"a\"b\"@example.org",
        "\"a\\\"@example.org",
        "\"\"@example.org",
        "bob@[192.0.2.1]",
        "bob@192.0.2.1",
        "bob\r\n@example.org",
        "bob,eve@example.org",
        "bo\u202eb@example.org",
        "bo\u200bb@example.org",
        "\xff@example.org",
    };
    for (size_t i = 0; i < PH_LEN(bad); i++) {
        char out[PH_MAIL_MAX + 1];
        if (normalise(out, bad[i]) != PH_ERR_INPUT)
            fail_msg("\"%s\" was taken", bad[i]);
    }
    char out[PH_MAIL_MAX + 1];
    size_t n;
    assert_int_equal(ph_mail_normalise(out, &n, ph_bytes("a\0@b.org", 8), NULL), PH_ERR_INPUT);
}

static void test_mail__holds_64_octets_before_the_at_sign(void **state)
{
    (void)state;
    char text[128];
    char out[PH_MAIL_MAX + 1];
    memset(text, 'a', 64);
    memcpy(text + 64, "@b.org", 7);
    assert_int_equal(normalise(out, text), PH_OK);
    text[64] = 'a';
    memcpy(text + 65, "@b.org", 7);
    assert_int_equal(normalise(out, text), PH_ERR_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mail__has_one_spelling),
        cmocka_unit_test(test_mail__refuses_what_is_no_mailbox),
        cmocka_unit_test(test_mail__holds_64_octets_before_the_at_sign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
