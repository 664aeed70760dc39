/* SPDX-License-Identifier: Apache-2.0 */
#include <sodium.h>

#include "proto/trust/keys.h"
#include "tests/lib/community.h"
#include "tests/lib/test.h"

static struct ph_org_key an_org_key(void)
{
    struct ph_org_key key;
    uint8_t secret[64];
    ph_test_ed25519(key.b, secret, "org", 7);
    return key;
}

static void test_keys__text_of_each_kind_reads_back(void **state)
{
    (void)state;
    uint8_t secret[64];
#define ROUND_TRIP(kind, prefix, noun)                                                   \
    do {                                                                                 \
        struct ph_##kind##_key key;                                                      \
        struct ph_##kind##_key back;                                                     \
        char text[PH_KEY_TEXT_MAX];                                                      \
        if (strcmp(prefix, "phtran") == 0 || strcmp(prefix, "phread") == 0 ||            \
            strcmp(prefix, "phpers") == 0)                                               \
            ph_test_x25519(key.b, secret, noun, 1);                                      \
        else                                                                             \
            ph_test_ed25519(key.b, secret, noun, 1);                                     \
        ph_##kind##_key_text(text, &key);                                                \
        assert_memory_equal(text, prefix "1", strlen(prefix) + 1);                       \
        assert_int_equal(ph_##kind##_key_parse(&back, ph_bytes_str(text), NULL), PH_OK); \
        assert_true(ph_##kind##_key_equal(&key, &back));                                 \
    } while (0);
    PH_KEY_TABLE(ROUND_TRIP)
#undef ROUND_TRIP
}

static void test_keys__a_mistyped_character_is_refused(void **state)
{
    (void)state;
    struct ph_org_key key = an_org_key();
    struct ph_org_key out = {{0}};
    char text[PH_KEY_TEXT_MAX];
    ph_org_key_text(text, &key);
    size_t n = strlen(text);
    for (size_t i = strlen("phorg1"); i < n; i++) {
        char right = text[i];
        text[i] = right == 'q' ? 'r' : 'q';
        struct ph_why why = {0};
        assert_int_equal(ph_org_key_parse(&out, ph_bytes_str(text), &why), PH_ERR_INPUT);
        assert_non_null(strstr(why.what, "organisation key"));
        text[i] = right;
    }
    assert_int_equal(ph_org_key_parse(&out, ph_bytes(text, n - 1), NULL), PH_ERR_INPUT);
    assert_int_equal(ph_org_key_parse(&out, ph_bytes_str(""), NULL), PH_ERR_INPUT);
}

static void test_keys__another_kind_of_key_is_named(void **state)
{
    (void)state;
    struct ph_org_key key = an_org_key();
    struct ph_node_key out;
    char text[PH_KEY_TEXT_MAX];
    struct ph_why why = {0};
    ph_org_key_text(text, &key);
    assert_int_equal(ph_node_key_parse(&out, ph_bytes_str(text), &why), PH_ERR_INPUT);
    assert_non_null(strstr(why.what, "node key"));
    assert_non_null(strstr(why.what, "phorg"));
}

static void test_keys__text_of_a_key_that_nobody_can_hold_is_refused(void **state)
{
    (void)state;
    const uint8_t small[32] = {1}; /* the neutral element */
    char text[PH_KEY_TEXT_MAX];
    struct ph_org_key org;
    struct ph_reading_key reading;
    ph_base32_key(text, "phorg", small);
    assert_int_equal(ph_org_key_parse(&org, ph_bytes_str(text), NULL), PH_ERR_INPUT);
    ph_base32_key(text, "phread", small);
    assert_int_equal(ph_reading_key_parse(&reading, ph_bytes_str(text), NULL), PH_ERR_INPUT);
}

/* The seven encodings of points of small order below 2^255, from libsodium's own list; each gives
 * an all-zero secret, which libsodium then refuses, or is not canonical. */
static const char *const X25519_SMALL[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

static void test_keys__x25519_of_small_order_is_refused(void **state)
{
    (void)state;
    struct ph_hash scalar = {{9}};
    for (size_t i = 0; i < PH_LEN(X25519_SMALL); i++) {
        uint8_t key[32];
        uint8_t shared[32];
        assert_true(ph_hex_parse(key, 32, ph_bytes_str(X25519_SMALL[i])));
        assert_int_equal(crypto_scalarmult_curve25519(shared, scalar.b, key), -1);
        assert_false(ph_x25519_is_valid(key));
        key[31] |= 0x80;
        assert_false(ph_x25519_is_valid(key));
    }
}

static void test_keys__x25519_has_one_spelling(void **state)
{
    (void)state;
    uint8_t secret[32];
    uint8_t key[32];
    uint8_t a[32];
    uint8_t b[32];
    ph_test_x25519(key, secret, "reading", 3);
    assert_true(ph_x25519_is_valid(key));
    assert_int_equal(crypto_scalarmult_curve25519(a, secret, key), 0);
    key[31] |= 0x80; /* the same key to libsodium */
    assert_int_equal(crypto_scalarmult_curve25519(b, secret, key), 0);
    assert_memory_equal(a, b, 32);
    assert_false(ph_x25519_is_valid(key));
    /* 2^255 - 19 + 9 is 9, the base point, written the long way. */
    const uint8_t nine[32] = {9};
    uint8_t long_nine[32];
    memset(long_nine, 0xff, 32);
    long_nine[0] = 0xf6;
    long_nine[31] = 0x7f;
    assert_true(ph_x25519_is_valid(nine));
    assert_false(ph_x25519_is_valid(long_nine));
}

static void test_keys__ed25519_outside_the_group_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "0100000000000000000000000000000000000000000000000000000000000000", /* neutral */
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* order 2 */
        "0000000000000000000000000000000000000000000000000000000000000000", /* order 4 */
        "0000000000000000000000000000000000000000000000000000000000000080", /* order 4 */
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", /* order 8 */
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* neutral, y = p + 1 */
        "0200000000000000000000000000000000000000000000000000000000000000", /* not on the curve */
    };
    for (size_t i = 0; i < PH_LEN(bad); i++) {
        uint8_t key[32];
        assert_true(ph_hex_parse(key, 32, ph_bytes_str(bad[i])));
        assert_false(ph_ed25519_is_valid(key));
    }
    struct ph_org_key good = an_org_key();
    assert_true(ph_ed25519_is_valid(good.b));
    /* A good key plus a point of order 8 signs nothing, and is another key for the same secret. */
    uint8_t torsion[32];
    uint8_t mixed[32];
    assert_true(ph_hex_parse(torsion, 32, ph_bytes_str(bad[4])));
    assert_int_equal(crypto_core_ed25519_add(mixed, good.b, torsion), 0);
    assert_false(ph_ed25519_is_valid(mixed));
}

static void test_keys__codes_keep_to_their_alphabet_and_length(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum ph_err err;
    } rows[] = {
        {"IT", PH_OK},
        {"CH-POST", PH_OK},
        {"A1", PH_OK},
        {"ABCDEFGHIJKLMNOP", PH_OK},
        {"", PH_ERR_INPUT},
        {"I", PH_ERR_INPUT},
        {"it", PH_ERR_INPUT},
        {"ABCDEFGHIJKLMNOPQ", PH_ERR_INPUT},
        {"I_T", PH_ERR_INPUT},
        {"I T", PH_ERR_INPUT},
        {"IT\x80", PH_ERR_INPUT},
        {"IT/A", PH_ERR_INPUT},
    };
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        struct ph_code code;
        assert_int_equal(ph_code_parse(&code, ph_bytes_str(rows[i].text), NULL), rows[i].err);
        if (rows[i].err == PH_OK)
            assert_string_equal(code.s, rows[i].text);
    }
    struct ph_code code;
    assert_int_equal(ph_code_parse(&code, ph_bytes("IT\0X", 4), NULL), PH_ERR_INPUT);
}

static void test_keys__codes_that_are_equal_are_equal_bytes(void **state)
{
    (void)state;
    struct ph_code a;
    struct ph_code b;
    memset(&a, 0xaa, sizeof(a));
    memset(&b, 0x55, sizeof(b));
    assert_int_equal(ph_code_parse(&a, ph_bytes_str("IT"), NULL), PH_OK);
    assert_int_equal(ph_code_parse(&b, ph_bytes_str("IT"), NULL), PH_OK);
    assert_int_equal(ph_code_cmp(&a, &b), 0);
}

static void test_keys__handles_keep_to_their_alphabet_and_length(void **state)
{
    (void)state;
    struct ph_handle handle;
    assert_int_equal(ph_handle_parse(&handle, ph_bytes_str("a.b_c-9"), NULL), PH_OK);
    assert_string_equal(handle.s, "a.b_c-9");
    char long_handle[PH_HANDLE_MAX + 2];
    memset(long_handle, 'a', sizeof(long_handle));
    assert_int_equal(ph_handle_parse(&handle, ph_bytes(long_handle, PH_HANDLE_MAX), NULL), PH_OK);
    assert_int_equal(ph_handle_parse(&handle, ph_bytes(long_handle, PH_HANDLE_MAX + 1), NULL),
                     PH_ERR_INPUT);
    assert_int_equal(ph_handle_parse(&handle, ph_bytes_str(""), NULL), PH_ERR_INPUT);
    assert_int_equal(ph_handle_parse(&handle, ph_bytes_str("Alice"), NULL), PH_ERR_INPUT);
    assert_int_equal(ph_handle_parse(&handle, ph_bytes_str("a/b"), NULL), PH_ERR_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys__text_of_each_kind_reads_back),
        cmocka_unit_test(test_keys__a_mistyped_character_is_refused),
        cmocka_unit_test(test_keys__another_kind_of_key_is_named),
        cmocka_unit_test(test_keys__text_of_a_key_that_nobody_can_hold_is_refused),
        cmocka_unit_test(test_keys__x25519_of_small_order_is_refused),
        cmocka_unit_test(test_keys__x25519_has_one_spelling),
        cmocka_unit_test(test_keys__ed25519_outside_the_group_is_refused),
        cmocka_unit_test(test_keys__codes_keep_to_their_alphabet_and_length),
        cmocka_unit_test(test_keys__codes_that_are_equal_are_equal_bytes),
        cmocka_unit_test(test_keys__handles_keep_to_their_alphabet_and_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
