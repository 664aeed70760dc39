/* SPDX-License-Identifier: Apache-2.0
 *
 * What the engine may ask of the world it syncs: a table of functions, implemented on LMDB by
 * store/ and in memory by the simulator. Reading only; nothing here changes state.
 *
 * Between begin() and end() every answer comes from one consistent snapshot. The engine calls them
 * around each turn; answers never block on a writer. */
#ifndef PH_SYNC_VIEW_H
#define PH_SYNC_VIEW_H

#include "proto/record/record.h"
#include "proto/sync/negentropy.h"

struct ph_view {
    void *ctx;
    enum ph_err (*begin)(void *ctx);
    void (*end)(void *ctx);
    /** Whether the header of @id is known here in any state (also retracted, purged, refused): then
     * it is not asked for again. */
    enum ph_err (*has)(void *ctx, const struct ph_id *id, bool *out);
    /** The record, one reference for the caller, re-hashed on the way out; NULL when it is not here
     * or its body may not be given (then the header alone, has_body false, where the header is
     * kept). */
    enum ph_err (*record)(void *ctx, const struct ph_id *id, struct ph_record **out);
    /** Number of ids in @channel and their sum modulo 2^256 (little-endian), without a scan. */
    enum ph_err (*head)(void *ctx, const struct ph_channel *channel, uint64_t *out_count,
                        uint8_t out_sum[static 32]);
    /* The same over parts of a channel, for Negentropy: see negentropy.h for what each must do. */
    enum ph_err (*size)(void *ctx, const struct ph_channel *channel, const struct ph_bound *from,
                        const struct ph_bound *to, uint64_t *out);
    enum ph_err (*sum)(void *ctx, const struct ph_channel *channel, const struct ph_bound *from,
                       const struct ph_bound *to, uint64_t *out_count, uint8_t out_sum[static 32]);
    enum ph_err (*select)(void *ctx, const struct ph_channel *channel, const struct ph_bound *from,
                          uint64_t k, struct ph_item *out);
    enum ph_err (*list)(void *ctx, const struct ph_channel *channel, const struct ph_bound *from,
                        const struct ph_bound *to, size_t max, struct ph_item *out, size_t *out_n);
    /** Timestamp of the last handshake accepted from that key; 0 when there was none. */
    enum ph_err (*last_handshake)(void *ctx, const struct ph_transport_key *key, ph_ms *out);
    /** Whether a retract by @org, held here, names @id: then a header of @org's is taken without
     * its body. The function may be NULL: no such header is taken. */
    enum ph_err (*retracted)(void *ctx, const struct ph_id *id, const struct ph_code *org,
                             bool *out);
};

#endif
