/* SPDX-License-Identifier: Apache-2.0
 *
 * Plain lists: one observable a line, as blocklists and analysts' notes have them. Read as a
 * stream.
 *
 * Blank lines are skipped, and what follows '#' at the start of a line or after white space is a
 * comment. Line ends LF and CRLF, a UTF-8 byte order mark, and defanged values are understood. A
 * line that holds nothing of ours, or is longer than PH_LIST_LINE_MAX, is reported with its number;
 * the reading goes on. */
#ifndef PH_INTEL_LIST_READ_H
#define PH_INTEL_LIST_READ_H

#include "proto/base/buf.h"
#include "proto/intel/observable.h"

/** Longest line, without its end. */
#define PH_LIST_LINE_MAX 4096

struct ph_list_reader {
    struct ph_buf pending; /* text given and not yet read */
    size_t at;
    size_t line;        /* number of the line being read, from 1 */
    struct ph_buf text; /* of that line, as far as it has come */
    bool is_too_long;
    bool is_ended; /* no more text will come */
};

/** An empty reader. Allocates nothing; end with ph_list_reader_done(). */
struct ph_list_reader ph_list_reader(void);
void ph_list_reader_done(struct ph_list_reader *reader);
/** Give more text; copied. PH_ERR_NOMEM, PH_ERR_LIMIT (over 64 MiB at once). */
enum ph_err ph_list_reader_feed(struct ph_list_reader *reader, struct ph_bytes text);
/** The text has ended: what is left without a line end is the last line. */
void ph_list_reader_end(struct ph_list_reader *reader);

/** The next line that says something.
 *
 * @out_found  false: feed more, or, after ph_list_reader_end(), done.
 * @out_line   its number.
 * @out_err    PH_OK and @out filled; or PH_ERR_INPUT, and @why says why the line is none.
 *
 * PH_ERR_NOMEM is the only error returned. */
enum ph_err ph_list_reader_next(struct ph_list_reader *reader, struct ph_observable *out,
                                bool *out_found, size_t *out_line, enum ph_err *out_err,
                                struct ph_why *why);

#endif
