/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "proto/base/hash.h"
#include "proto/base/writer.h"
#include "proto/record/grant.h"
#include "tests/lib/fail.h"
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

static enum ph_err open_for(size_t i, const struct ph_record *grant, bool *found)
{
    struct ph_audience_key out = {{0}};
    struct ph_audience_key zero = {{0}};
    struct ph_audience_key key = ph_test_audience_key();
    struct ph_why why = {0};
    uint64_t epoch = 0;
    *found = false;
    enum ph_err err = ph_grant_open(&out, &epoch, found, grant, keys[i], secrets[i], &why);
    bool opened = err == PH_OK && *found;
    assert_memory_equal(out.b, opened ? key.b : zero.b, 32); /* the key or nothing */
    assert_true(epoch == (opened ? EPOCH : 0));
    assert_true(err == PH_OK || why.what[0] != '\0');
    return err;
}

static void test_grant__gives_each_recipient_the_key(void **state)
{
    (void)state;
    struct ph_header headers[] = {
        ph_test_header(PH_RECORD_GRANT, PH_TLP_GREEN, PH_AUDIENCE_COMMUNITY),
        ph_test_header(PH_RECORD_GRANT, PH_TLP_AMBER, PH_AUDIENCE_GROUP),
        ph_test_header(PH_RECORD_GRANT, PH_TLP_AMBER_STRICT, PH_AUDIENCE_DIRECT),
        ph_test_header(PH_RECORD_GRANT, PH_TLP_RED, PH_AUDIENCE_DIRECT),
    };
    for (size_t row = 0; row < PH_LEN(headers); row++) {
        struct ph_record *grant = grant_of(&headers[row]);
        uint64_t epoch;
        size_t n;
        assert_int_equal(ph_grant_check(grant, &epoch, &n, NULL), PH_OK);
        assert_true(epoch == EPOCH && n == N);
        for (size_t i = 0; i < N; i++) {
            bool found;
            assert_int_equal(open_for(i, grant, &found), PH_OK);
            assert_true(found);
        }
        ph_record_unref(grant);
        ph_header_done(&headers[row]);
    }
}

static void test_grant__has_nothing_for_others(void **state)
{
    (void)state;
    struct ph_header h = sample();
    struct ph_record *grant = grant_of(&h);
    struct ph_audience_key out = {{0}};
    uint64_t epoch = 9;
    bool found = true;
    uint8_t other[32];
    uint8_t other_secret[32];
    ph_test_x25519(other, other_secret, "stranger", 1);
    assert_int_equal(ph_grant_open(&out, &epoch, &found, grant, other, other_secret, NULL), PH_OK);
    assert_false(found);
    assert_true(epoch == 9);
    /* The key id is public: naming another's box does not open it. */
    assert_int_equal(ph_grant_open(&out, &epoch, &found, grant, keys[0], other_secret, NULL),
                     PH_ERR_FORGED);
    assert_true(sodium_is_zero(out.b, sizeof(out.b)));
    ph_record_unref(grant);
    ph_header_done(&h);
}

/* [epoch, [[key id, box] …]], read by hand, and each box by libsodium's own function. */
static void test_grant__is_what_the_protocol_says(void **state)
{
    (void)state;
    struct ph_header h = sample();
    struct ph_audience_key key = ph_test_audience_key();
    struct ph_buf body = build(&h);
    uint8_t expected[256];
    size_t n = 0;
    const struct ph_bytes parts[] = {
        ph_bytes("\x94\xc4\x20", 3),   ph_bytes(h.author.b, 32), ph_bytes("\x92\x02\xc4\x20", 4),
        ph_bytes(h.audience.id.b, 32), ph_bytes("\xc4\x20", 2),  ph_bytes(h.key_commitment.b, 32),
        ph_bytes("\xc4\x20", 2),       ph_bytes(key.b, 32),
    };
    for (size_t i = 0; i < PH_LEN(parts); i++) {
        memcpy(expected + n, parts[i].p, parts[i].n);
        n += parts[i].n;
    }
    size_t box = n + crypto_box_SEALBYTES;
    assert_int_equal(body.n, 3 + N * (1 + 18 + 2 + box));
    assert_memory_equal(body.p, "\x92\x07\x93", 3);
    const uint8_t *p = body.p + 3;
    const uint8_t *last = NULL;
    for (size_t row = 0; row < N; row++) {
        assert_memory_equal(p, "\x92\xc4\x10", 3);
        size_t who = N;
        for (size_t i = 0; i < N; i++) {
            struct ph_hash id = ph_hash_one("key id", ph_bytes(keys[i], 32));
            if (memcmp(id.b, p + 3, 16) == 0)
                who = i;
        }
        assert_true(who < N);
        assert_true(!last || memcmp(last, p + 3, 16) < 0);
        last = p + 3;
        assert_int_equal(p[19], 0xc4);
        assert_int_equal(p[20], box);
        uint8_t opened[256];
        assert_int_equal(crypto_box_seal_open(opened, p + 21, box, keys[who], secrets[who]), 0);
        assert_memory_equal(opened, expected, n);
        p += 21 + box;
    }
    ph_buf_done(&body);
    ph_header_done(&h);
}

static void test_grant__follows_from_its_seeds(void **state)
{
    (void)state;
    struct ph_header h = sample();
    struct ph_buf a = build(&h);
    struct ph_buf b = build(&h);
    assert_true(ph_bytes_equal(ph_buf_bytes(&a), ph_buf_bytes(&b)));
    seeds[1][0] ^= 1;
    struct ph_buf c = build(&h);
    seeds[1][0] ^= 1;
    assert_int_equal(a.n, c.n);
    assert_memory_not_equal(a.p, c.p, a.n);
    ph_buf_done(&a);
    ph_buf_done(&b);
    ph_buf_done(&c);
    ph_header_done(&h);
}

/* What a hostile author, or one who lifts another's boxes, puts under a header of its own. */
static void test_grant__is_refused_when_its_boxes_are_not_its_own(void **state)
{
    (void)state;
    struct ph_header h = sample();
    struct ph_buf body = build(&h);
    static const char *const others[] = {"CH", "DE"};
    for (unsigned row = 0; row < 4; row++) {
        struct ph_header other;
        assert_int_equal(ph_header_copy(&other, &h), PH_OK);
        struct ph_audience_key key = ph_test_audience_key();
        struct ph_buf lifted = ph_buf(PH_BODY_MAX);
        struct ph_node_key author = h.author;
        if (row == 0) /* made for another author */
            author.b[0] ^= 1;
        if (row == 1) /* for another direct audience */
            ph_test_set_recipients(&other, others, 2);
        if (row == 2) /* another key than committed to */
            key.b[0] ^= 1;
        if (row == 3) /* a commitment of nobody's key */
            other.key_commitment.b[0] ^= 1;
        assert_int_equal(
            ph_grant_build(&lifted, EPOCH, &author, &h.audience, &key, keys, N, seeds, NULL),
            PH_OK);
        struct ph_record *grant = ph_test_record(&other, ph_buf_bytes(&lifted));
        uint64_t epoch;
        size_t n;
        bool found;
        assert_int_equal(ph_grant_check(grant, &epoch, &n, NULL), PH_OK); /* carriers cannot know */
        assert_int_equal(open_for(0, grant, &found), PH_ERR_FORGED);
        ph_record_unref(grant);
        ph_buf_done(&lifted);
        ph_header_done(&other);
    }
    ph_buf_done(&body);
    ph_header_done(&h);
}

/* A box that names a commitment which is not that of the key beside it. */
static void test_grant__is_refused_when_a_box_contradicts_itself(void **state)
{
    (void)state;
    struct ph_header h = ph_test_header(PH_RECORD_GRANT, PH_TLP_GREEN, PH_AUDIENCE_COMMUNITY);
    struct ph_audience_key key = ph_test_audience_key();
    struct ph_key_id id = ph_key_id(keys[0]);
    for (unsigned row = 0; row < 3; row++) {
        struct ph_buf message = ph_buf(256);
        struct ph_writer w = ph_writer(&message);
        struct ph_hash named = h.key_commitment;
        named.b[5] ^= row == 1;
        ph_write_array(&w, 4);
        ph_write_bin(&w, ph_bytes(h.author.b, 32));
        ph_write_array(&w, 2);
        ph_write_uint(&w, row == 2 ? 1 : 0);
        ph_write_nil(&w);
        ph_write_bin(&w, ph_bytes(named.b, 32));
        ph_write_bin(&w, ph_bytes(key.b, 32));
        uint8_t box[256];
        assert_int_equal(crypto_box_seal(box, message.p, message.n, keys[0]), 0);
        struct ph_buf body = ph_buf(1024);
        w = ph_writer(&body);
        ph_write_array(&w, 2);
        ph_write_uint(&w, EPOCH);
        ph_write_array(&w, 1);
        ph_write_array(&w, 2);
        ph_write_bin(&w, ph_bytes(id.b, sizeof(id.b)));
        ph_write_bin(&w, ph_bytes(box, message.n + crypto_box_SEALBYTES));
        assert_int_equal(ph_writer_end(&w), PH_OK);
        struct ph_record *grant = ph_test_record(&h, ph_buf_bytes(&body));
        bool found;
        assert_int_equal(open_for(0, grant, &found), row == 0 ? PH_OK : PH_ERR_FORGED);
        ph_record_unref(grant);
        ph_buf_done(&body);
        ph_buf_wipe(&message);
    }
}

static void test_grant__does_not_open_what_is_malformed(void **state)
{
    (void)state;
    struct ph_header h = sample();
    struct ph_buf body = build(&h);
    assert_int_equal(ph_buf_add(&body, ph_bytes("", 1)), PH_OK);
    struct ph_record *grant = ph_test_record(&h, ph_buf_bytes(&body));
    bool found;
    assert_int_equal(open_for(0, grant, &found), PH_ERR_FORMAT);
    ph_record_unref(grant);
    ph_buf_done(&body);
    ph_header_done(&h);
}

static void test_grant__boxes_are_whole_or_refused(void **state)
{
    (void)state;
    struct ph_header h = sample();
    struct ph_buf body = build(&h);
    size_t row = (body.n - 3) / N;
    /* Whose box stands first: flip each of its bits. */
    size_t who = 0;
    for (size_t i = 0; i < N; i++)
        if (memcmp(ph_key_id(keys[i]).b, body.p + 6, 16) == 0)
            who = i;
    for (size_t bit = 8 * (3 + 21); bit < 8 * (3 + row); bit++) {
        /* The top bit of an X25519 key is masked off (RFC 7748, 5), but it enters the nonce. */
        bool found;
        body.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        struct ph_record *grant = ph_test_record(&h, ph_buf_bytes(&body));
        assert_int_equal(open_for(who, grant, &found), PH_ERR_FORGED);
        ph_record_unref(grant);
        body.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    ph_buf_done(&body);
    ph_header_done(&h);
}

static void test_grant__survives_every_failed_allocation(void **state)
{
    (void)state;
    struct ph_header h = sample();
    struct ph_record *grant = grant_of(&h);
    struct ph_audience_key key = ph_test_audience_key();
    enum ph_err err = PH_ERR_NOMEM;
    size_t n;
    for (n = 1; err == PH_ERR_NOMEM; n++) {
        struct ph_audience_key out;
        struct ph_buf body = ph_buf(PH_BODY_MAX);
        uint64_t epoch;
        bool found;
        ph_test_fail_at(n);
        err = ph_grant_build(&body, EPOCH, &h.author, &h.audience, &key, keys, N, seeds, NULL);
        assert_true(err == PH_OK || body.n == 0);
        if (!err)
            err = ph_grant_open(&out, &epoch, &found, grant, keys[0], secrets[0], NULL);
        ph_test_fail_at(0);
        ph_buf_done(&body);
    }
    assert_int_equal(err, PH_OK);
    assert_true(n > 4);
    ph_record_unref(grant);
    ph_header_done(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grant__gives_each_recipient_the_key),
        cmocka_unit_test(test_grant__has_nothing_for_others),
        cmocka_unit_test(test_grant__is_what_the_protocol_says),
        cmocka_unit_test(test_grant__follows_from_its_seeds),
        cmocka_unit_test(test_grant__is_refused_when_its_boxes_are_not_its_own),
        cmocka_unit_test(test_grant__is_refused_when_a_box_contradicts_itself),
        cmocka_unit_test(test_grant__does_not_open_what_is_malformed),
        cmocka_unit_test(test_grant__boxes_are_whole_or_refused),
        cmocka_unit_test(test_grant__survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
