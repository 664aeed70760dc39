/* SPDX-License-Identifier: Apache-2.0
 *
 * Domain names: IDNA2008 (with the mapping of UTS #46, non-transitional) to lower-case A-labels, no
 * trailing dot; and a name's parents down to its public suffix.
 *
 * Letters, digits, hyphens inside a label, and underscores, which real names carry. A name given in
 * A-labels must decode; whether IDNA2008 would let it be registered does not matter, because names
 * with emoji resolve all the same. */
#ifndef PH_INTEL_DOMAIN_H
#define PH_INTEL_DOMAIN_H

#include "proto/base/error.h"

/** RFC 1035: 255 octets on the wire are at most 253 characters. */
#define PH_DOMAIN_MAX 253

/** Normal form of @text (refanged already) into @out, with NUL. PH_ERR_INPUT. */
enum ph_err ph_domain_normalise(char out[static PH_DOMAIN_MAX + 1], size_t *out_n,
                                struct ph_bytes text, struct ph_why *why);

/** How many characters of the normal form @domain its registrable part starts after: what stands
 * there and every parent above it is worth looking up. 0 when @domain is a public suffix itself.
 * Uses the list that libpsl was built with. */
size_t ph_domain_registrable_at(const char *domain);

#endif
