/* SPDX-License-Identifier: Apache-2.0
 *
 * Is this JSON value one of that STIX property type? Section 2 of STIX 2.1. */
#ifndef PH_INTEL_STIX_VALUE_H
#define PH_INTEL_STIX_VALUE_H

#include <jansson.h>

#include "proto/base/error.h"
#include "proto/intel/stix_types.h"

/** PH_ERR_INPUT with the rule in @why ("must be a timestamp …"), without the property's name. */
enum ph_err ph_stix_value_check(enum ph_stix_kind kind, const json_t *value, struct ph_why *why);

/** Whether @text is PH_PROPERTY_HEX or PH_PROPERTY_BASE64. */
bool ph_stix_text_fits(enum ph_stix_kind kind, struct ph_bytes text);

/** Nesting at most PH_DEPTH_MAX and, counting strings, keys and numbers, at most PH_OBJECT_MAX
 * bytes. PH_ERR_LIMIT. */
enum ph_err ph_stix_value_limits(const json_t *value, struct ph_why *why);

#endif
