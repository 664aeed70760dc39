/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/sync/fingerprint.h"

#include <sodium.h>

_Static_assert(sizeof(struct ph_hash) == crypto_hash_sha256_BYTES, "a full fingerprint is SHA-256");

/* sum += other, byte by byte from the little end; the carry out of the last one is the modulus. */
static void add(uint8_t sum[static 32], const uint8_t other[static 32])
{
    unsigned carry = 0;

    for (size_t i = 0; i < 32; i++) {
        carry += (unsigned)sum[i] + other[i];
        sum[i] = (uint8_t)carry;
        carry >>= 8;
    }
}

static void subtract(uint8_t sum[static 32], const uint8_t other[static 32])
{
    unsigned borrow = 0;

    for (size_t i = 0; i < 32; i++) {
        unsigned d = 256u + sum[i] - other[i] - borrow;
        sum[i] = (uint8_t)d;
        borrow = d < 256 ? 1 : 0;
    }
}

void ph_sum_add_id(struct ph_sum *sum, const struct ph_id *id)
{
    add(sum->b, id->b);
    sum->count++;
}

void ph_sum_remove_id(struct ph_sum *sum, const struct ph_id *id)
{
    subtract(sum->b, id->b);
    sum->count--;
}

void ph_sum_add(struct ph_sum *sum, const struct ph_sum *other)
{
    add(sum->b, other->b);
    sum->count += other->count;
}

void ph_sum_remove(struct ph_sum *sum, const struct ph_sum *other)
{
    subtract(sum->b, other->b);
    sum->count -= other->count;
}

bool ph_sum_equal(const struct ph_sum *a, const struct ph_sum *b)
{
    return a->count == b->count && memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

/* Negentropy V1: "base-128 digits, most significant digit first, with as few digits as possible."
 */
size_t ph__varint_encode(uint8_t out[static PH_VARINT_MAX], uint64_t v)
{
    size_t n = 1;

    for (uint64_t rest = v >> 7; rest; rest >>= 7)
        n++;
    for (size_t i = n; i-- > 0; v >>= 7)
        out[i] = (uint8_t)((v & 0x7f) | (i + 1 < n ? 0x80 : 0));
    return n;
}

/* Negentropy V1: "Compute the addition mod 2^256 of the element IDs … Concatenate with the number
 * of elements in the Range, encoded as a Varint … Hash with SHA-256". */
struct ph_hash ph_fingerprint_full(const struct ph_sum *sum)
{
    uint8_t input[sizeof(sum->b) + PH_VARINT_MAX];
    struct ph_hash out;
    size_t n;

    memcpy(input, sum->b, sizeof(sum->b));
    n = sizeof(sum->b) + ph__varint_encode(input + sizeof(sum->b), sum->count);
    crypto_hash_sha256(out.b, input, n);
    return out;
}

/* "Take the first 16 bytes" */
void ph_fingerprint(uint8_t out[static PH_FINGERPRINT_LEN], const struct ph_sum *sum)
{
    struct ph_hash full = ph_fingerprint_full(sum);

    memcpy(out, full.b, PH_FINGERPRINT_LEN);
}
