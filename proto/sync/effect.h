/* SPDX-License-Identifier: Apache-2.0
 *
 * What the engine wants done, as values that the host takes one by one with ph_engine_next().
 * The host owns threads and descriptors; the engine owns none. Each effect says who frees what. */
#ifndef PH_SYNC_EFFECT_H
#define PH_SYNC_EFFECT_H

#include "proto/record/record.h"
#include "proto/trust/members.h"

/** A connection, named by the host; never reused while the engine knows it. */
typedef uint64_t ph_conn;

enum ph_effect_kind {
    PH_EFFECT_SEND,   /* write @send to @conn; then ph_engine_sent() */
    PH_EFFECT_CLOSE,  /* close @conn once what was queued is written; ph_engine_closed() is not
                         called for it */
    PH_EFFECT_DIAL,   /* try to connect to @dial; answer with ph_engine_connected() or
                         ph_engine_dial_failed() */
    PH_EFFECT_VERIFY, /* run ph_batch_verify() on any thread, then ph_engine_verified() */
    PH_EFFECT_COMMIT, /* store what is PH_OK in @batch, durably, then ph_engine_committed() */
    PH_EFFECT_TRUST,  /* documents from a peer: extend members, store them, then ph_engine_members()
                       */
    PH_EFFECT_HANDSHAKE, /* remember @handshake.at as that key's newest timestamp */
    PH_EFFECT_EVENT      /* something a person or a log wants to know */
};

/** Records on their way through verification and commit. Owned by whoever holds the effect; given
 * back to the engine with ph_engine_verified() or ph_engine_committed(). */
struct ph_batch_item {
    struct ph_record *record; /* one reference */
    enum ph_err
        verdict;  /* set by ph_batch_verify(), may be changed by the store (PH_ERR_EXISTS …) */
    bool is_new;  /* set by the store: was not here before */
    size_t bytes; /* on the wire, for the engine's own books */
};
struct ph_batch {
    ph_conn from;
    struct ph_members *members; /* the view to judge by; one reference */
    ph_ms now;
    size_t n;
    struct ph_batch_item *items;
    size_t bytes;     /* what the sender paid in credit */
    bool trust_equal; /* it held the same roster and cards as we when it sent these */
};
void ph_batch_free(struct ph_batch *batch);
/** Check every record of @batch: signature, body hash, form of grant and retract bodies, author and
 * audience by ph_members_judge(), clock, expiry. Sets verdicts and author_org. Pure, thread safe.
 */
void ph_batch_verify(struct ph_batch *batch);

enum ph_event_kind {
    PH_EVENT_SESSION_UP,   /* handshake done, HELLO exchanged */
    PH_EVENT_SESSION_DOWN, /* @err says why */
    PH_EVENT_REFUSED,      /* a connection or handshake was refused; @err */
    PH_EVENT_REJECTED,     /* a peer handed over something that any node can see is bad */
    PH_EVENT_REJECT_HEARD, /* a peer refused a record of ours: @id, @err */
    PH_EVENT_IN_SYNC,      /* all shared channels compared equal */
    PH_EVENT_CLOCK,        /* peer's clock is more than ten minutes from ours */
    PH_EVENT_CLONE         /* another live node uses our node key or theirs */
};
struct ph_event {
    enum ph_event_kind kind;
    enum ph_err err;
    bool has_peer;
    struct ph_node_key node;
    struct ph_code org;
    struct ph_id id;
    char text[160]; /* safe to print */
};

struct ph_dial {
    struct ph_transport_key key;
    struct ph_node_key node;
    char address[PH_ADDRESS_MAX + 1];
};

struct ph_trust_docs {
    ph_conn from;
    size_t n_rosters;
    size_t n_cards;
    struct ph_buf *rosters; /* owned, encoded */
    struct ph_buf *cards;
};
void ph_trust_docs_done(struct ph_trust_docs *docs);

struct ph_effect {
    enum ph_effect_kind kind;
    ph_conn conn;
    union {
        struct ph_buf send; /* taken by the host */
        struct {
            enum ph_err reason;
        } close;
        struct ph_dial dial;
        struct ph_batch *batch;     /* taken by the host until given back */
        struct ph_trust_docs trust; /* taken by the host */
        struct {
            struct ph_transport_key key;
            ph_ms at;
        } handshake;
        struct ph_event event;
    };
};
/** Free what an effect owns, for hosts that drop it. */
void ph_effect_done(struct ph_effect *effect);

#endif
