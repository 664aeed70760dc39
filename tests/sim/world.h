/* SPDX-License-Identifier: Apache-2.0
 *
 * A universe of nodes in one process: virtual time, one queue of events, one seed.
 *
 * Nothing here asks a clock or a random source, so a run repeats exactly from its seed. Time jumps
 * from one event to the next. A *host* is whatever sits at a network address: a real engine
 * (peer.h) or a scripted member (puppet.h). Each host may see the wall clock with its own skew.
 *
 *     struct sim_world *world = sim_world_new(seed);
 *     … add peers, start them …
 *     sim_run(world, 60 * 1000);
 *     sim_world_free(world);
 *
 * Out of memory aborts: a test cannot go on without it. */
#ifndef PH_TESTS_SIM_WORLD_H
#define PH_TESTS_SIM_WORLD_H

#include "proto/base/random.h"
#include "proto/sync/engine.h"

struct sim_world;

/** What a host is called with. @conn is its own end of the connection. */
struct sim_host {
    void *ctx;
    /* @dial is what it asked for; NULL when it was called. */
    void (*connected)(void *ctx, ph_conn conn, const struct ph_dial *dial);
    void (*dial_failed)(void *ctx, const struct ph_dial *dial);
    void (*bytes)(void *ctx, ph_conn conn, struct ph_bytes bytes);
    void (*sent)(void *ctx, ph_conn conn, size_t n);
    void (*closed)(void *ctx, ph_conn conn);
};

/** Something to happen later. Owned by the queue; @drop (may be NULL) frees @arg when it never
 * does. */
struct sim_event {
    ph_ms at; /* mono */
    uint64_t order;
    void (*run)(struct sim_world *world, void *arg);
    void (*drop)(void *arg);
    void *arg;
};

struct sim_net;

struct sim_world {
    uint64_t seed;
    struct ph_random random;
    ph_ms mono;
    ph_ms wall_start;         /* wall clock at mono 0, for hosts without skew */
    struct sim_event *events; /* heap */
    size_t n_events;
    size_t cap_events;
    uint64_t next_order;
    uint64_t n_run; /* events so far: a run that differs in it is a different run */
    struct sim_net *net;
};

struct sim_world *sim_world_new(uint64_t seed, ph_ms wall_start);
void sim_world_free(struct sim_world *world);

void sim_at(struct sim_world *world, ph_ms at, void (*run)(struct sim_world *world, void *arg),
            void (*drop)(void *arg), void *arg);
/** Let @ms pass. */
void sim_run(struct sim_world *world, ph_ms ms);
/** Let time pass until @done says so, at most @ms_max. Whether it did. */
bool sim_run_until(struct sim_world *world, ph_ms ms_max, bool (*done)(void *ctx), void *ctx);
/** Uniform from @min to @max. */
ph_ms sim_between(struct sim_world *world, ph_ms min, ph_ms max);
/** True @per_million times in a million. */
bool sim_chance(struct sim_world *world, unsigned per_million);

/** malloc that does not fail. */
void *sim_alloc(size_t n, size_t size);
_Noreturn void sim_stop(const char *what);

#endif
