/* SPDX-License-Identifier: Apache-2.0
 *
 * One object that was found, as `lookup` and `search` print it; and one record, as `ls` and `show`
 * do. Text from others is made safe for terminals. */
#ifndef PH_TOOLS_HIT_H
#define PH_TOOLS_HIT_H

#include "store/read.h"
#include "tools/cli/command.h"

/** Hex digits of a record id in lists: the time, and two bytes that tell records of one moment
 * apart. */
#define PH_HIT_ID_DIGITS 16

struct ph_hit_style {
    bool json;
    bool columns; /* padded for a terminal; else separated by tabs */
    bool colour;
};
/** How to print to standard output. */
struct ph_hit_style ph_hit_style(const struct ph_cli *cli);

/** Append one line: value (unless empty), label, organisation, record, type, name.
 * @value  what was asked for, as it was asked; empty for a search. */
enum ph_err ph_hit_print(struct ph_buf *out, const struct ph_hit_style *style,
                         const struct ph_object *object, struct ph_bytes value,
                         const struct ph_members *members);

/** A record's envelope as JSON; new reference, NULL without memory. */
json_t *ph_hit_record_json(const struct ph_entry *entry, const struct ph_members *members);

#endif
