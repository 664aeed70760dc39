/* SPDX-License-Identifier: Apache-2.0
 *
 * A file that is there whole or not at all: written beside its place, synced, then moved there.
 * Without a path it is standard output. */
#ifndef PH_TOOLS_OUTFILE_H
#define PH_TOOLS_OUTFILE_H

#include <stdio.h>

#include "proto/base/error.h"

struct ph_outfile {
    FILE *to;
    char path[4096];
    char draft[4096]; /* empty for standard output, and once it is moved */
};

/** Open; @path NULL for standard output. @mode of the file. PH_ERR_IO, PH_ERR_LIMIT. */
enum ph_err ph_outfile_open(struct ph_outfile *out, const char *path, unsigned mode,
                            struct ph_why *why);
/** All of @bytes. PH_ERR_CLOSED when nobody reads any more, PH_ERR_FULL, PH_ERR_IO. */
enum ph_err ph_outfile_write(struct ph_outfile *out, struct ph_bytes bytes, struct ph_why *why);
/** Sync and move into place. Same errors. */
enum ph_err ph_outfile_commit(struct ph_outfile *out, struct ph_why *why);
/** Remove a draft that was not moved; takes zeroed ones. */
void ph_outfile_done(struct ph_outfile *out);

#endif
