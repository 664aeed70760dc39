/* SPDX-License-Identifier: Apache-2.0
 *
 * Published vectors are run by tests/vectors/noise-vectors; here is what they do not show:
 * refusals, limits, and that nothing secret is left behind. */
#include <sodium.h>

#include "proto/wire/noise.h"
#include "tests/lib/fail.h"
#include "tests/lib/test.h"

struct pair {
    struct ph_noise init;
    struct ph_noise resp;
    struct ph_buf message;
    struct ph_buf payload;
};

static const uint8_t INIT_SECRET[32] = {1, 2, 3};
static const uint8_t RESP_SECRET[32] = {4, 5, 6};
static const uint8_t INIT_EPHEMERAL[32] = {7, 8, 9};
static const uint8_t RESP_EPHEMERAL[32] = {10, 11, 12};
static const struct ph_noise DEAD;

static struct ph_transport_key public_of(const uint8_t secret[static 32])
{
    struct ph_transport_key key;

    crypto_scalarmult_base(key.b, secret);
    return key;
}

static struct ph_bytes prologue(const char *community)
{
    return ph_bytes_str(community);
}

static void begin(struct pair *p, const char *init_community, const char *resp_community)
{
    struct ph_transport_key resp = public_of(RESP_SECRET);

    *p = (struct pair){.message = ph_buf(PH_NOISE_MAX), .payload = ph_buf(PH_NOISE_MAX)};
    assert_int_equal(ph_noise_initiate(&p->init, prologue(init_community), INIT_SECRET, &resp,
                                       INIT_EPHEMERAL, NULL),
                     PH_OK);
    assert_int_equal(
        ph_noise_respond(&p->resp, prologue(resp_community), RESP_SECRET, RESP_EPHEMERAL, NULL),
        PH_OK);
}

static void end(struct pair *p)
{
    ph_noise_done(&p->init);
    ph_noise_done(&p->resp);
    ph_buf_done(&p->message);
    ph_buf_done(&p->payload);
}

static enum ph_err write_to(struct pair *p, struct ph_noise *from, struct ph_bytes payload)
{
    ph_buf_clear(&p->message);
    return ph_noise_write(from, payload, &p->message, NULL);
}

static enum ph_err read_from(struct pair *p, struct ph_noise *to)
{
    ph_buf_clear(&p->payload);
    return ph_noise_read(to, ph_buf_bytes(&p->message), &p->payload, NULL);
}

static void assert_dead(const struct ph_noise *hs)
{
    assert_memory_equal(hs, &DEAD, sizeof(DEAD));
    assert_null(ph_noise_remote(hs));
}

static void test_noise__carries_payloads_and_names_the_caller(void **state)
{
    struct ph_transport_key init = public_of(INIT_SECRET);
    struct ph_cipher tx[2];
    struct ph_cipher rx[2];
    uint8_t hash[2][64];
    uint8_t b[4 + PH_NOISE_TAG];
    struct pair p;

    (void)state;
    begin(&p, "one", "one");
    assert_int_equal(write_to(&p, &p.init, ph_bytes_str("card")), PH_OK);
    assert_int_equal(p.message.n, PH_NOISE_MESSAGE1_MIN + 4);
    assert_null(ph_noise_remote(&p.resp));
    assert_int_equal(read_from(&p, &p.resp), PH_OK);
    assert_memory_equal(p.payload.p, "card", 4);
    assert_memory_equal(ph_noise_remote(&p.resp)->b, init.b, 32);
    assert_false(ph_noise_is_complete(&p.resp));

    assert_int_equal(write_to(&p, &p.resp, ph_bytes_str("roster")), PH_OK);
    assert_int_equal(p.message.n, PH_NOISE_MESSAGE2_MIN + 6);
    assert_int_equal(read_from(&p, &p.init), PH_OK);
    assert_memory_equal(p.payload.p, "roster", 6);
    assert_true(ph_noise_is_complete(&p.init) && ph_noise_is_complete(&p.resp));
    ph_noise_hash(&p.init, hash[0]);
    ph_noise_hash(&p.resp, hash[1]);
    assert_memory_equal(hash[0], hash[1], 64);

    assert_int_equal(ph_noise_split(&p.init, &tx[0], &rx[0]), PH_OK);
    assert_int_equal(ph_noise_split(&p.resp, &tx[1], &rx[1]), PH_OK);
    assert_dead(&p.init);
    assert_dead(&p.resp);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ph_cipher_encrypt(&tx[i], b, ph_bytes_str("ping")), PH_OK);
        assert_int_equal(ph_cipher_decrypt(&rx[1 - i], b, ph_bytes(b, sizeof(b))), PH_OK);
        assert_memory_equal(b, "ping", 4);
    }
    assert_memory_not_equal(tx[0].key, tx[1].key, 32);
    end(&p);
}

static void test_noise__refuses_another_community(void **state)
{
    struct pair p;

    (void)state;
    begin(&p, "one", "two");
    assert_int_equal(write_to(&p, &p.init, ph_bytes_str("card")), PH_OK);
    assert_int_equal(read_from(&p, &p.resp), PH_ERR_FORGED);
    assert_int_equal(p.payload.n, 0);
    assert_dead(&p.resp);
    end(&p);
}

static void test_noise__refuses_a_message_for_another_node(void **state)
{
    static const uint8_t other[32] = {99};
    struct pair p;

    (void)state;
    begin(&p, "one", "one");
    assert_int_equal(write_to(&p, &p.init, ph_bytes_str("card")), PH_OK);
    assert_int_equal(ph_noise_respond(&p.resp, prologue("one"), other, RESP_EPHEMERAL, NULL),
                     PH_OK);
    assert_int_equal(read_from(&p, &p.resp), PH_ERR_FORGED);
    end(&p);
}

/* Points of small order on the curve and its twist, then encodings of 2^255 - 19 and above. Each is
 * tried with the top bit set as well. */
static const uint8_t BAD_KEYS[][32] = {
    {0},
    {1},
    {0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
     0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
     0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
    {0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1,
     0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c,
     0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    /* p + 9: the base point, not reduced */
    {0xf6, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
};

/* Calls @check with every bad key, with and without its top bit, and with a good key's other
 * spelling. */
static void for_each_bad_key(void (*check)(const uint8_t key[static 32]))
{
    struct ph_transport_key good = public_of(RESP_SECRET);

    for (size_t i = 0; i < PH_LEN(BAD_KEYS); i++) {
        uint8_t key[32];

        memcpy(key, BAD_KEYS[i], 32);
        check(key);
        key[31] |= 0x80;
        check(key);
    }
    good.b[31] |= 0x80;
    check(good.b);
}

static void check_remote(const uint8_t key[static 32])
{
    struct ph_transport_key remote;
    struct ph_noise hs;

    memcpy(remote.b, key, 32);
    assert_int_equal(
        ph_noise_initiate(&hs, prologue("one"), INIT_SECRET, &remote, INIT_EPHEMERAL, NULL),
        PH_ERR_KEY);
    assert_dead(&hs);
}

static void check_ephemeral1(const uint8_t key[static 32])
{
    struct pair p;

    begin(&p, "one", "one");
    assert_int_equal(write_to(&p, &p.init, ph_bytes_str("card")), PH_OK);
    memcpy(p.message.p, key, 32);
    assert_int_equal(read_from(&p, &p.resp), PH_ERR_KEY);
    assert_dead(&p.resp);
    end(&p);
}

static void check_ephemeral2(const uint8_t key[static 32])
{
    struct pair p;

    begin(&p, "one", "one");
    assert_int_equal(write_to(&p, &p.init, ph_bytes_str("card")), PH_OK);
    assert_int_equal(read_from(&p, &p.resp), PH_OK);
    assert_int_equal(write_to(&p, &p.resp, ph_bytes_str("")), PH_OK);
    memcpy(p.message.p, key, 32);
    assert_int_equal(read_from(&p, &p.init), PH_ERR_KEY);
    assert_dead(&p.init);
    end(&p);
}

/* A caller that seals such a key as its static one. */
static void check_static(const uint8_t key[static 32])
{
    struct pair p;

    begin(&p, "one", "one");
    memcpy(p.init.own_public, key, 32);
    assert_int_equal(write_to(&p, &p.init, ph_bytes_str("card")), PH_OK);
    assert_int_equal(read_from(&p, &p.resp), PH_ERR_KEY);
    assert_dead(&p.resp);
    end(&p);
}

static void test_noise__refuses_small_order_and_unreduced_keys(void **state)
{
    (void)state;
    for_each_bad_key(check_remote);
    for_each_bad_key(check_ephemeral1);
    for_each_bad_key(check_ephemeral2);
    for_each_bad_key(check_static);
}

/* A caller that names another member's key without having it. */
static void test_noise__refuses_a_stolen_name(void **state)
{
    static const uint8_t other[32] = {55};
    struct ph_transport_key stolen = public_of(other);
    struct pair p;

    (void)state;
    begin(&p, "one", "one");
    memcpy(p.init.own_public, stolen.b, 32);
    assert_int_equal(write_to(&p, &p.init, ph_bytes_str("card")), PH_OK);
    assert_int_equal(read_from(&p, &p.resp), PH_ERR_FORGED);
    assert_null(ph_noise_remote(&p.resp));
    end(&p);
}

/* Bring @p to where @step (1 or 2) waits in p->message, and give the reader. */
static struct ph_noise *bring_to(struct pair *p, int step)
{
    begin(p, "one", "one");
    assert_int_equal(write_to(p, &p->init, ph_bytes_str("card")), PH_OK);
    if (step == 1)
        return &p->resp;
    assert_int_equal(read_from(p, &p->resp), PH_OK);
    assert_int_equal(write_to(p, &p->resp, ph_bytes_str("roster")), PH_OK);
    return &p->init;
}

static void test_noise__refuses_every_flipped_bit(void **state)
{
    (void)state;
    for (int step = 1; step <= 2; step++) {
        size_t n = step == 1 ? PH_NOISE_MESSAGE1_MIN + 4 : PH_NOISE_MESSAGE2_MIN + 6;

        for (size_t bit = 0; bit < 8 * n; bit++) {
            struct pair p;
            struct ph_noise *reader = bring_to(&p, step);

            assert_int_equal(p.message.n, n);
            p.message.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_int_not_equal(read_from(&p, reader), PH_OK);
            assert_int_equal(p.payload.n, 0);
            assert_dead(reader);
            end(&p);
        }
    }
}

static void test_noise__refuses_every_cut(void **state)
{
    (void)state;
    for (int step = 1; step <= 2; step++) {
        size_t least = step == 1 ? PH_NOISE_MESSAGE1_MIN : PH_NOISE_MESSAGE2_MIN;
        size_t n = least + (step == 1 ? 4 : 6);

        for (size_t cut = 0; cut < n; cut++) {
            struct pair p;
            struct ph_noise *reader = bring_to(&p, step);

            p.message.n = cut;
            assert_int_equal(read_from(&p, reader), cut < least ? PH_ERR_TRUNCATED : PH_ERR_FORGED);
            assert_dead(reader);
            end(&p);
        }
    }
}

static void test_noise__keeps_the_payload_limit(void **state)
{
    static const uint8_t payload[PH_HANDSHAKE_PAYLOAD_MAX + 1];
    struct pair p;

    (void)state;
    begin(&p, "one", "one");
    assert_int_equal(write_to(&p, &p.init, ph_bytes(payload, PH_HANDSHAKE_PAYLOAD_MAX)), PH_OK);
    assert_int_equal(p.message.n, PH_NOISE_MESSAGE1_MAX);
    assert_int_equal(read_from(&p, &p.resp), PH_OK);
    assert_int_equal(p.payload.n, PH_HANDSHAKE_PAYLOAD_MAX);
    assert_int_equal(write_to(&p, &p.resp, ph_bytes(payload, sizeof(payload))), PH_ERR_LIMIT);
    assert_dead(&p.resp);
    end(&p);

    begin(&p, "one", "one");
    assert_int_equal(ph_buf_add(&p.message, ph_bytes(payload, PH_NOISE_MESSAGE1_MIN)), PH_OK);
    assert_int_equal(ph_buf_add(&p.message, ph_bytes(payload, sizeof(payload))), PH_OK);
    assert_int_equal(read_from(&p, &p.resp), PH_ERR_LIMIT);
    assert_null(p.payload.p); /* nothing was allocated for it */
    assert_dead(&p.resp);
    end(&p);
}

static void test_noise__keeps_the_order(void **state)
{
    struct ph_cipher tx;
    struct ph_cipher rx;
    struct pair p;

    (void)state;
    begin(&p, "one", "one");
    assert_int_equal(ph_noise_split(&p.init, &tx, &rx), PH_ERR_PROTOCOL);
    assert_int_equal(write_to(&p, &p.resp, ph_bytes_str("")), PH_ERR_PROTOCOL);
    assert_dead(&p.resp);
    assert_int_equal(write_to(&p, &p.init, ph_bytes_str("")), PH_OK);
    assert_int_equal(write_to(&p, &p.init, ph_bytes_str("")), PH_ERR_PROTOCOL);
    assert_dead(&p.init);
    assert_int_equal(read_from(&p, &p.init), PH_ERR_PROTOCOL);
    end(&p);
}

static void test_noise__leaves_nothing_when_memory_runs_out(void **state)
{
    size_t failures = 0;
    bool through = false;

    (void)state;
    for (size_t n = 1; !through && n < 100; n++) {
        struct pair p;
        enum ph_err err;

        begin(&p, "one", "one");
        ph_test_fail_at(n);
        err = write_to(&p, &p.init, ph_bytes_str("card"));
        if (!err)
            err = read_from(&p, &p.resp);
        ph_test_fail_at(0);
        through = !err;
        if (err) {
            failures++;
            assert_int_equal(err, PH_ERR_NOMEM);
            assert_true(p.init.state == PH_NOISE_DEAD || p.resp.state == PH_NOISE_DEAD);
        }
        end(&p);
    }
    assert_true(through);
    assert_true(failures >= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_noise__carries_payloads_and_names_the_caller),
        cmocka_unit_test(test_noise__refuses_another_community),
        cmocka_unit_test(test_noise__refuses_a_message_for_another_node),
        cmocka_unit_test(test_noise__refuses_small_order_and_unreduced_keys),
        cmocka_unit_test(test_noise__refuses_a_stolen_name),
        cmocka_unit_test(test_noise__refuses_every_flipped_bit),
        cmocka_unit_test(test_noise__refuses_every_cut),
        cmocka_unit_test(test_noise__keeps_the_payload_limit),
        cmocka_unit_test(test_noise__keeps_the_order),
        cmocka_unit_test(test_noise__leaves_nothing_when_memory_runs_out),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
