/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/intel/digest.h"

const char *ph_digest_name(size_t n)
{
    switch (n) {
    case 32:
        return "MD5";
    case 40:
        return "SHA-1";
    case 64:
        return "SHA-256";
    case 128:
        return "SHA-512";
    default:
        return NULL;
    }
}

enum ph_err ph_digest_normalise(char out[static PH_DIGEST_MAX + 1], size_t *out_n,
                                struct ph_bytes text, struct ph_why *why)
{
    char hex[PH_DIGEST_MAX + 1];
    if (!ph_digest_name(text.n))
        return ph_fail(why, PH_ERR_INPUT, "a hash has 32, 40, 64 or 128 hex characters, not %zu",
                       text.n);
    for (size_t i = 0; i < text.n; i++) {
        char c = (char)text.p[i];
        if (c >= 'A' && c <= 'F')
            c = (char)(c - 'A' + 'a');
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return ph_fail(why, PH_ERR_INPUT, "hash has no hex digit at column %zu", i + 1);
        hex[i] = c;
    }
    memcpy(out, hex, text.n);
    out[text.n] = '\0';
    *out_n = text.n;
    return PH_OK;
}
