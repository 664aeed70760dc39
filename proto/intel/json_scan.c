/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/intel/json_scan.h"

static enum ph_json_step in_string(struct ph_json_scan *scan, uint8_t c)
{
    if (scan->is_escaped)
        scan->is_escaped = false;
    else if (c == '\\')
        scan->is_escaped = true;
    else if (c == '"')
        scan->in_string = false;
    return !scan->in_string && scan->depth == 0 ? PH_JSON_DONE : PH_JSON_MORE;
}

static void open(struct ph_json_scan *scan, bool is_array)
{
    if (scan->depth < 64) {
        uint64_t bit = UINT64_C(1) << scan->depth;
        scan->arrays = is_array ? scan->arrays | bit : scan->arrays & ~bit;
    }
    scan->depth++;
}

static enum ph_json_step close(struct ph_json_scan *scan, bool is_array)
{
    if (scan->depth == 0)
        return PH_JSON_BROKEN;
    scan->depth--;
    if (scan->depth < 64 && (scan->arrays >> scan->depth & 1) != is_array)
        return PH_JSON_BROKEN;
    return scan->depth == 0 ? PH_JSON_DONE : PH_JSON_MORE;
}

enum ph_json_step ph_json_scan_byte(struct ph_json_scan *scan, uint8_t c)
{
    if (scan->in_string)
        return in_string(scan, c);
    if (scan->is_scalar && (ph_json_is_space(c) || strchr(",:[]{}\"", c)))
        return PH_JSON_BEFORE;
    switch (c) {
    case '"':
        scan->in_string = true;
        return PH_JSON_MORE;
    case '{':
    case '[':
        open(scan, c == '[');
        return PH_JSON_MORE;
    case '}':
    case ']':
        return close(scan, c == ']');
    default:
        scan->is_scalar = scan->depth == 0;
        return PH_JSON_MORE;
    }
}
