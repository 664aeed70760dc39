/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the host share; nobody else includes this. */
#ifndef PH_NODE_HOST_PRIV_H
#define PH_NODE_HOST_PRIV_H

#include "node/alarms.h"
#include "node/clock.h"
#include "node/host.h"
#include "node/net.h"

struct ph_host {
    uv_loop_t *loop;
    struct ph_log *log;
    struct ph_store *store;
    const char *software;
    bool locked_memory;
    struct ph_now started;
    struct ph_roster_org self;
    struct ph_members *members; /* the newest view; one reference */
    struct ph_view view;
    struct ph_engine *engine;
    struct ph_net *net;
    struct ph_committer *committer;
    uv_timer_t timer;      /* the engine's one */
    uv_timer_t stop_timer; /* waits for the disk while stopping */
    size_t n_verifying;
    bool draining;
    struct ph_alarms alarms;
    struct ph_peer_info *peers; /* room for status, kept */
    size_t peers_max;
    ph_ms turned_away_logged; /* mono; one line a second at most */
    uint64_t turned_away_since;
    ph_ms stop_by;
    void (*stopped)(void *ctx);
    void *stopped_ctx;
};

/** Do every effect that is queued, then arm the timer. */
void ph__host_drain(struct ph_host *h);
/** Log an event, raise its alarm. */
void ph__host_event(struct ph_host *h, ph_conn conn, const struct ph_event *event);
void ph__host_store_trouble(struct ph_host *h, enum ph_err err, const struct ph_why *why);
void ph__host_turned_away(void *ctx, const char *address, const char *cap);

#endif
