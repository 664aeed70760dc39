/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "proto/base/hash.h"
#include "tests/lib/fail.h"
#include "tests/unit/proto/record/record_test.h"

static struct ph_record *sample(void)
{
    struct ph_header h = ph_test_header(PH_RECORD_CONTENT, PH_TLP_AMBER, PH_AUDIENCE_DIRECT);
    struct ph_record *record = ph_test_record(&h, ph_test_body());
    ph_header_done(&h);
    return record;
}

static void test_record__made_here_is_taken_there(void **state)
{
    (void)state;
    struct ph_record *made = sample();
    struct ph_record *taken;
    struct ph_why why = {0};
    assert_int_equal(ph_record_check(made, NULL), PH_OK);
    assert_int_equal(ph_record_new(&taken, made->raw_header, made->sig, made->body, true, &why),
                     PH_OK);
    assert_int_equal(ph_record_check(taken, NULL), PH_OK);
    assert_true(ph_id_equal(&made->id, &taken->id));
    assert_true(ph_id_created(&taken->id) == taken->header.created);
    assert_ptr_not_equal(made->body.p, taken->body.p);
    assert_true(ph_bytes_equal(taken->body, ph_test_body()));
    assert_int_equal(taken->header.body_size, ph_test_body().n);
    assert_int_equal(taken->header.n_recipients, 2);
    ph_record_unref(made);
    assert_string_equal(taken->header.recipients[1].org.s, "IT"); /* its own copy */
    ph_record_unref(taken);
}

static void test_record__may_come_without_its_body(void **state)
{
    (void)state;
    struct ph_record *made = sample();
    struct ph_record *taken;
    assert_int_equal(
        ph_record_new(&taken, made->raw_header, made->sig, ph_bytes_str("ignored"), false, NULL),
        PH_OK);
    assert_false(taken->has_body);
    assert_null(taken->body.p);
    assert_int_equal(taken->body.n, 0);
    assert_int_equal(ph_record_check(taken, NULL), PH_OK);
    assert_true(ph_id_equal(&made->id, &taken->id));
    ph_record_unref(made);
    ph_record_unref(taken);
}

/* What a node does with bytes from a peer. */
static enum ph_err receive(struct ph_bytes header, const uint8_t sig[static 64],
                           struct ph_bytes body)
{
    struct ph_record *record;
    struct ph_why why = {0};
    enum ph_err err = ph_record_new(&record, header, sig, body, true, &why);
    if (!err) {
        err = ph_record_check(record, &why);
        ph_record_unref(record);
    }
    if (err)
        assert_true(why.code == err && why.what[0] != '\0'); /* refused with a reason */
    return err;
}

/* R3, exhaustive: each bit of each part. */
static void test_record__refuses_every_single_bit_flip(void **state)
{
    (void)state;
    struct ph_record *made = sample();
    uint8_t header[512];
    uint8_t sig[64];
    uint8_t body[64];
    assert_true(made->raw_header.n <= sizeof(header) && made->body.n <= sizeof(body));
    memcpy(header, made->raw_header.p, made->raw_header.n);
    memcpy(sig, made->sig, sizeof(sig));
    memcpy(body, made->body.p, made->body.n);
    struct ph_bytes h = ph_bytes(header, made->raw_header.n);
    struct ph_bytes b = ph_bytes(body, made->body.n);
    assert_int_equal(receive(h, sig, b), PH_OK);
    for (size_t bit = 0; bit < 8 * h.n; bit++) {
        header[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(ph_err_class(receive(h, sig, b)), PH_CLASS_PEER);
        header[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t bit = 0; bit < 8 * sizeof(sig); bit++) {
        sig[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(receive(h, sig, b), PH_ERR_FORGED);
        sig[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t bit = 0; bit < 8 * b.n; bit++) {
        body[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(receive(h, sig, b), PH_ERR_FORGED);
        body[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(receive(h, sig, b), PH_OK);
    ph_record_unref(made);
}

static void test_record__refuses_a_body_of_another_size(void **state)
{
    (void)state;
    struct ph_record *made = sample();
    assert_int_equal(receive(made->raw_header, made->sig, ph_bytes(made->body.p, made->body.n - 1)),
                     PH_ERR_FORMAT);
    assert_int_equal(receive(made->raw_header, made->sig, ph_bytes(NULL, 0)), PH_ERR_FORMAT);
    ph_record_unref(made);
}

/* R4: what the same key signed for another purpose, or for another community, signs no record. */
static void test_record__refuses_signatures_of_other_kinds(void **state)
{
    (void)state;
    static const char *const kinds[] = {"roster", "card", "request", "invite", "record 1", "recor"};
    struct ph_record *made = sample();
    uint8_t secret[64];
    uint8_t sig[64];
    ph_test_author_secret(secret);
    for (size_t i = 0; i < PH_LEN(kinds); i++) {
        assert_true(ph_sign(sig, kinds[i], &made->header.community, made->raw_header, secret));
        assert_int_equal(receive(made->raw_header, sig, made->body), PH_ERR_FORGED);
    }
    assert_true(ph_sign(sig, "record", NULL, made->raw_header, secret));
    assert_int_equal(receive(made->raw_header, sig, made->body), PH_ERR_FORGED);
    assert_int_equal(
        crypto_sign_detached(sig, NULL, made->raw_header.p, made->raw_header.n, secret), 0);
    assert_int_equal(receive(made->raw_header, sig, made->body), PH_ERR_FORGED);
    assert_true(ph_sign(sig, "record", &made->header.community, made->raw_header, secret));
    assert_int_equal(receive(made->raw_header, sig, made->body), PH_OK);
    ph_record_unref(made);
}

/* R4: S + L satisfies the same equation. */
static void test_record__refuses_a_signature_with_s_past_the_order(void **state)
{
    (void)state;
    static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                      0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                      0,    0,    0,    0,    0,    0,    0,    0,
                                      0,    0,    0,    0,    0,    0,    0,    0x10};
    struct ph_record *made = sample();
    uint8_t sig[64];
    memcpy(sig, made->sig, sizeof(sig));
    sodium_add(sig + 32, order, sizeof(order));
    assert_int_equal(receive(made->raw_header, sig, made->body), PH_ERR_FORGED);
    ph_record_unref(made);
}

/* Another valid signature by the same key: RFC 8032 with a nonce of the signer's choice. */
static void sign_again(uint8_t out[static 64], const struct ph_record *record)
{
    uint8_t secret[64];
    uint8_t az[64];
    uint8_t scalar[32];
    uint8_t nonce[64] = {1, 2, 3};
    uint8_t r[32];
    uint8_t k[64];
    uint8_t k_reduced[32];
    static const char prefix[] = "posthorn record 1"; /* with its NUL */
    crypto_hash_sha512_state state;
    ph_test_author_secret(secret);
    crypto_hash_sha512(az, secret, 32);
    az[0] &= 248;
    az[31] &= 127;
    az[31] |= 64;
    uint8_t wide[64] = {0};
    memcpy(wide, az, 32);
    crypto_core_ed25519_scalar_reduce(scalar, wide);
    crypto_core_ed25519_scalar_reduce(r, nonce);
    assert_int_equal(crypto_scalarmult_ed25519_base_noclamp(out, r), 0);
    crypto_hash_sha512_init(&state);
    crypto_hash_sha512_update(&state, out, 32);
    crypto_hash_sha512_update(&state, secret + 32, 32);
    crypto_hash_sha512_update(&state, (const uint8_t *)prefix, sizeof(prefix));
    crypto_hash_sha512_update(&state, record->header.community.b, 32);
    crypto_hash_sha512_update(&state, record->raw_header.p, record->raw_header.n);
    crypto_hash_sha512_final(&state, k);
    crypto_core_ed25519_scalar_reduce(k_reduced, k);
    crypto_core_ed25519_scalar_mul(out + 32, k_reduced, scalar);
    crypto_core_ed25519_scalar_add(out + 32, out + 32, r);
}

/* R5. */
static void test_record__keeps_its_id_under_a_second_valid_signature(void **state)
{
    (void)state;
    struct ph_record *made = sample();
    struct ph_record *again;
    uint8_t sig[64];
    sign_again(sig, made);
    assert_memory_not_equal(sig, made->sig, sizeof(sig));
    assert_int_equal(ph_record_new(&again, made->raw_header, sig, made->body, true, NULL), PH_OK);
    assert_int_equal(ph_record_check(again, NULL), PH_OK);
    assert_true(ph_id_equal(&made->id, &again->id));
    ph_record_unref(again);
    ph_record_unref(made);
}

/* R6: header same, body differs. */
static void test_record__has_one_body_for_one_header(void **state)
{
    (void)state;
    struct ph_record *made = sample();
    uint8_t other[64];
    memset(other, 'x', sizeof(other));
    assert_int_equal(receive(made->raw_header, made->sig, ph_bytes(other, made->body.n)),
                     PH_ERR_FORGED);
    ph_record_unref(made);
}

static void test_record__refuses_to_sign_for_another_author(void **state)
{
    (void)state;
    struct ph_header h = ph_test_header(PH_RECORD_ANCHOR, PH_TLP_GREEN, PH_AUDIENCE_COMMUNITY);
    struct ph_record *out = NULL;
    uint8_t other_public[32];
    uint8_t other[64];
    ph_test_ed25519(other_public, other, "another author", 1);
    assert_int_equal(ph_record_make(&out, &h, ph_test_body(), other, NULL), PH_ERR_KEY);
    assert_null(out);
}

static void test_record__is_made_within_its_limits_only(void **state)
{
    (void)state;
    struct ph_header h = ph_test_header(PH_RECORD_ANCHOR, PH_TLP_GREEN, PH_AUDIENCE_COMMUNITY);
    struct ph_record *out = NULL;
    uint8_t secret[64];
    uint8_t *big = calloc(1, PH_BODY_MAX + 1);
    assert_non_null(big);
    ph_test_author_secret(secret);
    assert_int_equal(ph_record_make(&out, &h, ph_bytes(NULL, 0), secret, NULL), PH_ERR_RANGE);
    assert_int_equal(ph_record_make(&out, &h, ph_bytes(big, PH_BODY_MAX + 1), secret, NULL),
                     PH_ERR_LIMIT);
    h.label = PH_TLP_AMBER;
    assert_int_equal(ph_record_make(&out, &h, ph_test_body(), secret, NULL), PH_ERR_MISFIT);
    assert_null(out);
    h.label = PH_TLP_GREEN;
    assert_int_equal(ph_record_make(&out, &h, ph_bytes(big, PH_BODY_MAX), secret, NULL), PH_OK);
    assert_int_equal(ph_record_check(out, NULL), PH_OK);
    ph_record_unref(out);
    free(big);
}

static void test_record__lives_until_its_last_reference(void **state)
{
    (void)state;
    struct ph_record *record = sample();
    assert_ptr_equal(ph_record_ref(record), record);
    ph_record_unref(record);
    assert_int_equal(ph_record_check(record, NULL), PH_OK); /* ASan sees it otherwise */
    ph_record_unref(record);
    ph_record_unref(NULL);
}

static void test_record__survives_every_failed_allocation(void **state)
{
    (void)state;
    struct ph_header h = ph_test_header(PH_RECORD_CONTENT, PH_TLP_AMBER, PH_AUDIENCE_DIRECT);
    uint8_t secret[64];
    ph_test_author_secret(secret);
    enum ph_err err = PH_ERR_NOMEM;
    size_t n;
    for (n = 1; err == PH_ERR_NOMEM; n++) {
        struct ph_record *record = NULL;
        ph_test_fail_at(n);
        err = ph_record_make(&record, &h, ph_test_body(), secret, NULL);
        ph_test_fail_at(0);
        assert_true((record != NULL) == (err == PH_OK));
        ph_record_unref(record);
    }
    assert_int_equal(err, PH_OK);
    assert_true(n > 4);
    ph_header_done(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record__made_here_is_taken_there),
        cmocka_unit_test(test_record__may_come_without_its_body),
        cmocka_unit_test(test_record__refuses_every_single_bit_flip),
        cmocka_unit_test(test_record__refuses_a_body_of_another_size),
        cmocka_unit_test(test_record__refuses_signatures_of_other_kinds),
        cmocka_unit_test(test_record__refuses_a_signature_with_s_past_the_order),
        cmocka_unit_test(test_record__keeps_its_id_under_a_second_valid_signature),
        cmocka_unit_test(test_record__has_one_body_for_one_header),
        cmocka_unit_test(test_record__refuses_to_sign_for_another_author),
        cmocka_unit_test(test_record__is_made_within_its_limits_only),
        cmocka_unit_test(test_record__lives_until_its_last_reference),
        cmocka_unit_test(test_record__survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
