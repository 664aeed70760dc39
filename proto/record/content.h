/* SPDX-License-Identifier: Apache-2.0
 *
 * Content: the msgpack array of STIX objects in the plain body of a content record, to and from
 * JSON.
 *
 * The JSON model is kept: key order, integers as 64-bit integers, other numbers as doubles that are
 * written back in the shortest form that reads the same (1.0 stays 1.0). Integers outside the
 * signed 64 bits that jansson holds are refused. Nesting at most PH_DEPTH_MAX (an object itself is
 * level 1), one object at most PH_OBJECT_MAX bytes encoded, 1 to PH_OBJECTS_MAX objects.
 *
 * To make a body: ph_content_add() each object to one buffer, then ph_content_finish(). To read
 * one: ph_content_split(), then ph_content_object() where an object is wanted as JSON. */
#ifndef PH_RECORD_CONTENT_H
#define PH_RECORD_CONTENT_H

#include <jansson.h>

#include "proto/base/buf.h"
#include "proto/base/limits.h"
#include "proto/base/reader.h"
#include "proto/record/retract.h"

/** Append the msgpack form of one STIX object (a JSON object) to @out, which is as it was on
 * failure. PH_ERR_INPUT (not an object), PH_ERR_LIMIT (size, depth, room in @out), PH_ERR_RANGE (a
 * number that is not finite), PH_ERR_NOMEM. */
enum ph_err ph_content_add(struct ph_buf *out, const json_t *object, struct ph_why *why);
/** Append @n object encodings, concatenated in @objects, as one content body. PH_ERR_LIMIT (@n is
 * not 1 to PH_OBJECTS_MAX, or the body past PH_PLAIN_MAX), PH_ERR_NOMEM. */
enum ph_err ph_content_finish(struct ph_buf *out, size_t n, struct ph_bytes objects);

/** Split a content body into its objects' encodings, checked for form, without decoding them: an
 * array of maps in canonical msgpack. What only JSON forbids (binaries, integers past 63 bits, a
 * key twice) is found by ph_content_object().
 * @out  views into @body, at most @max of them. PH_ERR_FORMAT, PH_ERR_TRUNCATED, PH_ERR_LIMIT. */
enum ph_err ph_content_split(struct ph_bytes *out, size_t max, size_t *n, struct ph_bytes body,
                             struct ph_why *why);
/** One object encoding as JSON; new reference. PH_ERR_FORMAT (also a key twice), PH_ERR_RANGE (an
 * integer past 63 bits), PH_ERR_LIMIT, PH_ERR_NOMEM. */
enum ph_err ph_content_object(json_t **out, struct ph_bytes object, struct ph_why *why);

/** JSON text of a value, key order kept, doubles shortest, UTF-8 as is; control characters (C0,
 * DEL, C1), bidi controls and invisible characters escaped, so that the text is safe on a terminal.
 * Appends to @out, which is as it was on failure.
 *
 * @indent  0 for compact, else spaces a level.
 *
 * PH_ERR_LIMIT (room in @out, or nesting past twice PH_DEPTH_MAX), PH_ERR_NOMEM. */
enum ph_err ph_content_json(struct ph_buf *out, const json_t *value, unsigned indent);

/** Default lifetime of a STIX object by its type: 180 days for indicators, sightings and what else
 * ages, 2 years for incidents, reports and what people wrote about them, 5 years for documents and
 * lasting things. Unknown types age. */
ph_ms ph_content_lifetime(const char *stix_type);

#endif
