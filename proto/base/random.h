/* SPDX-License-Identifier: Apache-2.0
 *
 * Seeded numbers for jitter and choice: the same seed gives the same numbers on every machine.
 * Never for keys, nonces or anything secret: those come from the host.
 *
 * ChaCha20 rather than a faster generator, because peers see choices that come from it (whom a node
 * dials, when it answers) and must not foresee the next ones. */
#ifndef PH_BASE_RANDOM_H
#define PH_BASE_RANDOM_H

#include "proto/base/base.h"

struct ph_random {
    uint8_t seed[32];
    uint64_t block; /* number of the block in @bytes, from 1 */
    size_t used;    /* bytes of it given out */
    uint8_t bytes[256];
};

/** A generator that starts from @seed. Hosts draw the seed at random, tests and the simulator do
 * not. */
void ph_random_init(struct ph_random *random, const uint8_t seed[static 32]);
/** Fill @n bytes. */
void ph_random_bytes(struct ph_random *random, void *out, size_t n);
/** Uniform over all 64-bit numbers. */
uint64_t ph_random_u64(struct ph_random *random);
/** Uniform over 0 to @n - 1, without bias; @n is at least 1. */
uint64_t ph_random_below(struct ph_random *random, uint64_t n);
/** Back-off with full jitter: uniform over 0 to min(@cap, @base * 2^@attempt), both ends included.
 */
ph_ms ph_random_full_jitter(struct ph_random *random, ph_ms base, ph_ms cap, unsigned attempt);

#endif
