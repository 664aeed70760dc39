/* SPDX-License-Identifier: Apache-2.0
 *
 * Growable bytes that know their maximum from birth. Owns its memory; free with ph_buf_done(). */
#ifndef PH_BASE_BUF_H
#define PH_BASE_BUF_H

#include "proto/base/error.h"

/** Owned bytes: @n used of @cap allocated, never more than @max. */
struct ph_buf {
    uint8_t *p;
    size_t n;
    size_t cap;
    size_t max;
};

/** An empty buffer that will never hold more than @max bytes. Allocates nothing yet. */
static inline struct ph_buf ph_buf(size_t max)
{
    return (struct ph_buf){.p = NULL, .n = 0, .cap = 0, .max = max};
}

static inline struct ph_bytes ph_buf_bytes(const struct ph_buf *buf)
{
    return ph_bytes(buf->p, buf->n);
}

/** Make room for @extra more bytes. PH_ERR_LIMIT (nothing allocated) past the maximum,
 * PH_ERR_NOMEM. Contents are untouched on failure. */
enum ph_err ph_buf_reserve(struct ph_buf *buf, size_t extra);
/** Append @bytes. Same errors as ph_buf_reserve(); all or nothing. */
enum ph_err ph_buf_add(struct ph_buf *buf, struct ph_bytes bytes);
/** Append @n uninitialised bytes and give where they start in @out. Same errors. */
enum ph_err ph_buf_extend(struct ph_buf *buf, size_t n, uint8_t **out);
/** Append formatted text without its NUL. Same errors. */
enum ph_err ph_buf_printf(struct ph_buf *buf, const char *format, ...) PH_PRINTF(2, 3);
/** Drop the first @n bytes (n <= used) and move the rest down. */
void ph_buf_drop(struct ph_buf *buf, size_t n);
/** Forget the contents, keep the memory. */
void ph_buf_clear(struct ph_buf *buf);
/** Free. Takes zeroed and already done buffers; leaves it empty with the same maximum. */
void ph_buf_done(struct ph_buf *buf);
/** As ph_buf_done() but wipes first: for plain text of sealed bodies. */
void ph_buf_wipe(struct ph_buf *buf);

#endif
