/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/random.h"

#include <sodium.h>

#include "proto/base/assert.h"

_Static_assert(crypto_stream_chacha20_KEYBYTES == 32 && crypto_stream_chacha20_NONCEBYTES == 8,
               "the original ChaCha20, with a nonce of 64 bits");

void ph_random_init(struct ph_random *random, const uint8_t seed[static 32])
{
    *random = (struct ph_random){.block = 0, .used = sizeof(random->bytes)};
    memcpy(random->seed, seed, sizeof(random->seed));
}

static void refill(struct ph_random *random)
{
    uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];
    random->block++;
    ph_put_be64(nonce, random->block);
    int rc = crypto_stream_chacha20(random->bytes, sizeof(random->bytes), nonce, random->seed);
    PH_ASSERT(rc == 0);
    random->used = 0;
}

void ph_random_bytes(struct ph_random *random, void *out, size_t n)
{
    uint8_t *to = out;
    while (n > 0) {
        if (random->used == sizeof(random->bytes))
            refill(random);
        size_t some = PH_MIN(n, sizeof(random->bytes) - random->used);
        memcpy(to, random->bytes + random->used, some);
        random->used += some;
        to += some;
        n -= some;
    }
}

uint64_t ph_random_u64(struct ph_random *random)
{
    uint8_t bytes[8];
    ph_random_bytes(random, bytes, sizeof(bytes));
    return ph_get_be64(bytes);
}

uint64_t ph_random_below(struct ph_random *random, uint64_t n)
{
    PH_ASSERT(n > 0);
    /* 2^64 mod n numbers at the bottom are thrown away, so that each remainder is as likely. */
    uint64_t first = (UINT64_MAX - n + 1) % n;
    uint64_t v;
    do {
        v = ph_random_u64(random);
    } while (v < first);
    return v % n;
}

ph_ms ph_random_full_jitter(struct ph_random *random, ph_ms base, ph_ms cap, unsigned attempt)
{
    ph_ms most = attempt < 64 && base <= cap >> attempt ? base << attempt : cap;
    if (most == UINT64_MAX)
        return ph_random_u64(random);
    return ph_random_below(random, most + 1);
}
