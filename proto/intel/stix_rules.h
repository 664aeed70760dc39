/* SPDX-License-Identifier: Apache-2.0
 *
 * What STIX 2.1 says about several properties of one object together, and about single values
 * beyond their type: ranges, orders of times, "at least one of", what may be referred to. Tables,
 * so that the rest of the specification's constraints can join them. */
#ifndef PH_INTEL_STIX_RULES_H
#define PH_INTEL_STIX_RULES_H

#include <jansson.h>

#include "proto/base/error.h"

/** Check @object, whose properties have their right types already. PH_ERR_INPUT.
 * @out_property  the property at fault, for the caller's message; static. */
enum ph_err ph_stix_rules_check(const json_t *object, const char *type, const char **out_property,
                                struct ph_why *why);

#endif
