/* SPDX-License-Identifier: Apache-2.0
 *
 * Expected values come from outside: RFC 7693, appendix A, for the library, CPython's
 * hashlib.blake2b and OpenSSL's Ed25519 for our framing. */
#include "proto/base/hash.h"
#include "proto/base/text.h"
#include "tests/lib/fail.h"
#include "tests/lib/test.h"

static void assert_hash(struct ph_hash hash, const char *want)
{
    char text[65];
    ph_hex(text, ph_bytes(hash.b, sizeof(hash.b)));
    assert_string_equal(text, want);
}

static void test_hash__rests_on_blake2b_as_published(void **state)
{
    (void)state;
    static const char want[] = "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
                               "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923";
    uint8_t out[64];
    char text[129];
    assert_int_equal(crypto_generichash(out, 64, (const uint8_t *)"abc", 3, NULL, 0), 0);
    ph_hex(text, ph_bytes(out, sizeof(out)));
    assert_string_equal(text, want);
}

static void test_hash__frames_as_documented(void **state)
{
    (void)state;
    struct ph_bytes abc = ph_bytes_str("abc");
    uint8_t bytes[1000];
    uint8_t key[32];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)i;
    memcpy(key, bytes, sizeof(key));
    assert_hash(ph_hash_one("record id", ph_bytes(NULL, 0)),
                "6cb6e30db5b93f07c9279419c794b29a0db02d67da29ce3d31aa2d82bbe5007e");
    assert_hash(ph_hash_one("record id", abc),
                "1f13ceb904275f1610da02da8134acf40f0a2fe38f61ae0acd5f23101968db2f");
    assert_hash(ph_hash_one("record id", ph_bytes(bytes, sizeof(bytes))),
                "0ad574445da5109704b4b12b79fb8c2cd5efc214b6b9dd16f813e4af8349aca9");
    assert_hash(ph_hash_keyed("blind term", key, &abc, 1),
                "57203c8c8f9ae6e79d185e7f1b3478322e9b44bb6f0f63add2b02ba5bbda58b9");
}

static void test_hash__gives_the_same_however_the_input_is_cut(void **state)
{
    (void)state;
    static const char text[] = "the courier rides at dawn";
    struct ph_hash whole = ph_hash_one("record id", ph_bytes_str(text));
    for (size_t cut = 0; cut < sizeof(text); cut++) {
        const struct ph_bytes pieces[] = {ph_bytes(text, cut), ph_bytes_str(text + cut)};
        struct ph_hash hash = ph_hash_of("record id", pieces, 2);
        assert_true(ph_hash_equal(&hash, &whole));
        struct ph_hasher h;
        ph_hasher_init(&h, "record id");
        ph_hasher_add(&h, pieces[0]);
        ph_hasher_add(&h, pieces[1]);
        hash = ph_hasher_end(&h);
        assert_true(ph_hash_equal(&hash, &whole));
    }
}

static void test_hash__keeps_uses_and_keys_apart(void **state)
{
    (void)state;
    uint8_t keys[2][32] = {{0}, {1}};
    struct ph_bytes abc = ph_bytes_str("abc");
    /* Uses that run into each other without the NUL, and inputs that look like another use. */
    const struct ph_hash hashes[] = {
        ph_hash_one("record", abc),
        ph_hash_one("record 1", abc),
        ph_hash_one("record id", abc),
        ph_hash_one("recor", ph_bytes_str("d 1")),
        ph_hash_one("record", ph_bytes_str("")),
        ph_hash_keyed("record", keys[0], &abc, 1),
        ph_hash_keyed("record", keys[1], &abc, 1),
        ph_hash_keyed("roster", keys[1], &abc, 1),
    };
    for (size_t i = 0; i < PH_LEN(hashes); i++)
        for (size_t j = 0; j < i; j++)
            assert_false(ph_hash_equal(&hashes[i], &hashes[j]));
}

struct signer {
    uint8_t public_key[32];
    uint8_t secret[64];
};

static struct signer signer_of(uint8_t first)
{
    struct signer s;
    uint8_t seed[32];
    for (size_t i = 0; i < sizeof(seed); i++)
        seed[i] = (uint8_t)(first + i);
    assert_int_equal(crypto_sign_seed_keypair(s.public_key, s.secret, seed), 0);
    return s;
}

static void test_sign__covers_kind_and_community_as_documented(void **state)
{
    (void)state;
    struct signer s = signer_of(0);
    struct ph_hash community;
    memset(community.b, 7, sizeof(community.b));
    uint8_t signature[64];
    char text[129];
    assert_true(ph_sign(signature, "record", NULL, ph_bytes_str("abc"), s.secret));
    ph_hex(text, ph_bytes(signature, sizeof(signature)));
    assert_string_equal(text, "792b3fe47fb53ea2d4473fb7dde214d3289e815dc37401b29a89cbb085f3f746"
                              "43785ee07982c75a6fa6bdcacea0ef374eb41abae07d05beba54da81c4e52e0c");
    assert_true(ph_sign(signature, "roster", &community, ph_bytes_str("abc"), s.secret));
    ph_hex(text, ph_bytes(signature, sizeof(signature)));
    assert_string_equal(text, "cb79e3008ee0b5363bc5f370e3a07590be128d5a9804e8fab4ec3647b769dfd5"
                              "5964e756a78e15ec60bf67b3a2a0e6a11babc32ae5bcde7662e0465018761209");
}

static void test_sign__serves_one_kind_one_community_one_key_and_one_text(void **state)
{
    (void)state;
    struct signer s = signer_of(0);
    struct signer other = signer_of(1);
    struct ph_hash here = {.b = {1}};
    struct ph_hash there = {.b = {2}};
    struct ph_bytes abc = ph_bytes_str("abc");
    uint8_t sig[64];
    assert_true(ph_sign(sig, "card", &here, abc, s.secret));
    assert_true(ph_signature_is_valid(sig, "card", &here, abc, s.public_key));

    assert_false(ph_signature_is_valid(sig, "roster", &here, abc, s.public_key));
    assert_false(ph_signature_is_valid(sig, "card", &there, abc, s.public_key));
    assert_false(ph_signature_is_valid(sig, "card", NULL, abc, s.public_key));
    assert_false(ph_signature_is_valid(sig, "card", &here, abc, other.public_key));
    assert_false(ph_signature_is_valid(sig, "card", &here, ph_bytes_str("ab"), s.public_key));
    assert_false(ph_signature_is_valid(sig, "card", &here, ph_bytes_str("abd"), s.public_key));
    assert_int_equal(ph_signature_check(sig, "roster", &here, abc, s.public_key), PH_ERR_FORGED);
}

static void test_sign__takes_no_community_as_zeroes(void **state)
{
    (void)state;
    struct signer s = signer_of(0);
    static const struct ph_hash zero;
    uint8_t sig[64];
    assert_true(ph_sign(sig, "roster", NULL, ph_bytes(NULL, 0), s.secret));
    assert_true(ph_signature_is_valid(sig, "roster", &zero, ph_bytes(NULL, 0), s.public_key));
}

static void test_sign__refuses_every_changed_bit(void **state)
{
    (void)state;
    struct signer s = signer_of(0);
    struct ph_hash community = {.b = {1}};
    uint8_t sig[64];
    assert_true(ph_sign(sig, "card", &community, ph_bytes_str("abc"), s.secret));
    for (size_t bit = 0; bit < 8 * sizeof(sig); bit++) {
        sig[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(
            ph_signature_is_valid(sig, "card", &community, ph_bytes_str("abc"), s.public_key));
        sig[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void test_sign__works_on_texts_of_any_size(void **state)
{
    (void)state;
    static uint8_t text[20000];
    struct signer s = signer_of(0);
    static const size_t sizes[] = {0, 1, 970, 971, 972, 973, 974, 975, 976, 977, 1024, 20000};
    for (size_t i = 0; i < PH_LEN(sizes); i++) {
        uint8_t sig[64];
        struct ph_bytes bytes = ph_bytes(text, sizes[i]);
        assert_true(ph_sign(sig, "card", NULL, bytes, s.secret));
        assert_true(ph_signature_is_valid(sig, "card", NULL, bytes, s.public_key));
        if (sizes[i] > 0) {
            text[sizes[i] - 1] ^= 1;
            assert_false(ph_signature_is_valid(sig, "card", NULL, bytes, s.public_key));
            text[sizes[i] - 1] ^= 1;
        }
    }
}

static void test_sign__blames_nobody_when_memory_runs_out(void **state)
{
    (void)state;
    static uint8_t text[20000];
    struct signer s = signer_of(0);
    uint8_t sig[64];
    struct ph_bytes bytes = ph_bytes(text, sizeof(text));
    assert_true(ph_sign(sig, "card", NULL, bytes, s.secret));
    ph_test_fail_at(1);
    assert_int_equal(ph_signature_check(sig, "card", NULL, bytes, s.public_key), PH_ERR_NOMEM);
    ph_test_fail_at(1);
    assert_false(ph_sign(sig, "card", NULL, bytes, s.secret));
    ph_test_fail_at(0);
    assert_int_equal(ph_signature_check(sig, "card", NULL, bytes, s.public_key), PH_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash__rests_on_blake2b_as_published),
        cmocka_unit_test(test_hash__frames_as_documented),
        cmocka_unit_test(test_hash__gives_the_same_however_the_input_is_cut),
        cmocka_unit_test(test_hash__keeps_uses_and_keys_apart),
        cmocka_unit_test(test_sign__covers_kind_and_community_as_documented),
        cmocka_unit_test(test_sign__serves_one_kind_one_community_one_key_and_one_text),
        cmocka_unit_test(test_sign__takes_no_community_as_zeroes),
        cmocka_unit_test(test_sign__refuses_every_changed_bit),
        cmocka_unit_test(test_sign__works_on_texts_of_any_size),
        cmocka_unit_test(test_sign__blames_nobody_when_memory_runs_out),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
