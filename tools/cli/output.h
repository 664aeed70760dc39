/* SPDX-License-Identifier: Apache-2.0
 *
 * Text and JSON on standard output. Foreign text is made safe on the way; JSON is one object a
 * line. */
#ifndef PH_TOOLS_OUTPUT_H
#define PH_TOOLS_OUTPUT_H

#include <jansson.h>

#include "tools/cli/session.h"

/** Print @value as one line of JSON (or indented with @indent > 0) and drop the reference. */
void ph_output_json(json_t *value, unsigned indent);
/** New references for common values. */
json_t *ph_json_time(ph_ms ms);
json_t *ph_json_hex(const uint8_t *p, size_t n);
json_t *ph_json_text(struct ph_bytes text);

/** A roster for people, or as JSON. */
void ph_output_roster(const struct ph_roster *roster, bool json);

/** "community", "group:NAME", or the recipients, into @out (at least 64 bytes; cut with an
 * ellipsis). */
void ph_audience_text(char *out, size_t size, const struct ph_header *header,
                      const struct ph_members *members);

#endif
