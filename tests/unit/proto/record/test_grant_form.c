/* SPDX-License-Identifier: Apache-2.0
 *
 * The one form of a grant's body, which every holder checks, and its limits. */
#include <stdlib.h>

#include "proto/base/writer.h"
#include "proto/record/grant.h"
#include "tests/unit/proto/record/record_test.h"

#define N     3
#define EPOCH 7

static uint8_t keys[N][32];
static uint8_t secrets[N][32];
static uint8_t seeds[N][32];

static int setup(void **state)
{
    (void)state;
    for (size_t i = 0; i < N; i++) {
        ph_test_x25519(keys[i], secrets[i], "recipient", i);
        memset(seeds[i], (int)(0x50 + i), sizeof(seeds[i]));
    }
    return 0;
}

static struct ph_header sample(void)
{
    return ph_test_header(PH_RECORD_GRANT, PH_TLP_AMBER, PH_AUDIENCE_DIRECT);
}

static struct ph_buf build(const struct ph_header *h)
{
    struct ph_audience_key key = ph_test_audience_key();
    struct ph_buf out = ph_buf(PH_BODY_MAX);
    struct ph_why why = {0};
    if (ph_grant_build(&out, EPOCH, &h->author, &h->audience, &key, keys, N, seeds, &why))
        fail_msg("cannot build: %s", why.what);
    return out;
}

static struct ph_record *grant_of(const struct ph_header *h)
{
    struct ph_buf body = build(h);
    struct ph_record *record = ph_test_record(h, ph_buf_bytes(&body));
    ph_buf_done(&body);
    return record;
}

/* Checks @body under a good header. */
static enum ph_err check(struct ph_bytes body)
{
    struct ph_header h = sample();
    struct ph_record *grant = ph_test_record(&h, body);
    struct ph_why why = {0};
    uint64_t epoch = 99;
    size_t n = 99;
    enum ph_err err = ph_grant_check(grant, &epoch, &n, &why);
    if (err) {
        assert_true(epoch == 99 && n == 99);
        assert_true(why.code == err && why.what[0] != '\0');
    }
    ph_record_unref(grant);
    ph_header_done(&h);
    return err;
}

static void test_grant__has_one_form(void **state)
{
    (void)state;
    struct ph_header h = sample();
    struct ph_buf body = build(&h);
    size_t row = (body.n - 3) / N;
    assert_int_equal(check(ph_buf_bytes(&body)), PH_OK);
    for (size_t n = 1; n < body.n; n++)
        assert_int_not_equal(check(ph_bytes(body.p, n)), PH_OK);

    static const struct {
        const char *bytes;
        size_t n;
        enum ph_err err;
    } heads[] = {
        {"\x92\x07\x90", 3, PH_ERR_FORMAT},        /* no boxes */
        {"\x92\x07\xc0", 3, PH_ERR_FORMAT},        /* nil */
        {"\x92\x07\xdc\x10\x01", 5, PH_ERR_LIMIT}, /* 4,097 boxes */
        {"\x92\x07\xdd\xff\xff\xff\xff", 7, PH_ERR_LIMIT},
        {"\x92\x07\xdc\x00\x03", 5, PH_ERR_FORMAT},             /* 3, long form */
        {"\x92\xcc\x07\x93", 4, PH_ERR_FORMAT},                 /* epoch, long form */
        {"\x92\xcf\x00\x01\0\0\0\0\0\0\x93", 11, PH_ERR_RANGE}, /* epoch 2^48 */
        {"\x92\xff\x93", 3, PH_ERR_FORMAT},                     /* epoch -1 */
        {"\x93\x07\x93", 3, PH_ERR_FORMAT},
        {"\x91\x07", 2, PH_ERR_FORMAT},
    };
    for (size_t i = 0; i < PH_LEN(heads); i++) {
        struct ph_buf other = ph_buf(PH_BODY_MAX);
        assert_int_equal(ph_buf_add(&other, ph_bytes(heads[i].bytes, heads[i].n)), PH_OK);
        assert_int_equal(ph_buf_add(&other, ph_bytes(body.p + 3, body.n - 3)), PH_OK);
        assert_int_equal(check(ph_buf_bytes(&other)), heads[i].err);
        ph_buf_done(&other);
    }

    assert_int_equal(check(ph_bytes("\x92\x07\x90", 3)), PH_ERR_FORMAT);

    struct ph_buf other = ph_buf(PH_BODY_MAX); /* two rows swapped */
    assert_int_equal(ph_buf_add(&other, ph_buf_bytes(&body)), PH_OK);
    memcpy(other.p + 3, body.p + 3 + row, row);
    memcpy(other.p + 3 + row, body.p + 3, row);
    assert_int_equal(check(ph_buf_bytes(&other)), PH_ERR_FORMAT);
    memcpy(other.p + 3, body.p + 3, row); /* a row twice */
    assert_int_equal(check(ph_buf_bytes(&other)), PH_ERR_FORMAT);
    memcpy(other.p, body.p, body.n);
    assert_int_equal(ph_buf_add(&other, ph_bytes("", 1)), PH_OK); /* a byte behind */
    assert_int_equal(check(ph_buf_bytes(&other)), PH_ERR_FORMAT);
    ph_buf_done(&other);
    ph_buf_done(&body);
    ph_header_done(&h);
}

static void test_grant__has_boxes_of_one_size(void **state)
{
    (void)state;
    static const uint8_t bytes[256] = {1};
    struct ph_header h = sample();
    struct ph_buf good = build(&h);
    size_t size = (good.n - 3) / N - 21;
    for (int d = -1; d <= 1; d++) {
        struct ph_buf body = ph_buf(PH_BODY_MAX);
        struct ph_writer w = ph_writer(&body);
        ph_write_array(&w, 2);
        ph_write_uint(&w, 0);
        ph_write_array(&w, 1);
        ph_write_array(&w, 2);
        ph_write_bin(&w, ph_bytes(bytes, 16));
        ph_write_bin(&w, ph_bytes(bytes, (size_t)((int)size + d)));
        static const enum ph_err errors[] = {PH_ERR_FORMAT, PH_OK, PH_ERR_LIMIT};
        assert_int_equal(check(ph_buf_bytes(&body)), errors[d + 1]);
        ph_buf_done(&body);
    }
    ph_buf_done(&good);
    ph_header_done(&h);
}

static void test_grant__needs_a_grant_record_with_its_body(void **state)
{
    (void)state;
    struct ph_header h = ph_test_header(PH_RECORD_ANCHOR, PH_TLP_GREEN, PH_AUDIENCE_COMMUNITY);
    struct ph_record *anchor = ph_test_record(&h, ph_test_body());
    struct ph_header g = sample();
    struct ph_record *whole = grant_of(&g);
    struct ph_record *bare;
    uint64_t epoch;
    size_t n;
    assert_int_equal(
        ph_record_new(&bare, whole->raw_header, whole->sig, ph_bytes(NULL, 0), false, NULL), PH_OK);
    assert_int_equal(ph_grant_check(anchor, &epoch, &n, NULL), PH_ERR_INPUT);
    assert_int_equal(ph_grant_check(bare, &epoch, &n, NULL), PH_ERR_INPUT);
    ph_record_unref(anchor);
    ph_record_unref(whole);
    ph_record_unref(bare);
    ph_header_done(&g);
}

static void test_grant__is_built_within_its_limits_only(void **state)
{
    (void)state;
    struct ph_header h = sample();
    struct ph_audience_key key = ph_test_audience_key();
    struct ph_buf out = ph_buf(PH_BODY_MAX);
    static const uint8_t small_order[1][32] = {{1}};
    uint8_t twice[2][32];
    memcpy(twice[0], keys[0], 32);
    memcpy(twice[1], keys[0], 32);
    assert_int_equal(ph_grant_build(&out, 0, &h.author, &h.audience, &key, keys, 0, seeds, NULL),
                     PH_ERR_LIMIT);
    assert_int_equal(
        ph_grant_build(&out, UINT64_C(1) << 48, &h.author, &h.audience, &key, keys, 1, seeds, NULL),
        PH_ERR_RANGE);
    assert_int_equal(ph_grant_build(&out, 0, &h.author, &h.audience, &key, twice, 2, seeds, NULL),
                     PH_ERR_CONFLICT);
    assert_int_equal(
        ph_grant_build(&out, 0, &h.author, &h.audience, &key, small_order, 1, seeds, NULL),
        PH_ERR_KEY);
    struct ph_buf small = ph_buf(100);
    assert_int_equal(ph_buf_add(&small, ph_bytes_str("kept")), PH_OK);
    assert_int_equal(ph_grant_build(&small, 0, &h.author, &h.audience, &key, keys, 1, seeds, NULL),
                     PH_ERR_LIMIT);
    assert_int_equal(small.n, 4);
    ph_buf_done(&small);
    assert_int_equal(out.n, 0);
    ph_buf_done(&out);
    ph_header_done(&h);
}

/* 4,096 boxes of the longest form fit a body. Keys need not be distinct points to be sealed to. */
static void test_grant__holds_4096_boxes_and_no_more(void **state)
{
    (void)state;
    enum {
        MOST = PH_BOXES_MAX + 1
    };
    uint8_t(*many)[32] = calloc(MOST, 32);
    uint8_t(*many_seeds)[32] = calloc(MOST, 32);
    assert_true(many && many_seeds);
    for (size_t i = 0; i < MOST; i++) {
        memcpy(many[i], keys[0], 32);
        ph_put_be32(many[i], (uint32_t)i);
        ph_put_be32(many_seeds[i], (uint32_t)i);
    }
    struct ph_header h = sample();
    struct ph_audience_key key = ph_test_audience_key();
    struct ph_buf body = ph_buf(PH_BODY_MAX);
    const uint8_t(*k)[32] = (const uint8_t(*)[32])many;
    const uint8_t(*s)[32] = (const uint8_t(*)[32])many_seeds;
    assert_int_equal(
        ph_grant_build(&body, PH_EPOCH_NUMBER_MAX, &h.author, &h.audience, &key, k, MOST, s, NULL),
        PH_ERR_LIMIT);
    assert_int_equal(ph_grant_build(&body, PH_EPOCH_NUMBER_MAX, &h.author, &h.audience, &key, k,
                                    PH_BOXES_MAX, s, NULL),
                     PH_OK);
    struct ph_record *grant = ph_test_record(&h, ph_buf_bytes(&body));
    uint64_t epoch;
    size_t n;
    assert_int_equal(ph_grant_check(grant, &epoch, &n, NULL), PH_OK);
    assert_int_equal(n, PH_BOXES_MAX);
    assert_true(epoch == PH_EPOCH_NUMBER_MAX);
    ph_record_unref(grant);
    ph_buf_done(&body);
    ph_header_done(&h);
    free(many);
    free(many_seeds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grant__has_one_form),
        cmocka_unit_test(test_grant__has_boxes_of_one_size),
        cmocka_unit_test(test_grant__needs_a_grant_record_with_its_body),
        cmocka_unit_test(test_grant__is_built_within_its_limits_only),
        cmocka_unit_test(test_grant__holds_4096_boxes_and_no_more),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
