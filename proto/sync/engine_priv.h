/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine from the inside: shared by the files of this folder only.
 *
 * Shape of a turn: a public function notes the time, does what its event asks, and leaves through
 * ph__leave(), where every session gets its bounded share of work (ph__session_pump). What is left
 * over shows in ph_engine_deadline(). One on_*.c a message; each has one entry, ph__on_<message>(),
 * that receives a decoded message in a state where the table in receive.c allows it. */
#ifndef PH_SYNC_ENGINE_PRIV_H
#define PH_SYNC_ENGINE_PRIV_H

#include "proto/base/map.h"
#include "proto/base/random.h"
#include "proto/sync/channel.h"
#include "proto/sync/engine.h"
#include "proto/sync/session.h"
#include "proto/sync/topology.h"
#include "proto/sync/wanted.h"

#define PH__HELLO_MS 10000 /* from proof of life to HELLO */
#define PH__PING_MS  30000 /* silence after which we ask */
#define PH__DEAD_MS  90000 /* silence after which it is over */
#define PH__STUCK_MS 60000 /* without the kernel taking a byte */
#define PH__WANT_MS  10000 /* from WANT to asking another */
#define PH__CHECK_MS                                                             \
    30000 /* membership by the clock; a newcomer's card must be taken in by then \
           */
#define PH__SIMULTANEOUS_MS  10000 /* two connections this close together crossed */
#define PH__RECONCILE_MS     60000
#define PH__RECONCILE_MAX_MS (10 * 60 * 1000)
#define PH__SETTLE_MS        1000            /* from the last transfer to the next comparison */
#define PH__HEADS_MIN_MS     5000            /* between comparisons that nothing asked for */
#define PH__RECON_WAIT_MS    (5 * 60 * 1000) /* for an answer; the peer may be busy fetching */
#define PH__REFUSED_MS       (60 * 60 * 1000)
#define PH__STALL_MS         30000            /* after the store refused to write; doubling, … */
#define PH__STALL_MAX_MS     (10 * 60 * 1000) /* … to this */
#define PH__TRUST_RETRY_MS   10000
#define PH__WORK_WINDOW_MS   60000
#define PH__WORK_MAX         (UINT64_C(8) << 20) /* sums, selects and items a peer may cost a window */
#define PH__FRAMES_BURST     20000               /* frames at once, and … */
#define PH__FRAMES_PER_S     5000                /* … in the long run */
#define PH__BATCHES_MAX      2                   /* of one session outside the engine */
#define PH__BATCH_RECORDS    512
#define PH__BATCH_BYTES      PH_MIB(1)
#define PH__FRAME_TARGET     PH_KIB(256) /* RECORD frames, unless one record is larger */
#define PH__FRAME_RECORDS    128
#define PH__TURN_BYTES       PH_MIB(1)                    /* served to one session a turn */
#define PH__ROOM_KEPT        (PH_FRAME_MAX + PH_KIB(256)) /* of the budget, for what is no record */
#define PH__SERVE_MAX        (2 * PH_IDS_MAX)
#define PH__FETCH_LOW        1024       /* ids waiting, below which reconciliation goes on */
#define PH__FETCH_MAX        PH_IDS_MAX /* ids wanted from one peer at a time */
#define PH__WANTED_MAX       (1 << 20)  /* and from all of them, at most */
#define PH__PASS_HAVE_MAX    8192 /* ids announced in one pass; the next pass goes on from there */
#define PH__CUT_MS           100  /* from the end of a pass cut short to the next */
#define PH__WINDOW_MIN       16   /* ids asked of one peer and not delivered yet */
#define PH__WINDOW_MAX       512
#define PH__EVENTS_MAX       256
#define PH__EFFECTS_MAX      4096

struct ph__effects {
    struct ph_effect *v; /* ring */
    size_t first;
    size_t n;
    size_t cap;
    size_t n_events;
};

struct ph_engine {
    struct ph_engine_config config;
    struct ph_members *members;
    struct ph__trust trust; /* of @members */
    struct ph_random random;
    struct ph_now now;
    bool stopping;
    bool view_open;

    struct ph_link sessions; /* struct ph__session, in the order they came */
    struct ph__effects effects;
    struct ph__wanted wanted;
    struct ph__refused refused;
    ph_ms stalled_until;   /* mono: the store does not write; 0 it does */
    ph_ms stall_ms;        /* last pause for that; 0 since the store has written */
    struct ph_buf scratch; /* one frame being built */

    struct ph_map peers;       /* transport key -> struct ph__peer */
    struct ph__peer **targets; /* whom we call, in order */
    size_t n_targets;
    size_t n_own_targets; /* of our own organisation, the first ones */
};

/* effect.c */
void ph__effects_done(struct ph__effects *effects);
/** Queue @effect. PH_ERR_LIMIT, PH_ERR_NOMEM: not queued, still the caller's. Events past
 * PH__EVENTS_MAX are refused so that they cannot crowd out work. */
enum ph_err ph__effects_push(struct ph__effects *effects, const struct ph_effect *effect);
bool ph__effects_pop(struct ph__effects *effects, struct ph_effect *out);

/* engine.c */
/** PH_OK once the view is open for this turn. */
enum ph_err ph__view(struct ph_engine *engine);
/** Whether @id is known in the store; true on an error of the store, so that nothing is asked for.
 */
bool ph__view_has(struct ph_engine *engine, const struct ph_id *id);
/** Report something; dropped when too many wait. @s and @id may be NULL. @text is made safe. */
void ph__event(struct ph_engine *engine, enum ph_event_kind kind, enum ph_err err,
               const struct ph__session *s, const struct ph_id *id, const char *text);
/** Bounded work of one session: grants, answers, fetches, announcements. */
void ph__session_pump(struct ph_engine *engine, struct ph__session *s);
/** Timers of one session. */
void ph__session_tick(struct ph_engine *engine, struct ph__session *s);
ph_ms ph__session_deadline(const struct ph_engine *engine, const struct ph__session *s);
struct ph_channel_ends ph__ends(const struct ph_engine *engine, const struct ph__session *s);
/** @ms changed by up to a fifth either way. */
ph_ms ph__jitter(struct ph_engine *engine, ph_ms ms);

/* handshake.c */
/** Begin; message 1 is queued when we dialled. */
enum ph_err ph__handshake_begin(struct ph_engine *engine, struct ph__session *s,
                                const struct ph_dial *expect, const uint8_t ephemeral[static 32]);
/** One whole handshake message came in. Closes the session on failure. */
void ph__handshake_message(struct ph_engine *engine, struct ph__session *s,
                           struct ph_bytes message);
/** The peer is proved alive: it becomes a session, or gives way to another. */
void ph__handshake_proved(struct ph_engine *engine, struct ph__session *s);
/** @s is the session with @peer from now on, or gives way to the one there is (and is closing
 * then). */
void ph__peer_adopt(struct ph_engine *engine, struct ph__session *s, struct ph__peer *peer);

/* receive.c */
/** Bytes of a connection, all of them. */
void ph__receive(struct ph_engine *engine, struct ph__session *s, struct ph_bytes bytes);

/* One message a file. */
typedef void ph__on_message(struct ph_engine *engine, struct ph__session *s,
                            const struct ph_message *message, size_t frame_bytes);
ph__on_message ph__on_hello, ph__on_heads, ph__on_trust, ph__on_recon, ph__on_have, ph__on_want,
    ph__on_record, ph__on_gone, ph__on_reject, ph__on_credit, ph__on_prune, ph__on_ping,
    ph__on_pong, ph__on_bye;

/* on_hello.c */
void ph__hello_send(struct ph_engine *engine, struct ph__session *s);
/** Compare trust with the peer's last HELLO and move between PH__TRUST and PH__LIVE. */
void ph__trust_compare(struct ph_engine *engine, struct ph__session *s);

/* on_trust.c */
void ph__trust_ask(struct ph_engine *engine, struct ph__session *s);
/** Give the host what message 1 of @s enclosed. Both buffers are taken, also on failure. */
enum ph_err ph__trust_hand_over(struct ph_engine *engine, struct ph__session *s,
                                struct ph_buf *roster, struct ph_buf *card);

/* on_heads.c */
void ph__heads_send(struct ph_engine *engine, struct ph__session *s);
/** Something of the peer's may be missing here, or something of ours there: compare soon. */
void ph__heads_soon(struct ph_engine *engine, struct ph__session *s);
void ph__heads_tick(struct ph_engine *engine, struct ph__session *s);

/* on_recon.c */
/** We lead reconciliation with this peer (lower transport key); it answers. */
bool ph__recon_leads(const struct ph_engine *engine, const struct ph__session *s);
/** Lead through @n channels; @todo is taken. */
void ph__recon_start(struct ph_engine *engine, struct ph__session *s, struct ph__shared *todo,
                     size_t n);
/** A session has left PH__LIVE: passes end, memory is given back. */
void ph__recon_stop(struct ph__session *s);
/** Give up on an answer that does not come. */
void ph__recon_tick(struct ph_engine *engine, struct ph__session *s);
/** The peer has had its share of our work for now. */
bool ph__recon_is_spent(const struct ph_engine *engine, const struct ph__session *s);
/** Go on with what was kept back, if fetches have drained. */
void ph__recon_pump(struct ph_engine *engine, struct ph__session *s);

/* on_ping.c */
void ph__ping_send(struct ph_engine *engine, struct ph__session *s);

/* fetch.c: ids wanted from peers */
enum ph__offer {
    PH__OFFER_TAKEN,    /* will be asked for, of @s or of another that has it */
    PH__OFFER_DECLINED, /* here already, refused lately, or not due yet */
    PH__OFFER_FULL      /* so much is wanted from @s already that this was not noted */
};
/** @s has @id: ask for it if it is not here. */
enum ph__offer ph__fetch_offer(struct ph_engine *engine, struct ph__session *s,
                               const struct ph_id *id);
/** Ask for what is queued with @s, as far as its window goes. */
void ph__fetch_pump(struct ph_engine *engine, struct ph__session *s);
/** Give up asking @s for @want: another source, or none. */
void ph__fetch_elsewhere(struct ph_engine *engine, struct ph__want *want, ph_conn not_with);
/** Move on what was promised and not delivered. */
void ph__fetch_tick(struct ph_engine *engine, struct ph__session *s);
/** @s is gone: all it was asked for goes elsewhere. */
void ph__fetch_drop_session(struct ph_engine *engine, struct ph__session *s);
/** @id is stored, or will not be: forget about it. */
void ph__fetch_forget(struct ph_engine *engine, const struct ph_id *id);
/** A record arrived. False when that one is on its way through already. */
bool ph__fetch_arrived(struct ph_engine *engine, struct ph__session *s, const struct ph_id *id);

/* on_want.c */
void ph__serve_pump(struct ph_engine *engine, struct ph__session *s);
/** Whether ph__serve_pump() could go on at once. */
bool ph__serve_is_ready(const struct ph_engine *engine, const struct ph__session *s);
/** Queue a record for announcement. */
void ph__announce(struct ph_engine *engine, struct ph__session *s, const struct ph_record *record);
void ph__announce_flush(struct ph_engine *engine, struct ph__session *s);

/* commit.c: from the inbox to the store, and on to the others */
void ph__inbox_pump(struct ph_engine *engine, struct ph__session *s);
/** Refuse one record for @err: remembered, so that it is not asked for again within the hour. */
void ph__refuse(struct ph_engine *engine, struct ph__session *s, const struct ph_id *id,
                enum ph_err err);
void ph__verified(struct ph_engine *engine, struct ph_batch *batch);
void ph__committed(struct ph_engine *engine, struct ph_batch *batch, enum ph_err err);
void ph__published(struct ph_engine *engine, struct ph_record *record);
/** The store may work again. */
void ph__stall_tick(struct ph_engine *engine);

/* on_credit.c */
void ph__credit_pump(struct ph_engine *engine, struct ph__session *s);

#endif
