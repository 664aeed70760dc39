/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine: the one door between protocol and world. Bytes and time go in, effects come out.
 *
 *     err = ph_engine_bytes(engine, conn, bytes, now);
 *     while (ph_engine_next(engine, &effect))
 *         host_do(&effect);
 *     arm_timer(ph_engine_deadline(engine));
 *
 * A *session* is a connection whose peer has proved a live member key. A callback only queues; work
 * is done in bounded, fair turns. The same code runs under libuv and under the simulator with a
 * virtual clock, and every run repeats from its seed. `now` is wall time in ms (records, HELLO);
 * `mono` drives timers.
 *
 * Not thread safe: one loop thread. Batches may be verified and committed elsewhere meanwhile. */
#ifndef PH_SYNC_ENGINE_H
#define PH_SYNC_ENGINE_H

#include "proto/base/secret.h"
#include "proto/sync/effect.h"
#include "proto/sync/view.h"

struct ph_engine;

/** Both clocks at one moment. */
struct ph_now {
    ph_ms wall;
    ph_ms mono;
};

struct ph_engine_config {
    struct ph_node_key node;                  /* our signing key, as on our card */
    struct ph_transport_key transport;        /* and transport key */
    const struct ph_secret *transport_secret; /* X25519, borrowed for the engine's life */
    struct ph_code org;
    const struct ph_members *members; /* borrowed; the engine takes its own reference */
    struct ph_view view;              /* ctx must outlive the engine */
    uint8_t store_id[16];
    uint64_t boot;
    char software[64];
    uint8_t seed[32];        /* for jitter and choice; never for keys */
    uint32_t sessions_max;   /* 0: PH_SESSIONS_MAX */
    uint32_t session_budget; /* bytes each way; 0: PH_SESSION_BUDGET */
    ph_ms reconcile_ms;      /* between rounds per peer; 0: 60 s */
};

/** PH_ERR_NOMEM, PH_ERR_AUTHOR when our node is not on our card. */
enum ph_err ph_engine_new(struct ph_engine **out, const struct ph_engine_config *config,
                          struct ph_now now, struct ph_why *why);
/** Frees everything, sessions without goodbye; takes NULL. Batches still outside are freed by their
 * holder. */
void ph_engine_free(struct ph_engine *engine);

/* Events: each may queue effects. */

/** A TCP connection is up.
 * @expect     whom we dialled, or NULL when they dialled us.
 * @ephemeral  32 fresh random bytes for the handshake; copied, the caller wipes its own. */
void ph_engine_connected(struct ph_engine *engine, ph_conn conn, const struct ph_dial *expect,
                         const uint8_t ephemeral[static 32], struct ph_now now);
/** A dial did not lead to a connection: back off. */
void ph_engine_dial_failed(struct ph_engine *engine, const struct ph_dial *dial, struct ph_now now);
/** Bytes came in, in any pieces. Borrowed until return. */
void ph_engine_bytes(struct ph_engine *engine, ph_conn conn, struct ph_bytes bytes,
                     struct ph_now now);
/** @n bytes of earlier SEND effects have left for the kernel: room for more. */
void ph_engine_sent(struct ph_engine *engine, ph_conn conn, size_t n, struct ph_now now);
/** The connection is gone (not after PH_EFFECT_CLOSE). */
void ph_engine_closed(struct ph_engine *engine, ph_conn conn, struct ph_now now);
/** The batch of a VERIFY effect, verdicts set. Taken. */
void ph_engine_verified(struct ph_engine *engine, struct ph_batch *batch, struct ph_now now);
/** The batch of a COMMIT effect. @err not PH_OK: nothing was stored (full, io): credit is withheld
 * and it is asked for again later. Taken. */
void ph_engine_committed(struct ph_engine *engine, struct ph_batch *batch, enum ph_err err,
                         struct ph_now now);
/** Records made here have been committed: announce them to connected entitled peers. Borrowed. */
void ph_engine_published(struct ph_engine *engine, struct ph_record *const *records, size_t n,
                         struct ph_now now);
/** Trust changed: sessions of those who may no longer connect are closed, the rest hear of it. */
void ph_engine_members(struct ph_engine *engine, const struct ph_members *members,
                       struct ph_now now);
/** The documents of a TRUST effect were no good (ph_members_extend() said @err): where that is the
 * peer's fault its session ends, and it is left alone for a while. */
void ph_engine_trust_refused(struct ph_engine *engine, ph_conn from, enum ph_err err,
                             struct ph_now now);
/** Time passed. */
void ph_engine_tick(struct ph_engine *engine, struct ph_now now);
/** Say BYE to all and close; afterwards only CLOSE and SEND effects come. */
void ph_engine_shutdown(struct ph_engine *engine, struct ph_now now);

/** Monotonic time at which ph_engine_tick() wants to run; PH_NEVER_MS for none. */
ph_ms ph_engine_deadline(const struct ph_engine *engine);
/** Take the next effect. False when there is none. */
bool ph_engine_next(struct ph_engine *engine, struct ph_effect *out);

/** One line per known peer, for `peers` and `status`. */
struct ph_peer_info {
    struct ph_code org;
    struct ph_node_key node;
    bool connected;
    bool outgoing;
    bool in_sync; /* every shared channel compared equal since the last change */
    ph_ms since_mono;
    ph_ms last_heard_mono;
    uint64_t rtt_ms;
    uint64_t bytes_in, bytes_out;
    uint64_t records_in, records_out;
    uint64_t refused; /* records of theirs we refused */
    ph_ms next_dial_mono;
    enum ph_err last_error;
};
/** Fills at most @max entries (all nodes of members but ourselves, connected or not); returns how
 * many there are. */
size_t ph_engine_peers(const struct ph_engine *engine, struct ph_peer_info *out, size_t max);

#endif
