/* SPDX-License-Identifier: Apache-2.0
 *
 * One zstd frame (RFC 8878) in and out, with the bounds that strangers' frames need: content size
 * declared, window no larger than the content, no dictionary, nothing behind the frame, at most
 * PH_ZSTD_RATIO_MAX bytes out for one in. Always in a single pass into memory of the declared size.
 */
#ifndef PH_RECORD_COMPRESS_H
#define PH_RECORD_COMPRESS_H

#include <zstd.h>

#include "proto/base/buf.h"

/** Working memory of zstd, made at first use. Worth keeping where many bodies pass: one per thread.
 * Zero-initialise; free with ph_zstd_done(). */
struct ph_zstd {
    ZSTD_CCtx *cctx;
    ZSTD_DCtx *dctx;
};

/** Free; takes a zeroed one. */
void ph_zstd_done(struct ph_zstd *zstd);

/** Append @plain as one frame. What compresses better than the ratio allows is made longer by empty
 * blocks, so that every reader takes it. PH_ERR_LIMIT past the maximum of @out, PH_ERR_NOMEM; @out
 * is then as it was. */
enum ph_err ph_compress(struct ph_buf *out, struct ph_zstd *zstd, struct ph_bytes plain);

/** Append what the one frame @frame holds, which must be @plain_size bytes. @out is untouched on
 * failure.
 *
 * PH_ERR_LIMIT  ratio or window is over its limit, or @plain_size over what @out may hold; nothing
 *               was allocated
 * PH_ERR_FORMAT not exactly one frame of that size, or it names a dictionary
 * PH_ERR_NOMEM */
enum ph_err ph_decompress(struct ph_buf *out, struct ph_zstd *zstd, struct ph_bytes frame,
                          uint32_t plain_size, struct ph_why *why);

#endif
