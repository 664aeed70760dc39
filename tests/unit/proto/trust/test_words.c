/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/trust/keys.h"
#include "tests/lib/test.h"

#define WORD_MAX 16

/* The word for @byte, as the first of a fingerprint. */
static void word_of(char out[static WORD_MAX], uint8_t byte)
{
    struct ph_hash hash = {{byte}};
    char text[PH_WORDS_TEXT_MAX];
    ph_words(text, &hash);
    size_t n = strcspn(text, " ");
    assert_true(n < WORD_MAX);
    memcpy(out, text, n);
    out[n] = '\0';
}

static size_t edits(const char *a, const char *b)
{
    size_t row[WORD_MAX];
    size_t b_n = strlen(b);
    for (size_t j = 0; j <= b_n; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_n; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = PH_MIN(change, 1 + PH_MIN(row[j], row[j - 1]));
        }
    }
    return row[b_n];
}

static void test_words__no_two_words_are_easily_confused(void **state)
{
    (void)state;
    static char words[256][WORD_MAX];
    for (unsigned i = 0; i < 256; i++) {
        word_of(words[i], (uint8_t)i);
        size_t n = strlen(words[i]);
        assert_in_range(n, 4, 9);
        for (size_t j = 0; j < n; j++)
            assert_in_range(words[i][j], 'a', 'z');
        for (unsigned j = 0; j < i; j++) {
            assert_true(edits(words[i], words[j]) >= 3);
            assert_int_not_equal(strncmp(words[i], words[j], 3), 0);
        }
    }
}

static void test_words__six_words_stand_for_six_bytes(void **state)
{
    (void)state;
    struct ph_hash hash = {{0, 1, 2, 127, 254, 255, 99}};
    char text[PH_WORDS_TEXT_MAX];
    ph_words(text, &hash);
    assert_string_equal(text, "acrobat admiral almond horizon zigzag zodiac");
    hash.b[6] = 98; /* the seventh byte is not read aloud */
    char again[PH_WORDS_TEXT_MAX];
    ph_words(again, &hash);
    assert_string_equal(text, again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words__no_two_words_are_easily_confused),
        cmocka_unit_test(test_words__six_words_stand_for_six_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
