/* SPDX-License-Identifier: Apache-2.0
 *
 * STIX identifiers: type--UUID (section 2.9), and deterministic ones. */
#ifndef PH_INTEL_STIX_ID_H
#define PH_INTEL_STIX_ID_H

#include "proto/base/error.h"

/** A UUID in text, with NUL. */
#define PH_UUID_TEXT_MAX 37
/** Longest type name (section 3.1). */
#define PH_STIX_TYPE_MAX 250
/** Longest identifier, with NUL. */
#define PH_STIX_ID_MAX (PH_STIX_TYPE_MAX + 2 + PH_UUID_TEXT_MAX)

struct ph_uuid {
    uint8_t b[16];
};

/** Type names: a to z, digits, single hyphens, a letter first, 3 to 250 characters. */
bool ph_stix_type_is_valid(const char *type);
/** @id is @type, "--" and an RFC 4122 UUID; any valid type when @type is NULL. */
bool ph_stix_id_is_valid(const char *id, const char *type);

/** UUIDv5 (RFC 4122, 4.3) of @name in @space, as text. */
void ph_uuid5_text(char out[static PH_UUID_TEXT_MAX], const struct ph_uuid *space,
                   struct ph_bytes name);
/** UUID text of 16 bytes of a hash, marked as version 5. */
void ph_uuid_text(char out[static PH_UUID_TEXT_MAX], const uint8_t hash[static 16]);

#endif
