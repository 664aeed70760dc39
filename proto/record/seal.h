/* SPDX-License-Identifier: Apache-2.0
 *
 * Sealing: turns a plain body into the bytes that travel, and back.
 *
 * A body is compressed, padded (Padmé) and encrypted under an audience key; the signed header's
 * fields 0 to 11 are associated data, so a body cannot move to another header. Words: *plain*
 * (zstd's input), *sealed* (as stored and sent). No state, no clock; the nonce comes in with the
 * header. CLEAR bodies are framed and compressed the same way, without padding and encryption.
 * Bodies of grants, retractions and anchors do not pass here: everyone who holds one reads it.
 * Format: docs/protocol.md, "Sealing". */
#ifndef PH_RECORD_SEAL_H
#define PH_RECORD_SEAL_H

#include "proto/record/compress.h"
#include "proto/record/pad.h"
#include "proto/record/record.h"

/** An audience key (secret): hands out access to the records of one (author node, audience, epoch).
 */
struct ph_audience_key {
    uint8_t b[32];
};

/** hash("key commitment", key): field 10 of every record sealed under it. */
struct ph_hash ph_key_commitment(const struct ph_audience_key *key);

/** Make the body of @header, which has its fields 0 to 11 set already, and append it to @out.
 *
 * @key   NULL for CLEAR.
 * @out   as it was on failure.
 *
 * PH_ERR_LIMIT  plain or sealed is over its limit
 * PH_ERR_KEY    @key is not the one committed to, or is missing, or is there for CLEAR
 * PH_ERR_MISFIT bodies of this type are not sealed
 * PH_ERR_NOMEM */
enum ph_err ph_seal(struct ph_buf *out, const struct ph_header *header, struct ph_bytes plain,
                    const struct ph_audience_key *key, struct ph_why *why);

/** Open the body of @header.
 *
 * @sealed  body as received. Borrowed; at most PH_BODY_MAX bytes.
 * @key     NULL for CLEAR.
 * @out     plain bytes are appended; caller frees with ph_buf_wipe(). Untouched on failure.
 *
 * PH_ERR_KEY    @key is not the one committed to, or is missing, or is there for CLEAR
 * PH_ERR_FORGED body, header or nonce was altered
 * PH_ERR_LIMIT  declared plain size, ratio or window is over its limit; nothing was allocated for
 * it PH_ERR_FORMAT padding not zero, sizes do not add up, not exactly one zstd frame of that size,
 *               dictionary
 * PH_ERR_MISFIT bodies of this type are not sealed
 * PH_ERR_NOMEM */
enum ph_err ph_unseal(struct ph_buf *out, const struct ph_header *header, struct ph_bytes sealed,
                      const struct ph_audience_key *key, struct ph_why *why);

/** As ph_seal() and ph_unseal(), with working memory that the caller keeps: for many bodies. */
enum ph_err ph_seal_with(struct ph_buf *out, struct ph_zstd *zstd, const struct ph_header *header,
                         struct ph_bytes plain, const struct ph_audience_key *key,
                         struct ph_why *why);
enum ph_err ph_unseal_with(struct ph_buf *out, struct ph_zstd *zstd, const struct ph_header *header,
                           struct ph_bytes sealed, const struct ph_audience_key *key,
                           struct ph_why *why);

#endif
