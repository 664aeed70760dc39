/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/limits.h"
#include "proto/base/text.h"
#include "proto/wire/cipher.h"
#include "tests/lib/test.h"

static struct ph_cipher cipher_of(uint8_t first)
{
    struct ph_cipher cipher;
    uint8_t key[32];

    for (size_t i = 0; i < sizeof(key); i++)
        key[i] = (uint8_t)(first + i);
    ph_cipher_init(&cipher, key);
    return cipher;
}

static const uint8_t plain[] = "an envelope for the night mail";

static void test_cipher__opens_what_it_sealed_in_order(void **state)
{
    struct ph_cipher tx = cipher_of(0);
    struct ph_cipher rx = cipher_of(0);
    uint8_t sealed[sizeof(plain) + PH_NOISE_TAG];
    uint8_t opened[sizeof(plain)];

    (void)state;
    for (uint64_t n = 0; n < 3; n++) {
        assert_int_equal(tx.nonce, n);
        assert_int_equal(ph_cipher_encrypt(&tx, sealed, ph_bytes(plain, sizeof(plain))), PH_OK);
        assert_int_equal(ph_cipher_decrypt(&rx, opened, ph_bytes(sealed, sizeof(sealed))), PH_OK);
        assert_memory_equal(opened, plain, sizeof(plain));
    }
}

static void test_cipher__works_in_place(void **state)
{
    struct ph_cipher tx = cipher_of(0);
    struct ph_cipher rx = cipher_of(0);
    uint8_t b[sizeof(plain) + PH_NOISE_TAG];

    (void)state;
    memcpy(b, plain, sizeof(plain));
    assert_int_equal(ph_cipher_encrypt(&tx, b, ph_bytes(b, sizeof(plain))), PH_OK);
    assert_memory_not_equal(b, plain, sizeof(plain));
    assert_int_equal(ph_cipher_decrypt(&rx, b, ph_bytes(b, sizeof(b))), PH_OK);
    assert_memory_equal(b, plain, sizeof(plain));
}

static void test_cipher__refuses_replay_and_keeps_its_place(void **state)
{
    struct ph_cipher tx = cipher_of(0);
    struct ph_cipher rx = cipher_of(0);
    uint8_t first[sizeof(plain) + PH_NOISE_TAG];
    uint8_t second[sizeof(plain) + PH_NOISE_TAG];
    uint8_t opened[sizeof(plain)];

    (void)state;
    assert_int_equal(ph_cipher_encrypt(&tx, first, ph_bytes(plain, sizeof(plain))), PH_OK);
    assert_int_equal(ph_cipher_encrypt(&tx, second, ph_bytes(plain, sizeof(plain))), PH_OK);
    assert_int_equal(ph_cipher_decrypt(&rx, opened, ph_bytes(second, sizeof(second))),
                     PH_ERR_FORGED);
    for (size_t i = 0; i < sizeof(opened); i++)
        assert_int_equal(opened[i], 0);
    assert_int_equal(rx.nonce, 0);
    assert_int_equal(ph_cipher_decrypt(&rx, opened, ph_bytes(first, sizeof(first))), PH_OK);
    assert_int_equal(ph_cipher_decrypt(&rx, opened, ph_bytes(first, sizeof(first))), PH_ERR_FORGED);
    assert_int_equal(rx.nonce, 1);
}

static void test_cipher__refuses_less_than_a_tag(void **state)
{
    struct ph_cipher rx = cipher_of(0);
    uint8_t sealed[PH_NOISE_TAG] = {0};
    uint8_t opened[1] = {0};

    (void)state;
    for (size_t n = 0; n < PH_NOISE_TAG; n++)
        assert_int_equal(ph_cipher_decrypt(&rx, opened, ph_bytes(sealed, n)), PH_ERR_TRUNCATED);
    assert_int_equal(ph_cipher_decrypt(&rx, opened, ph_bytes(sealed, sizeof(sealed))),
                     PH_ERR_FORGED);
}

/* Noise, section 5.1: "If incrementing n results in 2^64-1, then any further EncryptWithAd() or
 * DecryptWithAd() calls will signal an error." */
static void test_cipher__stops_before_the_nonce_that_rekey_uses(void **state)
{
    struct ph_cipher tx = cipher_of(0);
    struct ph_cipher rx = cipher_of(0);
    uint8_t sealed[sizeof(plain) + PH_NOISE_TAG];
    uint8_t untouched[sizeof(sealed)];
    uint8_t opened[sizeof(plain)];

    (void)state;
    tx.nonce = rx.nonce = UINT64_MAX - 2;
    for (int i = 0; i < 2; i++) { /* 2^64-3 and 2^64-2 */
        assert_int_equal(ph_cipher_encrypt(&tx, sealed, ph_bytes(plain, sizeof(plain))), PH_OK);
        assert_int_equal(ph_cipher_decrypt(&rx, opened, ph_bytes(sealed, sizeof(sealed))), PH_OK);
        if (i == 0)
            assert_int_equal(tx.nonce, UINT64_MAX - 1);
    }
    memcpy(untouched, sealed, sizeof(sealed));
    assert_int_equal(ph_cipher_encrypt(&tx, sealed, ph_bytes(plain, sizeof(plain))), PH_ERR_LIMIT);
    assert_memory_equal(sealed, untouched, sizeof(sealed));
    assert_int_equal(ph_cipher_decrypt(&rx, opened, ph_bytes(sealed, sizeof(sealed))),
                     PH_ERR_LIMIT);
    ph_cipher_rekey(&tx); /* does not bring the nonce back */
    assert_int_equal(ph_cipher_encrypt(&tx, sealed, ph_bytes(plain, sizeof(plain))), PH_ERR_LIMIT);
}

/* Expected key: ChaCha20-Poly1305 of OpenSSL over 32 zero bytes, nonce 0^32 || 2^64-1. */
static void test_cipher__rekeys_as_the_specification_says(void **state)
{
    static const char expected[] =
        "50835543a205b22c9323f2022bc4f67d838f90e61d5ccf33c4513e01f85b5042";
    struct ph_cipher cipher = cipher_of(0);
    char hex[65];

    (void)state;
    cipher.nonce = 77;
    ph_cipher_rekey(&cipher);
    ph_hex(hex, ph_bytes(cipher.key, sizeof(cipher.key)));
    assert_string_equal(hex, expected);
    assert_int_equal(cipher.nonce, 77);
}

static void test_cipher__is_wiped(void **state)
{
    struct ph_cipher cipher = cipher_of(1);
    struct ph_cipher zero = {.nonce = 0};

    (void)state;
    cipher.nonce = 5;
    ph_cipher_done(&cipher);
    assert_memory_equal(&cipher, &zero, sizeof(zero));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cipher__opens_what_it_sealed_in_order),
        cmocka_unit_test(test_cipher__works_in_place),
        cmocka_unit_test(test_cipher__refuses_replay_and_keeps_its_place),
        cmocka_unit_test(test_cipher__refuses_less_than_a_tag),
        cmocka_unit_test(test_cipher__stops_before_the_nonce_that_rekey_uses),
        cmocka_unit_test(test_cipher__rekeys_as_the_specification_says),
        cmocka_unit_test(test_cipher__is_wiped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
