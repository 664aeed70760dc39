/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/record/compress.h"

#include <zstd_errors.h>

#include "proto/base/limits.h"

/* Bodies are compressed once and opened many times, at a size where higher levels gain a few
 * percent for several times the work. */
#define LEVEL        3

#define BLOCK_HEADER 3

void ph_zstd_done(struct ph_zstd *zstd)
{
    (void)ZSTD_freeCCtx(zstd->cctx);
    (void)ZSTD_freeDCtx(zstd->dctx);
    *zstd = (struct ph_zstd){0};
}

/* RFC 8878, 3.1.1: what stands before the first block. */
struct frame_header {
    size_t size;     /* of the header itself */
    uint64_t window; /* 0 for a single segment, whose window is its content */
    uint64_t content;
};

static uint64_t little_endian(const uint8_t *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = n; i > 0; i--)
        v = v << 8 | p[i - 1];
    return v;
}

/* False for skippable frames, unknown bits, dictionaries, and frames that do not say how long their
 * content is. libzstd offers this only in its unstable interface. */
static bool read_frame_header(struct frame_header *out, struct ph_bytes frame)
{
    static const uint8_t content_sizes[] = {0, 2, 4, 8};
    if (frame.n < 6 || little_endian(frame.p, 4) != ZSTD_MAGICNUMBER)
        return false;
    uint8_t descriptor = frame.p[4];
    bool is_single_segment = descriptor & 0x20;
    size_t content_size = content_sizes[descriptor >> 6];
    if (content_size == 0)
        content_size = is_single_segment ? 1 : 0;
    if ((descriptor & 0x1b) != 0 || content_size == 0) /* unused, reserved, dictionary id */
        return false;
    struct frame_header h = {.size = 5};
    if (!is_single_segment) {
        uint64_t base = UINT64_C(1) << (10 + (frame.p[5] >> 3));
        h.window = base + base / 8 * (frame.p[5] & 7);
        h.size++;
    }
    if (frame.n - h.size < content_size)
        return false;
    h.content = little_endian(frame.p + h.size, content_size) + (content_size == 2 ? 256 : 0);
    h.size += content_size;
    *out = h;
    return true;
}

/* Empty raw blocks (RFC 8878, 3.1.1.2: all bits of their headers are zero) behind the header of the
 * frame that begins at @start, until the ratio is one that readers accept. */
static enum ph_err lengthen(struct ph_buf *out, size_t start, size_t plain_size)
{
    size_t have = out->n - start;
    size_t need = (plain_size + PH_ZSTD_RATIO_MAX - 1) / PH_ZSTD_RATIO_MAX;
    if (have >= need)
        return PH_OK;
    struct frame_header h;
    if (!read_frame_header(&h, ph_bytes(out->p + start, have)))
        return PH_ERR_INTERNAL;
    size_t more = (need - have + BLOCK_HEADER - 1) / BLOCK_HEADER * BLOCK_HEADER;
    uint8_t *end;
    enum ph_err err = ph_buf_extend(out, more, &end);
    if (err)
        return err;
    uint8_t *blocks = out->p + start + h.size;
    memmove(blocks + more, blocks, have - h.size);
    memset(blocks, 0, more);
    return PH_OK;
}

enum ph_err ph_compress(struct ph_buf *out, struct ph_zstd *zstd, struct ph_bytes plain)
{
    if (!zstd->cctx)
        zstd->cctx = ZSTD_createCCtx();
    if (!zstd->cctx)
        return PH_ERR_NOMEM;
    size_t before = out->n;
    size_t room = PH_MIN(ZSTD_compressBound(plain.n), out->max - out->n);
    uint8_t *to = NULL;
    enum ph_err err = ph_buf_extend(out, room, &to);
    if (err)
        return err;
    size_t n = ZSTD_compressCCtx(zstd->cctx, to, room, plain.p, plain.n, LEVEL);
    if (ZSTD_isError(n)) {
        out->n = before;
        return ZSTD_getErrorCode(n) == ZSTD_error_dstSize_tooSmall ? PH_ERR_LIMIT : PH_ERR_NOMEM;
    }
    out->n = before + n;
    err = lengthen(out, before, plain.n);
    if (err)
        out->n = before;
    return err;
}

static enum ph_err check_frame(struct ph_bytes frame, uint32_t plain_size, struct ph_why *why)
{
    struct frame_header h;
    if (!read_frame_header(&h, frame))
        return ph_fail(why, PH_ERR_FORMAT,
                       "not a zstd frame with its content's size and without a dictionary");
    if (h.content != plain_size)
        return ph_fail(why, PH_ERR_FORMAT, "zstd frame declares another size than the body");
    if (h.window > plain_size)
        return ph_fail(why, PH_ERR_LIMIT, "zstd window is larger than the content");
    if (plain_size > (uint64_t)frame.n * PH_ZSTD_RATIO_MAX)
        return ph_fail(why, PH_ERR_LIMIT, "%u bytes from %zu is past the ratio of %d",
                       (unsigned)plain_size, frame.n, PH_ZSTD_RATIO_MAX);
    if (ZSTD_findFrameCompressedSize(frame.p, frame.n) != frame.n)
        return ph_fail(why, PH_ERR_FORMAT, "not exactly one zstd frame");
    return PH_OK;
}

/* Into @out without a copy where it holds nothing yet. @plain is taken. */
static enum ph_err hand_over(struct ph_buf *out, struct ph_buf *plain)
{
    enum ph_err err = PH_OK;
    if (out->p) {
        err = ph_buf_add(out, ph_buf_bytes(plain));
        ph_buf_wipe(plain);
    } else {
        plain->max = out->max;
        *out = *plain;
    }
    return err;
}

enum ph_err ph_decompress(struct ph_buf *out, struct ph_zstd *zstd, struct ph_bytes frame,
                          uint32_t plain_size, struct ph_why *why)
{
    enum ph_err err = check_frame(frame, plain_size, why);
    if (err)
        return err;
    if (plain_size > out->max - out->n)
        return ph_fail(why, PH_ERR_LIMIT, "%u bytes of plain body are more than is wanted here",
                       (unsigned)plain_size);
    if (!zstd->dctx)
        zstd->dctx = ZSTD_createDCtx();
    struct ph_buf plain = ph_buf(plain_size);
    uint8_t *to = NULL;
    err = zstd->dctx ? ph_buf_extend(&plain, plain_size, &to) : PH_ERR_NOMEM;
    if (err)
        return ph_fail(why, err, "no memory for %u bytes of plain body", (unsigned)plain_size);
    if (ZSTD_decompressDCtx(zstd->dctx, to, plain_size, frame.p, frame.n) != plain_size) {
        ph_buf_wipe(&plain);
        return ph_fail(why, PH_ERR_FORMAT, "zstd frame is damaged");
    }
    err = hand_over(out, &plain);
    return err ? ph_fail(why, err, "no memory for %u bytes of plain body", (unsigned)plain_size)
               : PH_OK;
}
