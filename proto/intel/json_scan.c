/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/intel/json_scan.h"

/* A bracket or string that is the whole value ends it; inside a scalar it is part of the mess. */
static enum ph_json_step ended(const struct ph_json_scan *scan)
{
    return scan->depth == 0 && !scan->is_scalar ? PH_JSON_DONE : PH_JSON_MORE;
}

static enum ph_json_step in_string(struct ph_json_scan *scan, uint8_t c)
{
    if (scan->is_escaped)
        scan->is_escaped = false;
    else if (c == '\\')
        scan->is_escaped = true;
    else if (c == '"')
        scan->in_string = false;
    return scan->in_string ? PH_JSON_MORE : ended(scan);
}

static void open_bracket(struct ph_json_scan *scan, bool is_array)
{
    if (scan->depth < 64) {
        uint64_t bit = UINT64_C(1) << scan->depth;
        scan->arrays = is_array ? scan->arrays | bit : scan->arrays & ~bit;
    }
    scan->depth++;
}

static enum ph_json_step close_bracket(struct ph_json_scan *scan, bool is_array)
{
    if (scan->depth == 0)
        return scan->is_scalar && is_array ? PH_JSON_BEFORE : PH_JSON_BROKEN;
    scan->depth--;
    if (scan->depth < 64 && (scan->arrays >> scan->depth & 1) != is_array)
        return PH_JSON_BROKEN;
    return ended(scan);
}

enum ph_json_step ph_json_scan_byte(struct ph_json_scan *scan, uint8_t c)
{
    if (scan->in_string)
        return in_string(scan, c);
    switch (c) {
    case '"':
        scan->in_string = true;
        return PH_JSON_MORE;
    case '{':
    case '[':
        open_bracket(scan, c == '[');
        return PH_JSON_MORE;
    case '}':
    case ']':
        return close_bracket(scan, c == ']');
    case ',':
        return scan->is_scalar && scan->depth == 0 ? PH_JSON_BEFORE : PH_JSON_MORE;
    default:
        scan->is_scalar |= scan->depth == 0;
        return PH_JSON_MORE;
    }
}
