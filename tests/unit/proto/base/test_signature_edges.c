/* SPDX-License-Identifier: Apache-2.0
 *
 * The edges of Ed25519 where implementations differ, after Chalkias, Garillot and Nikolaenko,
 * "Taming the many EdDSAs" (SSR 2020, ePrint 2020/1244), table 1. The published vectors fix their
 * messages; ours begin with a kind and a community, so the same cases are built here. Which
 * signatures are valid decides who holds a record: two nodes that disagree never converge, so each
 * verdict is pinned.
 *
 * Words: L is the group's order, T a point of order 8, B the base point, h the hash of R, A and
 * message. A = aB + iT, R = rB + jT and S = r + ha fulfil SB = R + hA exactly when j + hi = 0 mod
 * 8, and the cofactored equation always. Each case counts up a message until h is as it needs to
 * be. */
#include "proto/base/hash.h"
#include "tests/lib/test.h"

#define KIND "record"
static const uint8_t prefix[] = "posthorn record 1"; /* with its NUL */
static const struct ph_hash community = {.b = {0xc0, 0xff, 0xee}};

static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                  0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                                  0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

/* A point of order 8. */
static const uint8_t torsion[32] = {
    0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
    0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a};

struct point {
    uint8_t b[32];
};

static struct point identity(void)
{
    return (struct point){.b = {1}};
}

/* kT, for k below 8. */
static struct point torsion_times(unsigned k)
{
    struct point p = identity();
    for (unsigned i = 0; i < k; i++)
        assert_int_equal(crypto_core_ed25519_add(p.b, p.b, torsion), 0);
    return p;
}

/* xB + kT; without the first part when @x is NULL. */
static struct point point_of(const uint8_t *x, unsigned k)
{
    struct point p = torsion_times(k);
    if (!x)
        return p;
    struct point q;
    assert_int_equal(crypto_scalarmult_ed25519_base_noclamp(q.b, x), 0);
    assert_int_equal(crypto_core_ed25519_add(p.b, p.b, q.b), 0);
    return p;
}

static void scalar_of(uint8_t out[static 32], uint8_t seed)
{
    uint8_t wide[64];
    memset(wide, seed, sizeof(wide));
    crypto_core_ed25519_scalar_reduce(out, wide);
}

/* h = SHA-512(R || A || what ph_sign() covers) mod L */
static void challenge(uint8_t out[static 32], const uint8_t *r, const uint8_t *a, uint32_t message)
{
    crypto_hash_sha512_state state;
    uint8_t wide[64];
    assert_int_equal(crypto_hash_sha512_init(&state), 0);
    assert_int_equal(crypto_hash_sha512_update(&state, r, 32), 0);
    assert_int_equal(crypto_hash_sha512_update(&state, a, 32), 0);
    assert_int_equal(crypto_hash_sha512_update(&state, prefix, sizeof(prefix)), 0);
    assert_int_equal(crypto_hash_sha512_update(&state, community.b, sizeof(community.b)), 0);
    uint8_t bytes[4];
    ph_put_be32(bytes, message);
    assert_int_equal(crypto_hash_sha512_update(&state, bytes, sizeof(bytes)), 0);
    assert_int_equal(crypto_hash_sha512_final(&state, wide), 0);
    crypto_core_ed25519_scalar_reduce(out, wide);
}

static bool is_valid(const uint8_t *signature, const uint8_t *public_key, uint32_t message)
{
    uint8_t bytes[4];
    ph_put_be32(bytes, message);
    return ph_signature_is_valid(signature, KIND, &community, ph_bytes(bytes, sizeof(bytes)),
                                 public_key);
}

/* One row of the paper's table. A "large" part is a multiple of B. */
struct edge {
    const char *what;
    bool a_large;
    unsigned a_torsion;
    bool r_large;
    unsigned r_torsion;
    bool exact; /* SB = R + hA holds, not only its multiple by 8 */
    bool accepted;
};

static const struct edge edges[] = {
    {"as everyone signs", true, 0, true, 0, true, true},
    {"0: S = 0, A and R small", false, 1, false, 3, true, false},
    {"1: A small, R mixed", false, 1, true, 3, true, false},
    {"2: A mixed, R small", true, 1, false, 3, true, false},
    {"3: A and R mixed", true, 1, true, 3, true, true},
    {"4: A and R mixed, cofactored only", true, 1, true, 3, false, false},
    {"5: A mixed, R of order L, cofactored only", true, 1, true, 0, false, false},
    {"A of order L, R mixed, cofactored only", true, 0, true, 1, false, false},
    {"A is the identity", false, 0, true, 0, true, false},
    {"R is the identity", true, 0, false, 0, true, false},
};

static void test_signature__is_valid_or_not_at_each_edge(void **state)
{
    (void)state;
    for (size_t i = 0; i < PH_LEN(edges); i++) {
        const struct edge *e = &edges[i];
        uint8_t a[32], r[32], h[32], sig[64];
        scalar_of(a, 0x11);
        scalar_of(r, 0x22);
        struct point pa = point_of(e->a_large ? a : NULL, e->a_torsion);
        struct point pr = point_of(e->r_large ? r : NULL, e->r_torsion);
        uint32_t message = 0;
        bool exact;
        do { /* h mod 8 is its lowest byte mod 8 */
            challenge(h, pr.b, pa.b, ++message);
            exact = (e->r_torsion + (h[0] & 7u) * e->a_torsion) % 8 == 0;
        } while (exact != e->exact);

        static const uint8_t zero[32];
        uint8_t ha[32];
        crypto_core_ed25519_scalar_mul(ha, h, e->a_large ? a : zero);
        memcpy(sig, pr.b, 32);
        crypto_core_ed25519_scalar_add(sig + 32, ha, e->r_large ? r : zero);
        if (is_valid(sig, pa.b, message) != e->accepted)
            fail_msg("%s", e->what);
    }
}

/* @s + k times L, in 256 bits. */
static void add_order(uint8_t s[static 32], unsigned k)
{
    for (; k > 0; k--) {
        unsigned carry = 0;
        for (size_t i = 0; i < 32; i++) {
            carry += (unsigned)s[i] + order[i];
            s[i] = (uint8_t)carry;
            carry >>= 8;
        }
        assert_int_equal(carry, 0);
    }
}

/* Rows 6 and 7: S + kL satisfies the equation too, and would give a signature many spellings. */
static void test_signature__is_refused_when_s_is_not_reduced(void **state)
{
    (void)state;
    uint8_t seed[32] = {1};
    uint8_t public_key[32], secret[64], sig[64], bytes[4];
    assert_int_equal(crypto_sign_seed_keypair(public_key, secret, seed), 0);
    ph_put_be32(bytes, 1);
    assert_true(ph_sign(sig, KIND, &community, ph_bytes(bytes, sizeof(bytes)), secret));
    assert_true(is_valid(sig, public_key, 1));
    for (unsigned k = 1; k < 15; k++) {
        uint8_t changed[64];
        memcpy(changed, sig, sizeof(changed));
        add_order(changed + 32, k);
        assert_false(is_valid(changed, public_key, 1));
    }
}

/* The encodings of small points that are not their shortest: y of p or more, or a sign on x = 0. */
static const uint8_t non_canonical[][32] = {
#define FF8 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff
    {0x01, [31] = 0x80},                                             /* 1, signed */
    {0xec, FF8, FF8, FF8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, /* -1, signed */
    {0xed, FF8, FF8, FF8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, /* p */
    {0xed, FF8, FF8, FF8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, /* p, signed */
    {0xee, FF8, FF8, FF8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, /* p + 1 */
    {0xee, FF8, FF8, FF8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, /* p + 1, signed */
#undef FF8
};

/* Rows 8 to 11. With R or A small, S is chosen as if h(part) were right; the order of each such
 * point divides 8, so among 64 messages the equation holds for some, whatever the point is. */
static void test_signature__is_refused_for_points_spelt_otherwise(void **state)
{
    (void)state;
    uint8_t x[32];
    scalar_of(x, 0x33);
    for (size_t i = 0; i < PH_LEN(non_canonical); i++) {
        for (unsigned k = 0; k < 8; k++) {
            struct point large = point_of(x, k);
            for (uint32_t message = 0; message < 64; message++) {
                uint8_t h[32], sig[64];
                challenge(h, non_canonical[i], large.b, message); /* as R */
                memcpy(sig, non_canonical[i], 32);
                crypto_core_ed25519_scalar_mul(sig + 32, h, x);
                assert_false(is_valid(sig, large.b, message));

                memcpy(sig, large.b, 32); /* as A: S = r */
                memcpy(sig + 32, x, 32);
                assert_false(is_valid(sig, non_canonical[i], message));
            }
        }
    }
}

static void test_signature__is_refused_for_every_small_key(void **state)
{
    (void)state;
    uint8_t x[32];
    scalar_of(x, 0x44);
    for (unsigned k = 0; k < 8; k++) {
        struct point small = torsion_times(k);
        for (unsigned j = 0; j < 8; j++) {
            struct point large = point_of(x, j);
            uint8_t sig[64];
            memcpy(sig, large.b, 32);
            memcpy(sig + 32, x, 32);
            for (uint32_t message = 0; message < 16; message++)
                assert_false(is_valid(sig, small.b, message));
        }
    }
}

static void test_signature__is_refused_for_keys_off_the_curve(void **state)
{
    (void)state;
    uint8_t sig[64] = {1};
    unsigned off = 0;
    for (uint8_t y = 2; y < 100; y++) {
        uint8_t key[32] = {y};
        if (!crypto_core_ed25519_is_valid_point(key))
            off++;
        assert_false(is_valid(sig, key, 0));
    }
    assert_true(off > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signature__is_valid_or_not_at_each_edge),
        cmocka_unit_test(test_signature__is_refused_when_s_is_not_reduced),
        cmocka_unit_test(test_signature__is_refused_for_points_spelt_otherwise),
        cmocka_unit_test(test_signature__is_refused_for_every_small_key),
        cmocka_unit_test(test_signature__is_refused_for_keys_off_the_curve),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
