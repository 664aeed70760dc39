/* SPDX-License-Identifier: Apache-2.0
 *
 * Sums over sets of ids, and the fingerprints made of them.
 *
 * A range's sum is the addition of its ids as 256-bit little-endian numbers, modulo 2^256, with
 * their count beside it. Sums can be added and taken apart again, so the store keeps them per time
 * bucket and a range costs a few additions. A fingerprint is what travels (Negentropy Protocol V1,
 * "Fingerprint Algorithm"). No secrecy: a patient member can make two sets of equal sum, which is
 * why channels are also compared under a salt once a day. */
#ifndef PH_SYNC_FINGERPRINT_H
#define PH_SYNC_FINGERPRINT_H

#include "proto/base/base.h"

#define PH_FINGERPRINT_LEN 16

/** Count and sum of a set of ids. Zero-initialised: the empty set. */
struct ph_sum {
    uint64_t count;
    uint8_t b[32]; /* little-endian */
};

/** Put one id into the set; it must not be in it already. */
void ph_sum_add_id(struct ph_sum *sum, const struct ph_id *id);
/** Take one id out of the set; it must be in it. */
void ph_sum_remove_id(struct ph_sum *sum, const struct ph_id *id);
/** Union with a disjoint set. */
void ph_sum_add(struct ph_sum *sum, const struct ph_sum *other);
/** Difference with a subset. */
void ph_sum_remove(struct ph_sum *sum, const struct ph_sum *other);
bool ph_sum_equal(const struct ph_sum *a, const struct ph_sum *b);

/** SHA-256 over sum and count as varint: all of it, for HEADS. */
struct ph_hash ph_fingerprint_full(const struct ph_sum *sum);
/** Its first 16 bytes, as Negentropy sends them. */
void ph_fingerprint(uint8_t out[static PH_FINGERPRINT_LEN], const struct ph_sum *sum);

/* A number as Negentropy writes it: base-128 digits, most significant first. Returns its length.
 * Shared with negentropy_code.c. */
#define PH_VARINT_MAX 10
size_t ph__varint_encode(uint8_t out[static PH_VARINT_MAX], uint64_t v);

#endif
