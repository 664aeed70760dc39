/* SPDX-License-Identifier: Apache-2.0
 *
 * File hashes: lower-case hex, told apart by length. */
#ifndef PH_INTEL_DIGEST_H
#define PH_INTEL_DIGEST_H

#include "proto/base/error.h"

/** Hex characters of the longest hash known. */
#define PH_DIGEST_MAX 128

/** STIX name of the hash that has @n hex characters ("MD5", "SHA-1", "SHA-256", "SHA-512"); NULL
 * for none. */
const char *ph_digest_name(size_t n);
/** Lower-case hex of @text into @out, with NUL. PH_ERR_INPUT. */
enum ph_err ph_digest_normalise(char out[static PH_DIGEST_MAX + 1], size_t *out_n,
                                struct ph_bytes text, struct ph_why *why);

#endif
