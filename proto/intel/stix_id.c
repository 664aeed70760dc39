/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/intel/stix_id.h"

#include <nettle/sha1.h>

#include "proto/base/text.h"

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool type_is_valid(const char *p, size_t n)
{
    if (n < 3 || n > PH_STIX_TYPE_MAX || !is_lower(p[0]) || p[n - 1] == '-')
        return false;
    for (size_t i = 1; i < n; i++)
        if (!is_lower(p[i]) && !is_digit(p[i]) && !(p[i] == '-' && p[i - 1] != '-'))
            return false;
    return true;
}

bool ph_stix_type_is_valid(const char *type)
{
    return type_is_valid(type, strlen(type));
}

/* RFC 4122, 3: hex in groups of 8, 4, 4, 4, 12; the variant's bits are 10. */
static bool uuid_is_valid(const char *p)
{
    static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    for (size_t i = 0; i < sizeof(shape); i++) {
        bool is_hex =
            is_digit(p[i]) || (p[i] >= 'a' && p[i] <= 'f') || (p[i] >= 'A' && p[i] <= 'F');
        if (shape[i] == 'x' ? !is_hex : p[i] != shape[i])
            return false;
    }
    return strchr("89abAB", p[19]) != NULL;
}

bool ph_stix_id_is_valid(const char *id, const char *type)
{
    const char *gap = strstr(id, "--");
    if (!gap)
        return false;
    size_t n = (size_t)(gap - id);
    if (type ? strlen(type) != n || memcmp(id, type, n) != 0 : !type_is_valid(id, n))
        return false;
    return uuid_is_valid(gap + 2);
}

void ph_uuid_text(char out[static PH_UUID_TEXT_MAX], const uint8_t hash[static 16])
{
    uint8_t b[16];
    memcpy(b, hash, sizeof(b));
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x50);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    char hex[33];
    ph_hex(hex, ph_bytes(b, sizeof(b)));
    static const uint8_t lengths[] = {8, 4, 4, 4, 12};
    const char *from = hex;
    for (size_t i = 0; i < sizeof(lengths); i++) {
        memcpy(out, from, lengths[i]);
        from += lengths[i];
        out += lengths[i];
        *out++ = i + 1 < sizeof(lengths) ? '-' : '\0';
    }
}

void ph_uuid5_text(char out[static PH_UUID_TEXT_MAX], const struct ph_uuid *space,
                   struct ph_bytes name)
{
    struct sha1_ctx sha1;
    uint8_t digest[SHA1_DIGEST_SIZE];
    sha1_init(&sha1);
    sha1_update(&sha1, sizeof(space->b), space->b);
    sha1_update(&sha1, name.n, name.p);
    sha1_digest(&sha1, sizeof(digest), digest);
    ph_uuid_text(out, digest);
}
