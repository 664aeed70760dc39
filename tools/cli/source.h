/* SPDX-License-Identifier: Apache-2.0
 *
 * What `import` reads: a file or standard input, STIX or a plain list, one item at a time.
 *
 * STIX is told from a list by the first byte that is no white space. A source can always be read
 * again from the start: what comes through a pipe is put into a nameless file first, in the home
 * directory, where others cannot read it. Memory is bounded by one item whatever the size. */
#ifndef PH_TOOLS_SOURCE_H
#define PH_TOOLS_SOURCE_H

#include "proto/intel/list_read.h"
#include "proto/intel/stix.h"

/** Most that is taken through a pipe. */
#define PH_SOURCE_PIPE_MAX (UINT64_C(4) << 30)

struct ph_source {
    const char *path; /* as given */
    char name[160];   /* safe to print */
    int fd;           /* a regular file */
    bool is_list;
    bool is_spooled;       /* came through a pipe: cannot be opened a second time */
    uint64_t size, n_read; /* bytes */
    bool is_ended;
    uint8_t *chunk; /* owned */
    struct ph_stix_reader *stix;
    struct ph_list_reader list;
};

/** One object or value, or what is wrong with it. */
struct ph_source_item {
    size_t index;                    /* of the object, from 0; of a list the line, from 1 */
    enum ph_err err;                 /* PH_OK, or it is bad and @why of ph_source_next() says why */
    json_t *object;                  /* of STIX: one reference, for the caller */
    struct ph_observable observable; /* of a list */
};

/** Open @path, "-" for standard input.
 * @dir  where a pipe's content is kept meanwhile.
 * PH_ERR_INPUT (not there, not readable, a directory, empty), PH_ERR_LIMIT, PH_ERR_IO,
 * PH_ERR_NOMEM.
 */
enum ph_err ph_source_open(struct ph_source *out, const char *path, const char *dir,
                           struct ph_why *why);
/** Takes zeroed ones. */
void ph_source_close(struct ph_source *source);
/** Start over. */
enum ph_err ph_source_rewind(struct ph_source *source, struct ph_why *why);
/** The next item; *out_end when there is none. An error returned means that the text as a whole is
 * neither bundle nor list, or cannot be read: line and column are in @why. */
enum ph_err ph_source_next(struct ph_source *source, struct ph_source_item *out, bool *out_end,
                           struct ph_why *why);

#endif
