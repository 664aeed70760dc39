/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/text.h"

void ph_hex(char *out, struct ph_bytes bytes)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes.n; i++) {
        *out++ = digits[bytes.p[i] >> 4];
        *out++ = digits[bytes.p[i] & 15];
    }
    *out = '\0';
}

/* Value of a hex digit, or -1. */
static int digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool ph_hex_parse(uint8_t *out, size_t n, struct ph_bytes text)
{
    if (n > SIZE_MAX / 2 || text.n != 2 * n)
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (digit(text.p[i]) < 0)
            return false;
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(digit(text.p[2 * i]) << 4 | digit(text.p[2 * i + 1]));
    return true;
}
