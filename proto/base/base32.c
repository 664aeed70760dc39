/* SPDX-License-Identifier: Apache-2.0
 *
 * Text forms of keys: prefix, '1', base32 of key and checksum. 36 bytes are 288 bits, so 58
 * characters with two bits to spare, which must be zero: one key has one text. */
#include "proto/base/assert.h"
#include "proto/base/hash.h"
#include "proto/base/text.h"

#define KEY_BYTES   32
#define CHECK_BYTES 4
#define PREFIX_MAX  7
#define DIGITS      ((8 * (KEY_BYTES + CHECK_BYTES) + 4) / 5)

_Static_assert(PREFIX_MAX + 1 + DIGITS + 1 <= PH_KEY_TEXT_MAX, "any key's text fits");

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

static void checksum(uint8_t out[static CHECK_BYTES], const char *prefix,
                     const uint8_t key[static KEY_BYTES])
{
    const struct ph_bytes pieces[] = {ph_bytes(key, KEY_BYTES), ph_bytes_str(prefix)};
    struct ph_hash hash = ph_hash_of("key text", pieces, PH_LEN(pieces));
    memcpy(out, hash.b, CHECK_BYTES);
}

void ph_base32_key(char out[static PH_KEY_TEXT_MAX], const char *prefix,
                   const uint8_t key[static 32])
{
    size_t length = strlen(prefix);
    PH_ASSERT(length > 0 && length <= PREFIX_MAX);
    uint8_t bytes[KEY_BYTES + CHECK_BYTES];
    memcpy(bytes, key, KEY_BYTES);
    checksum(bytes + KEY_BYTES, prefix, key);

    memcpy(out, prefix, length);
    out += length;
    *out++ = '1';
    unsigned bits = 0;
    unsigned n_bits = 0;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bits = bits << 8 | bytes[i];
        n_bits += 8;
        for (; n_bits >= 5; n_bits -= 5)
            *out++ = alphabet[bits >> (n_bits - 5) & 31];
    }
    *out++ = alphabet[bits << (5 - n_bits) & 31];
    *out = '\0';
}

/* Value of a base32 digit, or -1. */
static int digit(uint8_t c)
{
    if (c >= 'a' && c <= 'z')
        return c - 'a';
    if (c >= '2' && c <= '7')
        return c - '2' + 26;
    return -1;
}

/* Refuse a text that does not begin with @prefix and '1', and name what it begins with instead. */
static enum ph_err check_prefix(const char *prefix, struct ph_bytes text, struct ph_why *why)
{
    const uint8_t *one = text.n ? memchr(text.p, '1', PH_MIN(text.n, PREFIX_MAX + 1)) : NULL;
    if (!one) {
        enum ph_err err = ph_fail(why, PH_ERR_INPUT, "not the text of a key");
        ph_hint(why, "It begins with \"%s1\".", prefix);
        return err;
    }
    struct ph_bytes found = ph_bytes(text.p, (size_t)(one - text.p));
    if (ph_bytes_equal(found, ph_bytes_str(prefix)))
        return PH_OK;
    char safe[64];
    return ph_fail(why, PH_ERR_INPUT, "begins with \"%s1\" where \"%s1\" is needed",
                   ph_text_safe(safe, sizeof(safe), found), prefix);
}

static enum ph_err decode(uint8_t out[static KEY_BYTES + CHECK_BYTES], struct ph_bytes digits,
                          struct ph_why *why)
{
    unsigned bits = 0;
    unsigned n_bits = 0;
    for (size_t i = 0; i < digits.n; i++) {
        int v = digit(digits.p[i]);
        if (v < 0)
            return ph_fail(why, PH_ERR_INPUT, "character %zu of the key is none of a-z and 2-7",
                           i + 1);
        bits = bits << 5 | (unsigned)v;
        n_bits += 5;
        if (n_bits >= 8) {
            n_bits -= 8;
            *out++ = (uint8_t)(bits >> n_bits);
        }
    }
    if (bits & ((1u << n_bits) - 1))
        return ph_fail(why, PH_ERR_INPUT, "checksum of the key does not match: a typing error");
    return PH_OK;
}

enum ph_err ph_base32_key_parse(uint8_t out[static 32], const char *prefix, struct ph_bytes text,
                                struct ph_why *why)
{
    enum ph_err err = check_prefix(prefix, text, why);
    if (err)
        return err;
    size_t skip = strlen(prefix) + 1;
    struct ph_bytes digits = ph_bytes(text.p + skip, text.n - skip);
    if (digits.n != DIGITS)
        return ph_fail(why, PH_ERR_INPUT, "key has %zu characters after \"%s1\", not %d", digits.n,
                       prefix, DIGITS);

    uint8_t bytes[KEY_BYTES + CHECK_BYTES];
    err = decode(bytes, digits, why);
    if (err)
        return err;
    uint8_t check[CHECK_BYTES];
    checksum(check, prefix, bytes);
    if (!ph_bytes_equal(ph_bytes(check, CHECK_BYTES), ph_bytes(bytes + KEY_BYTES, CHECK_BYTES)))
        return ph_fail(why, PH_ERR_INPUT, "checksum of the key does not match: a typing error");
    memcpy(out, bytes, KEY_BYTES);
    return PH_OK;
}
