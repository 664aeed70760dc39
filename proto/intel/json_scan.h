/* SPDX-License-Identifier: Apache-2.0
 *
 * Where does this JSON value end? Answered byte by byte, for cutting values out of a stream before
 * they are parsed. Only strings and brackets are followed; whether the value is well-formed inside
 * is the parser's question. No memory, whatever the nesting: brackets are matched to 64 levels and
 * counted beyond. */
#ifndef PH_INTEL_JSON_SCAN_H
#define PH_INTEL_JSON_SCAN_H

#include "proto/base/base.h"

struct ph_json_scan {
    size_t depth;    /* brackets open */
    uint64_t arrays; /* bit d-1: the bracket of depth d is '[' */
    bool in_string;
    bool is_escaped; /* the byte before was a backslash inside a string */
    bool is_scalar;  /* neither bracket nor string first: it goes on to the next ',' or ']' */
};

enum ph_json_step {
    PH_JSON_MORE,   /* the byte belongs to the value, which goes on */
    PH_JSON_DONE,   /* the byte is its last */
    PH_JSON_BEFORE, /* the value ended before this byte, which does not belong to it */
    PH_JSON_BROKEN  /* a bracket closes what another kind opened: the text has lost its shape */
};

/** Follow one byte. Start with a zeroed @scan at the value's first byte, which is no white space.
 */
enum ph_json_step ph_json_scan_byte(struct ph_json_scan *scan, uint8_t c);

/** White space of JSON. */
static inline bool ph_json_is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

#endif
