/* SPDX-License-Identifier: Apache-2.0
 *
 * Canonical msgpack, out: packs through msgpack-c, always the shortest form, into a bounded buffer.
 * Errors stick, as in the reader: write everything, then ask ph_writer_end() once. */
#ifndef PH_BASE_WRITER_H
#define PH_BASE_WRITER_H

#include "proto/base/buf.h"

struct ph_writer {
    struct ph_buf *buf; /* borrowed: the caller's */
    enum ph_err err;
};

/** A writer that appends to @buf. */
static inline struct ph_writer ph_writer(struct ph_buf *buf)
{
    return (struct ph_writer){.buf = buf, .err = PH_OK};
}

void ph_write_nil(struct ph_writer *w);
void ph_write_bool(struct ph_writer *w, bool v);
void ph_write_uint(struct ph_writer *w, uint64_t v);
void ph_write_int(struct ph_writer *w, int64_t v);
void ph_write_double(struct ph_writer *w, double v);
void ph_write_bin(struct ph_writer *w, struct ph_bytes v);
/** Text must be UTF-8 already; the reader on the other side checks. */
void ph_write_text(struct ph_writer *w, struct ph_bytes v);
void ph_write_str(struct ph_writer *w, const char *v);
void ph_write_array(struct ph_writer *w, size_t n);
void ph_write_map(struct ph_writer *w, size_t n);
/** Append bytes that are msgpack already. */
void ph_write_raw(struct ph_writer *w, struct ph_bytes v);

/** PH_OK, PH_ERR_LIMIT or PH_ERR_NOMEM. After an error the buffer's tail is undefined. */
enum ph_err ph_writer_end(const struct ph_writer *w);

#endif
