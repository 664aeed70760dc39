/* SPDX-License-Identifier: Apache-2.0
 *
 * Audiences as people write them after `--to`: community, group:NAME, or organisations and persons
 * (FR,IT/alice). Names are looked up in the newest roster and cards, so that a typing error is
 * found here, with what there is instead. */
#ifndef PH_TOOLS_AUDIENCE_H
#define PH_TOOLS_AUDIENCE_H

#include "proto/trust/members.h"

/** Parse @text.
 *
 * @out_recipients  of a direct audience: sorted, unique, allocated, caller frees; else NULL.
 *
 * PH_ERR_INPUT (spelling), PH_ERR_NOTFOUND (no such group, member or person; names those that there
 * are), PH_ERR_LIMIT (over PH_RECIPIENTS_MAX), PH_ERR_NOMEM. */
enum ph_err ph_audience_parse(struct ph_audience *out, struct ph_recipient **out_recipients,
                              size_t *out_n, const char *text, const struct ph_members *members,
                              struct ph_why *why);

#endif
