/* SPDX-License-Identifier: Apache-2.0
 *
 * How far long work has come: one line on standard error that is written over, on a terminal only.
 */
#ifndef PH_TOOLS_PROGRESS_H
#define PH_TOOLS_PROGRESS_H

#include "tools/cli/command.h"

struct ph_progress {
    bool is_on;
    bool is_shown; /* a line stands there */
    ph_ms next;    /* monotonic: not before */
};

/** On when standard error is a terminal, unless --quiet or --json. */
struct ph_progress ph_progress(const struct ph_cli *cli);
/** Show the line, at most ten times a second. Returns at once when it is off. */
void ph_progress_show(struct ph_progress *progress, const char *format, ...) PH_PRINTF(2, 3);
/** Take the line away: before anything else is printed, and at the end. */
void ph_progress_clear(struct ph_progress *progress);

/** Milliseconds of the monotonic clock. */
ph_ms ph_progress_clock(void);

#endif
