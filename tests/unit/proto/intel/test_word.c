/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "proto/intel/word.h"
#include "tests/lib/test.h"

struct list {
    char text[1024];
    size_t n;
    size_t max;
};

static bool collect(void *ctx, enum ph_observable_kind kind, struct ph_bytes text)
{
    struct list *list = ctx;
    size_t n = strlen(list->text);
    assert_int_equal(kind, PH_OBS_WORD);
    assert_true(text.n > 0 && text.n <= PH_WORD_MAX);
    snprintf(list->text + n, sizeof(list->text) - n, "%.*s|", (int)text.n, (const char *)text.p);
    return ++list->n < list->max;
}

static struct list words(const char *text)
{
    struct list list = {.max = 1000};
    assert_true(ph_word_each(ph_bytes_str(text), collect, &list));
    return list;
}

static void test_word__is_folded_and_cut_at_signs(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *words;
    } rows[] = {
        {"", ""},
        {"Poison Ivy", "poison|ivy|"},
        {"  a b, cd. (EF)\n", "cd|ef|"},
        {"CVE-2021-44228", "cve|2021|44228|"},
        {"APT28/Fancy_Bear", "apt28|fancy|bear|"},
        {"evil.example", "evil|example|"},
        {"GRÖẞE Größe", "größe|größe|"},
        {"ÉCLAIR œUVRE Œuvre", "éclair|œuvre|œuvre|"},
        {"ŁÓDŹ Žižek ŸÝ", "łódź|žižek|ÿý|"},
        {"İstanbul ISTANBUL", "istanbul|istanbul|"},
        {"ΟΔΟΣ οδός ΆΈΉΊΌΎΏ", "οδοσ|οδόσ|άέήίόύώ|"},
        {"ПОЧТА Ёж ЎѠҐ", "почта|ёж|ўѡґ|"},
        {"ՀԱՅ", "հայ|"},
        {"\uff30\uff4f\uff53\uff54", "\uff50\uff4f\uff53\uff54|"},
        {"البريد المصري", "البريد|المصري|"},
        {"한국 우편", "한국|우편|"},
        /* no spaces: overlapping pairs, so that any two neighbours can be looked for */
        {"中国邮政", "中国|国邮|邮政|"},
        {"邮政EMS快递", "邮政|ems|快递|"},
        {"邮", "邮|"},
        {"ไปรษณีย์", "ไป|ปร|รษ|ษณ|ณี|ีย|ย์|"},
        {"日本、郵便「ゆう」パック", "日本|郵便|ゆう|パッ|ック|"},
        {"parcel\u00a0lost\u2014now\u2026\u201cx1\u201d", "parcel|lost|now|x1|"},
        {"zero\u200bwidth", "zero|width|"},
        {"bad\xffutf8\xc3", "bad|utf8|"},
    };
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        struct list list = words(rows[i].text);
        if (strcmp(list.text, rows[i].words) != 0)
            fail_msg("\"%s\" gave %s", rows[i].text, list.text);
        /* folded once is folded */
        struct list again = words(list.text);
        if (strcmp(rows[i].text, "ไปรษณีย์") != 0)
            assert_string_equal(again.text, list.text);
    }
}

static void test_word__long_ones_are_cut_alike(void **state)
{
    (void)state;
    char text[200];
    memset(text, 'x', sizeof(text));
    text[150] = '\0';
    struct list list = words(text);
    assert_int_equal(strlen(list.text), PH_WORD_MAX + 1);
    /* never inside a character */
    for (size_t i = 0; i < 100; i += 2)
        memcpy(text + 1 + i, "é", 2);
    text[101] = '\0';
    list = words(text);
    assert_int_equal(strlen(list.text), 64);
    assert_memory_equal(list.text + 61, "é|", 3);
}

static void test_word__stops_when_told_to(void **state)
{
    (void)state;
    struct list list = {.max = 2};
    assert_false(ph_word_each(ph_bytes_str("one two three"), collect, &list));
    assert_string_equal(list.text, "one|two|");
    list = (struct list){.max = 3};
    assert_false(ph_word_each(ph_bytes_str("one two three"), collect, &list));
    list = (struct list){.max = 2};
    assert_false(ph_word_each(ph_bytes_str("中国邮政"), collect, &list));
    assert_string_equal(list.text, "中国|国邮|");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_word__is_folded_and_cut_at_signs),
        cmocka_unit_test(test_word__long_ones_are_cut_alike),
        cmocka_unit_test(test_word__stops_when_told_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
