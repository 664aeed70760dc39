/* SPDX-License-Identifier: Apache-2.0
 *
 * Expected texts come from CPython: base64.b32encode over the key and the first four bytes of
 * hashlib.blake2b. */
#include <sodium.h>

#include "proto/base/random.h"
#include "proto/base/text.h"
#include "tests/lib/test.h"

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

static enum ph_err parse(uint8_t *out, const char *prefix, const char *text)
{
    return ph_base32_key_parse(out, prefix, ph_bytes_str(text), NULL);
}

static void test_base32__writes_what_others_write(void **state)
{
    (void)state;
    uint8_t key[3][32];
    for (uint8_t i = 0; i < 32; i++)
        key[0][i] = i;
    memset(key[1], 0, 32);
    memset(key[2], 0xff, 32);
    const struct {
        const char *prefix;
        const uint8_t *key;
        const char *text;
    } vectors[] = {
        {"phorg", key[0], "phorg1aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypqp447h4"},
        {"phnode", key[0], "phnode1aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dyp5sshflq"},
        {"phstew", key[0], "phstew1aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypv3m7hiq"},
        {"phread", key[1], "phread1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaanih4xqy"},
        {"phread", key[2], "phread17777777777777777777777777777777777777777777777777777iyholu"},
    };
    for (size_t i = 0; i < PH_LEN(vectors); i++) {
        char text[PH_KEY_TEXT_MAX];
        uint8_t back[32];
        ph_base32_key(text, vectors[i].prefix, vectors[i].key);
        assert_string_equal(text, vectors[i].text);
        assert_int_equal(parse(back, vectors[i].prefix, text), PH_OK);
        assert_memory_equal(back, vectors[i].key, 32);
    }
}

/* Each character of the text, replaced by each other one of the alphabet and by some that are not.
 */
static void test_base32__refuses_every_single_typing_error(void **state)
{
    (void)state;
    static const char others[] = "01890-_=. \t\nABZ\xc3";
    uint8_t key[32] = {0xca, 0xfe};
    uint8_t out[32];
    char text[PH_KEY_TEXT_MAX];
    ph_base32_key(text, "phnode", key);
    for (size_t i = 0; i < strlen(text); i++) {
        char right = text[i];
        for (size_t j = 0; j < sizeof(alphabet) + sizeof(others) - 2; j++) {
            text[i] = j < 32 ? alphabet[j] : others[j - 32];
            if (text[i] != right)
                assert_int_equal(parse(out, "phnode", text), PH_ERR_INPUT);
        }
        text[i] = right;
    }
    assert_int_equal(parse(out, "phnode", text), PH_OK);
}

static void test_base32__refuses_characters_swapped_lost_or_doubled(void **state)
{
    (void)state;
    uint8_t key[32];
    uint8_t out[32];
    char text[PH_KEY_TEXT_MAX];
    static const uint8_t seed[32] = "base32";
    struct ph_random random;
    ph_random_init(&random, seed);
    ph_random_bytes(&random, key, sizeof(key));
    ph_base32_key(text, "phnode", key);
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i++) {
        char wrong[PH_KEY_TEXT_MAX + 1];
        memcpy(wrong, text, n + 1); /* lost */
        memmove(wrong + i, wrong + i + 1, n - i);
        assert_int_equal(parse(out, "phnode", wrong), PH_ERR_INPUT);
        memcpy(wrong, text, i + 1); /* doubled */
        memcpy(wrong + i + 1, text + i, n - i + 1);
        assert_int_equal(parse(out, "phnode", wrong), PH_ERR_INPUT);
        if (i + 1 < n && text[i] != text[i + 1]) {
            memcpy(wrong, text, n + 1);
            wrong[i] = text[i + 1];
            wrong[i + 1] = text[i];
            assert_int_equal(parse(out, "phnode", wrong), PH_ERR_INPUT);
        }
    }
}

static void test_base32__gives_one_key_one_text(void **state)
{
    (void)state;
    uint8_t key[32] = {1};
    uint8_t out[32];
    char text[PH_KEY_TEXT_MAX];
    ph_base32_key(text, "phorg", key);
    size_t last = strlen(text) - 1;
    char *right = strchr(alphabet, text[last]);
    assert_non_null(right);
    for (size_t spare = 1; spare < 4; spare++) { /* the two bits that no byte holds */
        text[last] = alphabet[(size_t)(right - alphabet) + spare];
        assert_int_equal(parse(out, "phorg", text), PH_ERR_INPUT);
    }
}

static void assert_why(const char *prefix, const char *text, const char *want)
{
    uint8_t out[32];
    uint8_t before[32];
    memset(out, 0xee, sizeof(out));
    memset(before, 0xee, sizeof(before));
    struct ph_why why = {.code = PH_OK};
    assert_int_equal(ph_base32_key_parse(out, prefix, ph_bytes_str(text), &why), PH_ERR_INPUT);
    assert_int_equal(why.code, PH_ERR_INPUT);
    assert_string_equal(why.what, want);
    assert_memory_equal(out, before, sizeof(out));
}

static void test_base32__says_what_is_wrong(void **state)
{
    (void)state;
    uint8_t key[32] = {0xca, 0xfe};
    char text[PH_KEY_TEXT_MAX];
    ph_base32_key(text, "phorg", key);
    assert_why("phnode", text, "begins with \"phorg1\" where \"phnode1\" is needed");
    assert_why("phnode", "", "not the text of a key");
    assert_why("phnode", "hello", "not the text of a key");
    assert_why("phnode", "phnode1", "key has 0 characters after \"phnode1\", not 58");
    assert_why("phnode", "\x1b[2J1", "begins with \"\\x1b[2J1\" where \"phnode1\" is needed");
    text[10] = text[10] == 'b' ? 'c' : 'b';
    assert_why("phorg", text, "checksum of the key does not match: a typing error");
    text[10] = '8';
    assert_why("phorg", text, "character 5 of the key is none of a-z and 2-7");
    text[strlen(text) - 1] = '\0';
    assert_why("phorg", text, "key has 57 characters after \"phorg1\", not 58");
}

static void test_base32__does_not_take_a_key_under_another_prefix(void **state)
{
    (void)state;
    uint8_t key[32] = {1};
    uint8_t out[32];
    char text[PH_KEY_TEXT_MAX];
    ph_base32_key(text, "phorg", key);
    memcpy(text, "phirg", 5); /* even when its reader asks for that prefix */
    assert_int_equal(parse(out, "phirg", text), PH_ERR_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base32__writes_what_others_write),
        cmocka_unit_test(test_base32__refuses_every_single_typing_error),
        cmocka_unit_test(test_base32__refuses_characters_swapped_lost_or_doubled),
        cmocka_unit_test(test_base32__gives_one_key_one_text),
        cmocka_unit_test(test_base32__says_what_is_wrong),
        cmocka_unit_test(test_base32__does_not_take_a_key_under_another_prefix),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
