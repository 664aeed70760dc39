/* SPDX-License-Identifier: Apache-2.0
 *
 * The network between hosts: connections with latency that arrive in order, cut into pieces
 * anywhere, until they are closed, reset or partitioned away. */
#ifndef PH_TESTS_SIM_NET_H
#define PH_TESTS_SIM_NET_H

#include "tests/sim/world.h"

/** How all links behave. Change it at any time. */
struct sim_weather {
    ph_ms latency_min; /* one way */
    ph_ms latency_max;
    unsigned reset;       /* chances in a million that a piece of data resets its connection */
    unsigned flip;        /* chances in a million that one bit of a piece changes on the way */
    unsigned piece_max;   /* longest piece delivered at once, at least 1; 0: as it was written */
    uint64_t bytes_per_s; /* of each direction of a connection; 0: no limit */
};

/** Who is called when. */
struct sim_net_stats {
    uint64_t dials;
    uint64_t bytes;
    uint64_t resets;
};

struct sim_net;

struct sim_net *sim_net_new(struct sim_world *world);
void sim_net_free(struct sim_net *net);
struct sim_weather *sim_weather(struct sim_world *world);
const struct sim_net_stats *sim_net_stats(const struct sim_world *world);

/** @host answers at @address from now on. Until sim_net_leave(), which cuts its connections without
 * a word to it. */
void sim_net_join(struct sim_world *world, const struct sim_host *host, const char *address);
void sim_net_leave(struct sim_world *world, const void *ctx);
void sim_net_return(struct sim_world *world, const void *ctx);
/** Nodes on different sides cannot talk: their connections break, dials fail. All start on side 0.
 */
void sim_net_side(struct sim_world *world, const void *ctx, unsigned side);

/** Try to connect to @dial->address. Ends in connected() on both sides, or dial_failed(). */
void sim_net_dial(struct sim_world *world, const void *ctx, const struct ph_dial *dial);
/** Bytes from @conn to its other end. Copied. */
void sim_net_send(struct sim_world *world, ph_conn conn, struct ph_bytes bytes);
/** Close once what was sent has arrived. The closing side hears nothing more of it. */
void sim_net_close(struct sim_world *world, ph_conn conn);
/** Bytes on their way from @conn that have not arrived. */
size_t sim_net_in_flight(struct sim_world *world, ph_conn conn);
/** Deliver at most @n more bytes from @conn and then close: a connection that breaks at a given
 * byte. */
void sim_net_cut_after(struct sim_world *world, ph_conn conn, uint64_t n);
/** What arrives at @conn is never read from now on: its sender gets no more of it off its hands. */
void sim_net_deafen(struct sim_world *world, ph_conn conn);
/** Number of connections open. */
size_t sim_net_n_open(const struct sim_world *world);

#endif
