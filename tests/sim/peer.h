/* SPDX-License-Identifier: Apache-2.0
 *
 * A node of the simulator: the real engine, a store in memory that outlives it, and a host that
 * does what effects ask, with real signatures and virtual delays. */
#ifndef PH_TESTS_SIM_PEER_H
#define PH_TESTS_SIM_PEER_H

#include "proto/base/secret.h"
#include "tests/lib/community.h"
#include "tests/sim/mem_view.h"
#include "tests/sim/net.h"

/** Events of one kind, counted; the last one kept. */
struct sim_heard {
    uint64_t n;
    struct ph_event last;
};
#define SIM_N_EVENTS (PH_EVENT_CLONE + 1)

/** Sees every frame that a node takes in, decrypted, before the node does. */
typedef void sim_tap(void *ctx, struct ph_bytes frame);

struct sim_peer {
    struct sim_world *world;
    const struct ph_test_org *org;
    struct ph_members *members;
    struct sim_store store;
    struct ph_secret secret;  /* transport */
    struct ph_engine *engine; /* NULL while down */
    uint64_t boot;
    uint8_t store_id[16];
    int64_t skew_ms; /* of its wall clock */
    ph_ms verify_ms; /* a batch takes this long */
    ph_ms commit_ms;
    ph_ms reconcile_ms;
    ph_ms tick_at;
    struct sim_heard heard[SIM_N_EVENTS];
    uint64_t n_handshakes; /* HANDSHAKE effects */
    uint64_t n_committed;  /* new records taken from others */
    uint64_t bytes_sent;   /* all SEND effects */
    sim_tap *tap;
    void *tap_ctx;
};

/** A node of @org, down, with an empty store and a view of @members. It dials and is called at the
 * first address of the card. Freed with sim_peer_free(). */
struct sim_peer *sim_peer_new(struct sim_world *world, const struct ph_test_org *org,
                              const struct ph_members *members);
void sim_peer_free(struct sim_peer *peer);
void sim_peer_start(struct sim_peer *peer);
/** As kill -9: engine, connections and work under way are gone, the store stays. */
void sim_peer_kill(struct sim_peer *peer);
/** BYE to all, then gone. */
void sim_peer_stop(struct sim_peer *peer);
/** Publish: committed here, then announced. Takes over the caller's reference. */
void sim_peer_publish(struct sim_peer *peer, struct ph_record *record);
/** Put into the store without a word to the engine; for nodes that are down. Takes the reference.
 */
void sim_peer_fill(struct sim_peer *peer, struct ph_record *record);
/** Its operator took in another view of trust. */
void sim_peer_members(struct sim_peer *peer, const struct ph_members *members);

struct ph_now sim_peer_now(const struct sim_peer *peer);
/** Sessions that are up, and whether all of them are in sync. */
size_t sim_peer_n_up(const struct sim_peer *peer);
bool sim_peer_in_sync(const struct sim_peer *peer);
bool sim_peer_is_up_with(const struct sim_peer *peer, const struct ph_test_org *org,
                         struct ph_peer_info *out);
/** Let the engine do what its effects ask. To be called after any direct use of @peer->engine. */
void sim_peer_drain(struct sim_peer *peer);

#endif
