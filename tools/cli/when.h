/* SPDX-License-Identifier: Apache-2.0
 *
 * Times and durations as people write them on a command line. */
#ifndef PH_TOOLS_WHEN_H
#define PH_TOOLS_WHEN_H

#include "proto/base/error.h"

/** A duration: a whole number and its unit, one of s, m, h, d, w ("90m", "24h", "30d").
 * PH_ERR_INPUT. */
enum ph_err ph_when_duration(ph_ms *out, const char *text, struct ph_why *why);

/** A moment: a duration before @now, a day (its first instant in UTC, "2026-11-23"), or a timestamp
 * of RFC 3339 in UTC ("2026-11-23T10:00:00Z"). PH_ERR_INPUT. */
enum ph_err ph_when_moment(ph_ms *out, const char *text, ph_ms now, struct ph_why *why);

#endif
