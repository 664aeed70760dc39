/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/assert.h"
#include "proto/base/secret.h"

#define FIRST_CAPACITY 64u

/* Double, so that n appends cost O(n), but never past the maximum. */
static size_t next_capacity(const struct ph_buf *buf, size_t need)
{
    size_t cap = PH_MIN(PH_MAX(buf->cap, FIRST_CAPACITY), buf->max);
    while (cap < need)
        cap = cap <= buf->max / 2 ? cap * 2 : buf->max;
    return cap;
}

enum ph_err ph_buf_reserve(struct ph_buf *buf, size_t extra)
{
    PH_ASSERT(buf->n <= buf->cap);
    PH_ASSERT(buf->cap <= buf->max);
    if (extra > buf->max - buf->n)
        return PH_ERR_LIMIT;
    if (extra <= buf->cap - buf->n)
        return PH_OK;

    size_t cap = next_capacity(buf, buf->n + extra);
    uint8_t *p = malloc(cap);
    if (!p)
        return PH_ERR_NOMEM;
    /* Not realloc(): it would leave an unwiped copy of a body behind when it moves. */
    if (buf->n)
        memcpy(p, buf->p, buf->n);
    if (buf->p)
        ph_wipe(buf->p, buf->n);
    free(buf->p);
    buf->p = p;
    buf->cap = cap;
    return PH_OK;
}

enum ph_err ph_buf_add(struct ph_buf *buf, struct ph_bytes bytes)
{
    uint8_t *to;
    enum ph_err err = ph_buf_extend(buf, bytes.n, &to);
    if (err == PH_OK && bytes.n)
        memcpy(to, bytes.p, bytes.n);
    return err;
}

enum ph_err ph_buf_extend(struct ph_buf *buf, size_t n, uint8_t **out)
{
    enum ph_err err = ph_buf_reserve(buf, n);
    if (err)
        return err;
    *out = buf->p ? buf->p + buf->n : NULL;
    buf->n += n;
    return PH_OK;
}

enum ph_err ph_buf_printf(struct ph_buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0)
        return PH_ERR_INTERNAL;

    /* One more than is kept: vsnprintf() writes its NUL, which the limit must not count. */
    size_t length = (size_t)n;
    if (length > buf->max - buf->n)
        return PH_ERR_LIMIT;
    char *text = malloc(length + 1);
    if (!text)
        return PH_ERR_NOMEM;
    va_start(args, format);
    int again = vsnprintf(text, length + 1, format, args);
    va_end(args);
    PH_ASSERT(again == n);
    enum ph_err err = ph_buf_add(buf, ph_bytes(text, length));
    free(text);
    return err;
}

void ph_buf_drop(struct ph_buf *buf, size_t n)
{
    PH_ASSERT(n <= buf->n);
    if (n == 0)
        return;
    buf->n -= n;
    memmove(buf->p, buf->p + n, buf->n);
}

void ph_buf_clear(struct ph_buf *buf)
{
    buf->n = 0;
}

void ph_buf_done(struct ph_buf *buf)
{
    free(buf->p);
    *buf = ph_buf(buf->max);
}

void ph_buf_wipe(struct ph_buf *buf)
{
    /* The whole capacity: what was dropped or cleared still lies behind @n. */
    if (buf->p)
        ph_wipe(buf->p, buf->cap);
    ph_buf_done(buf);
}
