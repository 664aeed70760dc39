/* SPDX-License-Identifier: Apache-2.0
 *
 * One import: inputs are looked through first, so that a file that ends too early or is no STIX at
 * all is refused before anything is stored; then read again, checked object by object, and shared.
 *
 *     ph_import_survey(&import, …); ph_import_run(&import, …); */
#ifndef PH_TOOLS_IMPORT_H
#define PH_TOOLS_IMPORT_H

#include "tools/cli/own_object.h"
#include "tools/cli/pack.h"
#include "tools/cli/progress.h"
#include "tools/cli/source.h"

/** One file, pipe, or standard input. */
struct ph_import_input {
    char *path;
    struct ph_source source;
    bool is_open;
    json_t *statements; /* ids of the statement markings in it */
};

struct ph_import {
    struct ph_session *session;
    const struct ph_share *share;
    struct ph_import_input *inputs;
    size_t n_inputs;
    bool is_strict;
    struct ph_progress progress;
    const volatile int *stop; /* set by Ctrl-C */
    struct ph_packs packs;
    struct ph_reading *reading; /* for what lists hold already; NULL until needed */
    struct ph_own_identity identity;
    ph_ms now;
    uint64_t n_bad, n_refused, n_shown, n_seen;
};

/** Add @path to the inputs; a directory stands for the files in it, by name, without hidden ones
 * and folders. PH_ERR_INPUT when it holds none. */
enum ph_err ph_import_add(struct ph_import *import, const char *path, struct ph_why *why);
/** Look through every input. With is_strict each object is judged as well: bad ones are listed on
 * standard error and counted, and the caller goes no further. */
enum ph_err ph_import_survey(struct ph_import *import, struct ph_why *why);
/** Store what is good, list what is bad. Stops between objects when *stop is set. Counts are in
 * @import, also after an error: what was acknowledged stays. */
enum ph_err ph_import_run(struct ph_import *import, struct ph_why *why);
void ph_import_done(struct ph_import *import);

#endif
