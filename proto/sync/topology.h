/* SPDX-License-Identifier: Apache-2.0
 *
 * Whom this node calls, and when: peers as the engine remembers them between sessions.
 *
 * Membership is known, so neighbours are chosen: every node of our own organisation, and of the
 * others the first PH_DEGREE in an order that only we can compute (a keyed hash over their node
 * keys), so that nobody can place itself near us. One that does not answer keeps being tried, and
 * the next in order is called beside it. Back-off is full jitter, PH_DIAL_MIN_MS to PH_DIAL_MAX_MS;
 * a peer that misbehaved is left alone for longer, doubling to an hour, in both directions. */
#ifndef PH_SYNC_TOPOLOGY_H
#define PH_SYNC_TOPOLOGY_H

#include "proto/sync/effect.h"

#define PH_DEGREE          8
#define PH_DIAL_MIN_MS     1000
#define PH_DIAL_MAX_MS     (5 * 60 * 1000)
#define PH_PENALTY_MIN_MS  (60 * 1000)
#define PH_PENALTY_MAX_MS  (60 * 60 * 1000)
#define PH_DIAL_FAILING    3 /* failures in a row after which another is called beside it */
#define PH_SESSION_GOOD_MS (60 * 1000)

struct ph_engine;
struct ph__session;

/** A member node that we have had to do with. */
struct ph__peer {
    struct ph_transport_key key;
    struct ph_node_key node;
    struct ph_code org;
    struct ph__session *session; /* proved and not closing; NULL */
    bool dialing;                /* a DIAL effect is unanswered, or its handshake under way */
    bool has_our_card;           /* its trust equalled ours once: no need to enclose the card */
    unsigned attempts;           /* failures in a row */
    unsigned offences;
    unsigned next_address;
    ph_ms next_dial;
    ph_ms blocked_until;
    ph_ms handshake_at; /* wall: newest timestamp accepted, by its clock */
    enum ph_err last_error;
    bool has_store_id;
    uint8_t store_id[16];
    uint64_t boot; /* of that store, as last heard */
    ph_ms heard;   /* mono */
    uint64_t rtt_ms;
    uint64_t bytes_in, bytes_out, records_in, records_out, refused; /* of ended sessions */
};

/** The peer of @key, made on the spot when it is a member node; NULL when it is none, or no memory.
 */
struct ph__peer *ph__peer_get(struct ph_engine *engine, const struct ph_transport_key *key);
/** The same without making one. */
struct ph__peer *ph__peer_find(const struct ph_engine *engine, const struct ph_transport_key *key);
/** A dial, a handshake or a session of it ended: when to call again. */
void ph__peer_failed(struct ph_engine *engine, struct ph__peer *peer, enum ph_err err, bool blame);
/** A session ended that had been good for something, or for nothing. */
void ph__peer_session_ended(struct ph_engine *engine, struct ph__session *s, enum ph_err err,
                            bool blame);

/** Choose anew whom to call: after start and each change of members. Peers that are members no more
 * and have no session are forgotten. */
enum ph_err ph__topology_refresh(struct ph_engine *engine);
/** Queue DIAL effects that are due. */
void ph__topology_dial(struct ph_engine *engine);
/** When the next one is due; PH_NEVER_MS. */
ph_ms ph__topology_deadline(const struct ph_engine *engine);
void ph__topology_done(struct ph_engine *engine);

#endif
