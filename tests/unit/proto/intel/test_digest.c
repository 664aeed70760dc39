/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/intel/digest.h"
#include "tests/lib/test.h"

static void test_digest__is_told_by_its_length(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        const char *name;
    } rows[] = {{32, "MD5"}, {40, "SHA-1"}, {64, "SHA-256"}, {128, "SHA-512"}};
    char text[PH_DIGEST_MAX + 2];
    char out[PH_DIGEST_MAX + 1];
    size_t next = 0;
    memset(text, 'A', sizeof(text));
    for (size_t n = 0; n <= PH_DIGEST_MAX + 1; n++) {
        size_t out_n = 0;
        enum ph_err err = ph_digest_normalise(out, &out_n, ph_bytes(text, n), NULL);
        if (next < PH_LEN(rows) && rows[next].n == n) {
            assert_int_equal(err, PH_OK);
            assert_int_equal(out_n, n);
            assert_string_equal(ph_digest_name(n), rows[next++].name);
            assert_int_equal(strspn(out, "a"), n);
            continue;
        }
        assert_int_equal(err, PH_ERR_INPUT);
        assert_null(ph_digest_name(n));
    }
    assert_int_equal(next, PH_LEN(rows));
}

static void test_digest__is_hex_in_lower_case(void **state)
{
    (void)state;
    char out[PH_DIGEST_MAX + 1];
    size_t n;
    assert_int_equal(
        ph_digest_normalise(out, &n, ph_bytes_str("D41D8CD98F00B204E9800998ECF8427E"), NULL),
        PH_OK);
    assert_string_equal(out, "d41d8cd98f00b204e9800998ecf8427e");
    static const char wrong[] = "gG/:@`\x00 ";
    for (size_t i = 0; i < sizeof(wrong); i++) {
        char text[] = "d41d8cd98f00b204e9800998ecf8427e";
        text[31] = wrong[i];
        assert_int_equal(ph_digest_normalise(out, &n, ph_bytes(text, 32), NULL), PH_ERR_INPUT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digest__is_told_by_its_length),
        cmocka_unit_test(test_digest__is_hex_in_lower_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
