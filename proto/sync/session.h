/* SPDX-License-Identifier: Apache-2.0
 *
 * One connection and what the engine knows of the node at its other end.
 *
 * A *session* in the strict sense begins with PH__HELLO: the peer has proved a live member key by
 * then. Before that the connection is half-open, may cost us nothing but its handshake buffer, and
 * has never been sent a byte but message 2. States only move along the edges of one table
 * (session.c).
 *
 * Everything a peer can make us hold is bounded here: bytes to write (@tx), ids it asked for
 * (@serve), ids to announce (@announce), records waiting for verification (@inbox, by credit), one
 * Negentropy message put aside in each direction. */
#ifndef PH_SYNC_SESSION_H
#define PH_SYNC_SESSION_H

#include "proto/base/list.h"
#include "proto/sync/credit.h"
#include "proto/sync/effect.h"
#include "proto/sync/negentropy.h"
#include "proto/wire/frame.h"
#include "proto/wire/message.h"
#include "proto/wire/noise.h"

enum ph__state {
    PH__GREETING, /* handshake under way */
    PH__PROVING,  /* responder: message 2 sent, no transport message heard yet */
    PH__HELLO,    /* peer proved alive; its HELLO is not here yet */
    PH__TRUST,    /* roster or cards differ: only trust documents are asked for */
    PH__LIVE,     /* trust is equal: records move */
    PH__CLOSING   /* goodbye is queued; CLOSE follows the last SEND */
};

/** What two sides compare before records move. */
struct ph__trust {
    uint64_t roster_seq;
    struct ph_hash roster_hash;
    struct ph_hash cards_digest;
};

/** A list of ids with a limit; memory grows as needed, up to the limit. */
struct ph__ids {
    struct ph_id *v;
    size_t first; /* taken from the front already */
    size_t n;     /* ids waiting, from v[first] */
    size_t cap;
    size_t max;
};

/** A channel as the peer names it and as the store does. */
struct ph__shared {
    struct ph_wire_channel wire;
    struct ph_channel own;
};

/** Our side of a reconciliation that we lead. */
struct ph__recon_client {
    bool active;
    struct ph__shared channel;
    struct ph_negentropy ne;
    uint64_t round;     /* of the message that waits for its answer */
    struct ph_buf held; /* next message, kept back until fetches have drained */
    ph_ms sent_mono;
    struct ph__shared *todo; /* channels after this one, owned */
    size_t n_todo;
    bool found;    /* this pass showed something to move */
    bool cut;      /* and so much that it was ended early */
    size_t n_have; /* ids announced in it */
};

/** Our side of one that the peer leads. */
struct ph__recon_server {
    bool active;
    struct ph__shared channel;
    struct ph_negentropy ne;
    uint64_t round;     /* expected next */
    struct ph_buf held; /* request kept back until fetches have drained */
    uint64_t work;      /* in this window of time */
    ph_ms window_mono;
};

struct ph__peer;

struct ph__session {
    struct ph_link link; /* in engine->sessions */
    ph_conn conn;
    enum ph__state state;
    bool outgoing;
    ph_ms since;    /* mono: connected, then proved */
    ph_ms deadline; /* mono: of the handshake and of HELLO */

    /* Who: known to the initiator at once, to the responder after message 1. */
    bool known;
    struct ph_transport_key key;
    struct ph_node_key node;
    struct ph_code org;
    struct ph__peer *peer; /* from PH__HELLO on */
    bool unlisted;         /* member by the card it enclosed, which our view does not have yet */
    ph_ms handshake_at;    /* timestamp of message 1, responder */
    struct ph_buf roster;  /* documents of message 1, until the peer is proved alive */
    struct ph_buf card;

    struct ph_noise noise;
    struct ph_rx rx;
    struct ph_tx tx;
    size_t unsent;   /* bytes given to the host that the kernel has not taken */
    ph_ms sent_mono; /* last progress of writing */
    enum ph_err close_reason;
    ph_ms heard;
    uint64_t frames_seen; /* rate limit: rx.frames at @frames_mono */
    ph_ms frames_mono;

    /* HELLO */
    bool hello_heard;
    bool came_up; /* SESSION_UP was reported */
    uint64_t peer_minor;
    struct ph__trust trust; /* the peer's newest */
    ph_ms trust_retry;      /* mono: ask again when still different */
    unsigned trust_tries;
    bool summary_is_current; /* we sent one for this pair of views */
    bool docs_expected;      /* and have had no documents for it */
    ph_ms replaced_heard;    /* mono: last word on the session this one replaced; 0 none */
    bool replaced;

    /* PING, REKEY */
    uint64_t ping_cookie;
    ph_ms ping_mono; /* sent, unanswered; 0 none */
    ph_ms rekey_at;
    ph_ms check_at; /* mono: membership by the clock */
    uint64_t rtt_ms;

    /* Channels */
    bool in_sync;
    bool heads_wanted; /* compare again soon: something may be missing */
    ph_ms heads_at;    /* mono: next HEADS of ours */
    ph_ms heads_sent;
    ph_ms interval;
    bool was_cut;        /* the last pass: the next follows as soon as all has moved */
    uint64_t moved_mark; /* records in and out when the last pass ended */
    struct ph__recon_client client;
    struct ph__recon_server server;

    /* Records */
    struct ph_credit credit;
    struct ph_link ask;   /* struct ph__want: to be asked of this peer */
    struct ph_link asked; /* asked, oldest first */
    size_t n_ask, n_asked;
    ph_ms delivered;      /* mono: last record from it */
    size_t record_bytes;  /* running mean of its RECORD items */
    struct ph__ids serve; /* it wants these from us */
    struct ph__ids serve_headers;
    uint64_t serve_credit; /* credit and room that the next answer needs */
    size_t serve_room;
    struct ph__ids announce; /* HAVE to send */
    struct ph_batch *inbox;  /* received, not yet given to verification */
    unsigned n_batches;      /* outside: verifying or committing */

    uint64_t bytes_in, bytes_out, records_in, records_out, refused;
};

struct ph_engine;

/** Name for logs: "live". Static. */
const char *ph__state_name(enum ph__state state);
/** Move along an edge of the table; asserts that it is one. */
void ph__session_move(struct ph__session *s, enum ph__state to);
static inline bool ph__session_is_up(const struct ph__session *s)
{
    return s->state == PH__HELLO || s->state == PH__TRUST || s->state == PH__LIVE;
}
static inline bool ph__session_is_half_open(const struct ph__session *s)
{
    return s->state == PH__GREETING || s->state == PH__PROVING;
}

/** A session in PH__GREETING, linked into the engine; NULL when memory is short. */
struct ph__session *ph__session_new(struct ph_engine *engine, ph_conn conn, bool outgoing);
/** Unlink and free at once, without goodbye or effect; wipes keys. */
void ph__session_free(struct ph_engine *engine, struct ph__session *s);
struct ph__session *ph__session_find(const struct ph_engine *engine, ph_conn conn);

/** End it: BYE if the peer is proved, nothing at all if not; then CLOSE. Gives back what it held.
 * Does nothing to one that is closing already.
 * @blame  the peer did what no honest node does: back off longer, keep a note. */
void ph__session_close(struct ph_engine *engine, struct ph__session *s, enum ph_err err, bool blame,
                       const char *text);
/** The same without BYE: the peer said it, or cannot hear it. */
void ph__session_end(struct ph_engine *engine, struct ph__session *s, enum ph_err err, bool blame,
                     const char *text);

/** Queue one message. On PH_ERR_LIMIT (the peer does not read) and PH_ERR_NOMEM nothing was queued.
 */
enum ph_err ph__send(struct ph_engine *engine, struct ph__session *s,
                     const struct ph_message *message);
/** The same for what the session cannot do without: a failure closes it. False then. */
bool ph__send_or_close(struct ph_engine *engine, struct ph__session *s,
                       const struct ph_message *message);
/** Bytes that may still be queued for the peer before its budget is full. */
size_t ph__session_room(const struct ph_engine *engine, const struct ph__session *s);

/* Lists of ids. */
static inline struct ph__ids ph__ids(size_t max)
{
    return (struct ph__ids){.max = max};
}
/** Append; PH_ERR_LIMIT when full, PH_ERR_NOMEM. */
enum ph_err ph__ids_add(struct ph__ids *ids, const struct ph_id *id);
/** The first @max ids, as a view that is good until the next call. */
struct ph_ids ph__ids_front(const struct ph__ids *ids, size_t max);
void ph__ids_drop(struct ph__ids *ids, size_t n);
void ph__ids_done(struct ph__ids *ids);

#endif
