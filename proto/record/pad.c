/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/record/pad.h"

/* Floor of the binary logarithm; @n is at least 1. */
static unsigned log2_floor(uint64_t n)
{
    return 63u - (unsigned)__builtin_clzll(n);
}

/* "E = floor(log2 L), S = floor(log2 E) + 1; the last E - S bits of L must be zero": the length is
 * a float with a mantissa no longer than its exponent, rounded up. */
uint64_t ph_padme(uint64_t n)
{
    if (n < 2)
        return n;
    unsigned e = log2_floor(n);
    unsigned s = log2_floor(e) + 1;
    uint64_t mask = (UINT64_C(1) << (e - s)) - 1;
    return n > UINT64_MAX - mask ? UINT64_MAX : (n + mask) & ~mask;
}
