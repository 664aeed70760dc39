/* SPDX-License-Identifier: Apache-2.0
 *
 * Mail addresses (RFC 5321, RFC 6531), for comparing: the domain in its normal form and the local
 * part in ASCII lower case. RFC 5321 lets a server tell "Bob" from "bob"; none that matters does,
 * and an index that did would miss what it looks for. Other letters of the local part stay as they
 * are. */
#ifndef PH_INTEL_MAIL_H
#define PH_INTEL_MAIL_H

#include "proto/intel/domain.h"

/** RFC 5321, 4.5.3.1.1: 64 octets before the at-sign. */
#define PH_MAIL_LOCAL_MAX 64
#define PH_MAIL_MAX       (PH_MAIL_LOCAL_MAX + 1 + PH_DOMAIN_MAX)

/** Normal form of @text (refanged already) into @out, with NUL. PH_ERR_INPUT. */
enum ph_err ph_mail_normalise(char out[static PH_MAIL_MAX + 1], size_t *out_n, struct ph_bytes text,
                              struct ph_why *why);

#endif
