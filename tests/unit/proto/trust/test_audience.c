/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/hash.h"
#include "proto/base/limits.h"
#include "proto/trust/tlp.h"
#include "tests/lib/test.h"

static struct ph_recipient recipient(const char *text)
{
    struct ph_recipient out;
    assert_int_equal(ph_recipient_parse(&out, ph_bytes_str(text), NULL), PH_OK);
    return out;
}

static void test_audience__recipients_read_back_from_their_text(void **state)
{
    (void)state;
    static const char *const texts[] = {"IT", "CH-POST/alice",
                                        "ABCDEFGHIJKLMNOP/abcdefghijklmnopqrstuvwxyz012345"};
    for (size_t i = 0; i < PH_LEN(texts); i++) {
        struct ph_recipient r = recipient(texts[i]);
        char text[52];
        ph_recipient_text(text, &r);
        assert_string_equal(text, texts[i]);
    }
    static const char *const bad[] = {"",   "/",        "IT/",    "/alice",
                                      "it", "IT/Alice", "IT/a/b", "IT alice"};
    for (size_t i = 0; i < PH_LEN(bad); i++) {
        struct ph_recipient r;
        assert_int_equal(ph_recipient_parse(&r, ph_bytes_str(bad[i]), NULL), PH_ERR_INPUT);
    }
}

static void test_audience__recipients_order_by_their_text(void **state)
{
    (void)state;
    static const char *const sorted[] = {"CH", "CH-POST", "CH/alice", "CH/bob", "IT", "IT0", "ITA"};
    for (size_t i = 0; i < PH_LEN(sorted); i++)
        for (size_t j = 0; j < PH_LEN(sorted); j++) {
            struct ph_recipient a = recipient(sorted[i]);
            struct ph_recipient b = recipient(sorted[j]);
            int order = ph_recipient_cmp(&a, &b);
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
}

static void test_audience__direct_id_is_the_hash_of_the_encoded_recipients(void **state)
{
    (void)state;
    const struct ph_recipient recipients[] = {recipient("CH"), recipient("IT")};
    /* array of 2, text of 2 "CH", text of 2 "IT", written out */
    const uint8_t encoded[] = {0x92, 0xa2, 'C', 'H', 0xa2, 'I', 'T'};
    struct ph_hash expected = ph_hash_one("direct audience", ph_bytes(encoded, sizeof(encoded)));
    struct ph_audience audience;
    assert_int_equal(ph_audience_direct(&audience, recipients, 2), PH_OK);
    assert_int_equal(audience.kind, PH_AUDIENCE_DIRECT);
    assert_true(ph_hash_equal(&audience.id, &expected));
    struct ph_audience fewer;
    assert_int_equal(ph_audience_direct(&fewer, recipients, 1), PH_OK);
    assert_false(ph_audience_equal(&audience, &fewer));
}

static void test_audience__direct_wants_sorted_recipients_each_once(void **state)
{
    (void)state;
    struct ph_audience audience;
    const struct ph_recipient unsorted[] = {recipient("IT"), recipient("CH")};
    const struct ph_recipient twice[] = {recipient("IT"), recipient("IT")};
    assert_int_equal(ph_audience_direct(&audience, unsorted, 2), PH_ERR_FORMAT);
    assert_int_equal(ph_audience_direct(&audience, twice, 2), PH_ERR_FORMAT);
    assert_int_equal(ph_audience_direct(&audience, unsorted, 0), PH_ERR_MISFIT);
}

static void test_audience__direct_has_at_most_512_recipients(void **state)
{
    (void)state;
    static struct ph_recipient many[PH_RECIPIENTS_MAX + 1];
    for (unsigned i = 0; i < PH_LEN(many); i++) {
        char code[] = {'A', (char)('A' + i / 100), (char)('0' + i / 10 % 10), (char)('0' + i % 10),
                       0};
        many[i] = recipient(code);
    }
    struct ph_audience audience;
    assert_int_equal(ph_audience_direct(&audience, many, PH_RECIPIENTS_MAX), PH_OK);
    assert_int_equal(ph_audience_direct(&audience, many, PH_RECIPIENTS_MAX + 1), PH_ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_audience__recipients_read_back_from_their_text),
        cmocka_unit_test(test_audience__recipients_order_by_their_text),
        cmocka_unit_test(test_audience__direct_id_is_the_hash_of_the_encoded_recipients),
        cmocka_unit_test(test_audience__direct_wants_sorted_recipients_each_once),
        cmocka_unit_test(test_audience__direct_has_at_most_512_recipients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
