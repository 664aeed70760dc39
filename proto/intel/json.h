/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON from strangers, through jansson with the limits that jansson lacks.
 *
 * Size and depth are checked before jansson sees a byte: its own depth limit is 2,048 and fixed
 * when it was compiled. Refused besides what is no JSON: duplicate keys, bad UTF-8, NUL (also as
 * \u0000), a byte order mark, lone surrogates, integers outside 64 bits signed, reals that are
 * infinite. The order of keys is kept, and 1 stays apart from 1.0.
 *
 * Every program must call json_object_seed() before its first object: jansson otherwise opens
 * /dev/urandom by itself. */
#ifndef PH_INTEL_JSON_H
#define PH_INTEL_JSON_H

#include <jansson.h>

#include "proto/base/error.h"

/** Parse one value. New reference in *@out.
 *
 * @max    most bytes of @text.
 * @line   number of the line that @text starts on, so that messages name lines of the whole file; 1
 *         when @text is the whole.
 *
 * PH_ERR_LIMIT (size or depth), PH_ERR_FORMAT (what and where in @why), PH_ERR_NOMEM. */
enum ph_err ph_json_parse(json_t **out, struct ph_bytes text, size_t max, size_t line,
                          struct ph_why *why);

/** @value for jansson's iteration, which changes nothing but has no const in its types. */
static inline json_t *ph_json_iterable(const json_t *value)
{
    return (json_t *)(uintptr_t)value;
}

/** String member @key of @object as text, or NULL when there is none or it is no string. Borrowed.
 */
const char *ph_json_str(const json_t *object, const char *key);

#endif
