/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/trust/keys.h"

#include <sodium.h>

#include "proto/base/limits.h"

_Static_assert(sizeof(((struct ph_code *)0)->s) == PH_CODE_MAX + 1, "a code and its NUL");
_Static_assert(sizeof(((struct ph_handle *)0)->s) == PH_HANDLE_MAX + 1, "a handle and its NUL");

bool ph_ed25519_is_valid(const uint8_t key[static 32])
{
    return crypto_core_ed25519_is_valid_point(key) == 1;
}

/* 2^255 - 19, little-endian: coordinates are below it. */
static const uint8_t P25519[32] = {0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                   0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                   0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f};

/* The points of small order, canonically spelled: a shared secret with one of them is zero,
 * whatever the other side's key is (RFC 7748, section 6.1). */
static const uint8_t X25519_SMALL[5][32] = {
    {0},
    {1},
    {0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
     0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
     0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
    {0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1,
     0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c,
     0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
};

bool ph_x25519_is_valid(const uint8_t key[static 32])
{
    for (size_t i = 0; i < PH_LEN(X25519_SMALL); i++)
        if (ph_bytes_equal(ph_bytes(key, 32), ph_bytes(X25519_SMALL[i], 32)))
            return false;
    for (size_t i = 32; i-- > 0;)
        if (key[i] != P25519[i])
            return key[i] < P25519[i];
    return false;
}

static enum ph_err parse_key(uint8_t out[static 32], const char *prefix, const char *noun,
                             bool (*is_valid)(const uint8_t *), struct ph_bytes text,
                             struct ph_why *why)
{
    uint8_t key[32];
    enum ph_err err = ph_base32_key_parse(key, prefix, text, why);
    if (err)
        return ph_why_wrap(why, err, "%s", noun);
    if (!is_valid(key))
        return ph_fail(why, PH_ERR_INPUT, "%s: not a key that anyone can hold", noun);
    memcpy(out, key, sizeof(key));
    return PH_OK;
}

#define IS_VALID_steward   ph_ed25519_is_valid
#define IS_VALID_org       ph_ed25519_is_valid
#define IS_VALID_node      ph_ed25519_is_valid
#define IS_VALID_transport ph_x25519_is_valid
#define IS_VALID_reading   ph_x25519_is_valid
#define IS_VALID_person    ph_x25519_is_valid

#define KEY_DEFINE(kind, prefix, noun)                                                             \
    void ph_##kind##_key_text(char out[static PH_KEY_TEXT_MAX], const struct ph_##kind##_key *key) \
    {                                                                                              \
        ph_base32_key(out, prefix, key->b);                                                        \
    }                                                                                              \
    enum ph_err ph_##kind##_key_parse(struct ph_##kind##_key *out, struct ph_bytes text,           \
                                      struct ph_why *why)                                          \
    {                                                                                              \
        return parse_key(out->b, prefix, noun, IS_VALID_##kind, text, why);                        \
    }
PH_KEY_TABLE(KEY_DEFINE)

static bool is_code_char(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

enum ph_err ph_code_parse(struct ph_code *out, struct ph_bytes text, struct ph_why *why)
{
    char safe[48];
    if (text.n < 2 || text.n > PH_CODE_MAX)
        return ph_fail(why, PH_ERR_INPUT, "organisation code \"%s\": must have 2 to %d characters",
                       ph_text_safe(safe, sizeof(safe), text), PH_CODE_MAX);
    for (size_t i = 0; i < text.n; i++)
        if (!is_code_char(text.p[i]))
            return ph_fail(why, PH_ERR_INPUT, "organisation code \"%s\": only A-Z, 0-9 and '-'",
                           ph_text_safe(safe, sizeof(safe), text));
    struct ph_code code = {0};
    memcpy(code.s, text.p, text.n);
    *out = code;
    return PH_OK;
}

static bool is_handle_char(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

enum ph_err ph_handle_parse(struct ph_handle *out, struct ph_bytes text, struct ph_why *why)
{
    char safe[72];
    if (text.n < 1 || text.n > PH_HANDLE_MAX)
        return ph_fail(why, PH_ERR_INPUT, "person's handle \"%s\": must have 1 to %d characters",
                       ph_text_safe(safe, sizeof(safe), text), PH_HANDLE_MAX);
    for (size_t i = 0; i < text.n; i++)
        if (!is_handle_char(text.p[i]))
            return ph_fail(why, PH_ERR_INPUT,
                           "person's handle \"%s\": only a-z, 0-9, '.', '_' and '-'",
                           ph_text_safe(safe, sizeof(safe), text));
    struct ph_handle handle = {0};
    memcpy(handle.s, text.p, text.n);
    *out = handle;
    return PH_OK;
}
