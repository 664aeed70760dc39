/* SPDX-License-Identifier: Apache-2.0
 *
 * URLs in the normal form of RFC 3986, section 6.2.2 and 6.2.3: scheme and host in lower case, the
 * host as ph_domain_normalise() or ph_ip_text() writes it, default port and empty port dropped,
 * percent encoding in upper case and only where needed, dot segments removed, an empty path written
 * "/".
 *
 * What RFC 3986 does not allow to stand as itself (spaces, quotes, letters outside ASCII, a stray
 * percent sign) is percent-encoded as browsers do it. Query and fragment keep their text. */
#ifndef PH_INTEL_URL_H
#define PH_INTEL_URL_H

#include "proto/base/error.h"

/** Normal form of @text (refanged already) into @out, which holds @size bytes, with NUL.
 * PH_ERR_INPUT. */
enum ph_err ph_url_normalise(char *out, size_t size, size_t *out_n, struct ph_bytes text,
                             struct ph_why *why);

#endif
