/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/hash.h"
#include "proto/trust/card.h"
#include "proto/trust/fields.h"
#include "tests/unit/proto/trust/trust_test.h"

static struct ph_test_org newcomer;
static struct ph_buf bytes;
static struct ph_request request;

static int set_up(void **state)
{
    (void)state;
    newcomer = ph_test_newcomer("PT", 1);
    request.org = ph_test_roster_org(&newcomer);
    bytes = ph_buf(PH_KIB(4));
    return ph_request_sign(&request, newcomer.org_secret) || ph_request_encode(&bytes, &request);
}

static int tear_down(void **state)
{
    (void)state;
    ph_buf_done(&bytes);
    ph_test_org_done(&newcomer);
    return 0;
}

static void test_request__reads_back_what_was_written(void **state)
{
    (void)state;
    struct ph_request back;
    struct ph_buf again = ph_buf(PH_KIB(4));
    assert_int_equal(ph_request_decode(&back, ph_buf_bytes(&bytes), NULL), PH_OK);
    assert_memory_equal(&back, &request, sizeof(back));
    assert_int_equal(ph_request_encode(&again, &back), PH_OK);
    assert_true(ph_bytes_equal(ph_buf_bytes(&bytes), ph_buf_bytes(&again)));
    ph_buf_done(&again);
}

static void test_request__every_flipped_bit_is_refused(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < bytes.n * 8; bit++) {
        struct ph_request out;
        bytes.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (ph_request_decode(&out, ph_buf_bytes(&bytes), NULL) == PH_OK)
            fail_msg("bit %zu flipped, and taken", bit);
        bytes.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void test_request__every_truncation_is_refused(void **state)
{
    (void)state;
    struct ph_request out;
    for (size_t n = 0; n < bytes.n; n++)
        assert_int_not_equal(ph_request_decode(&out, ph_bytes(bytes.p, n), NULL), PH_OK);
}

static void test_request__signed_by_another_key_is_forged(void **state)
{
    (void)state;
    struct ph_request other = request;
    struct ph_buf out = ph_buf(PH_KIB(4));
    struct ph_why why = {0};
    assert_int_equal(ph_request_sign(&other, newcomer.node_secret), PH_OK);
    assert_int_equal(ph_request_encode(&out, &other), PH_OK);
    assert_int_equal(ph_request_decode(&other, ph_buf_bytes(&out), &why), PH_ERR_FORGED);
    assert_non_null(strstr(why.what, "PT"));
    ph_buf_done(&out);
}

static void test_request__bad_fields_are_refused_though_signed(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct ph_request other = request;
        struct ph_buf out = ph_buf(PH_KIB(4));
        if (i == 0)
            other.org.country[1] = 't';
        else if (i == 1)
            other.org.name[0] = '\0';
        else
            other.org.code.s[0] = '_';
        assert_int_equal(ph_request_sign(&other, newcomer.org_secret), PH_OK);
        assert_int_equal(ph_request_encode(&out, &other), PH_OK);
        assert_int_equal(ph_request_decode(&other, ph_buf_bytes(&out), NULL), PH_ERR_FORMAT);
        ph_buf_done(&out);
    }
}

static void test_request__a_card_is_no_request(void **state)
{
    (void)state;
    struct ph_test_community *c = ph_test_community(1, NULL);
    struct ph_request out;
    assert_int_equal(ph_request_decode(&out, ph_buf_bytes(&c->orgs[0].card_bytes), NULL),
                     PH_ERR_FORMAT);
    ph_test_community_free(c);
}

static void test_request__words_change_with_the_key(void **state)
{
    (void)state;
    struct ph_hash a;
    struct ph_hash b;
    struct ph_request other = request;
    assert_int_equal(ph_request_hash(&a, &request), PH_OK);
    other.org.key.b[0] ^= 1;
    assert_int_equal(ph_request_hash(&b, &other), PH_OK);
    assert_false(ph_hash_equal(&a, &b));
    other = request;
    other.sig[0] ^= 1; /* a second signature says nothing new */
    assert_int_equal(ph_request_hash(&b, &other), PH_OK);
    assert_true(ph_hash_equal(&a, &b));
}

static void test_request__over_its_limit_is_refused_unread(void **state)
{
    (void)state;
    static const uint8_t zeros[2048];
    struct ph_request out;
    assert_int_equal(ph_request_decode(&out, ph_bytes(zeros, sizeof(zeros)), NULL), PH_ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request__reads_back_what_was_written),
        cmocka_unit_test(test_request__every_flipped_bit_is_refused),
        cmocka_unit_test(test_request__every_truncation_is_refused),
        cmocka_unit_test(test_request__signed_by_another_key_is_forged),
        cmocka_unit_test(test_request__bad_fields_are_refused_though_signed),
        cmocka_unit_test(test_request__a_card_is_no_request),
        cmocka_unit_test(test_request__words_change_with_the_key),
        cmocka_unit_test(test_request__over_its_limit_is_refused_unread),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
