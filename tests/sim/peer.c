/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/peer.h"

#include <stdlib.h>

#include "proto/base/assert.h"
#include "proto/wire/frame.h"

/* Whose engine is running: what __wrap_ph_rx_next() shows frames to. One thread, one world at a
 * time. */
static struct sim_peer *running;

enum ph_err __real_ph_rx_next(struct ph_rx *rx, struct ph_bytes *in, struct ph_bytes *frame,
                              bool *got, struct ph_why *why);
enum ph_err __wrap_ph_rx_next(struct ph_rx *rx, struct ph_bytes *in, struct ph_bytes *frame,
                              bool *got, struct ph_why *why);

/* Linked in place of ph_rx_next(): the one point where every frame passes in the clear. */
enum ph_err __wrap_ph_rx_next(struct ph_rx *rx, struct ph_bytes *in, struct ph_bytes *frame,
                              bool *got, struct ph_why *why)
{
    enum ph_err err = __real_ph_rx_next(rx, in, frame, got, why);
    if (!err && *got && running && running->tap)
        running->tap(running->tap_ctx, *frame);
    return err;
}

struct ph_now sim_peer_now(const struct sim_peer *peer)
{
    const struct sim_world *world = peer->world;
    return (struct ph_now){.wall = world->wall_start + world->mono + (uint64_t)peer->skew_ms,
                           .mono = world->mono};
}

/* ---- work that takes time ---- */

struct work {
    struct sim_peer *peer;
    uint64_t boot;
    struct ph_batch *batch;
};

static void drop_work(void *arg)
{
    struct work *work = arg;
    ph_batch_free(work->batch);
    free(work);
}

/* The batch, if the engine that wanted the work still runs. */
static struct ph_batch *end_work(struct work *work)
{
    struct ph_batch *batch = work->batch;
    if (!work->peer->engine || work->peer->boot != work->boot) {
        ph_batch_free(batch);
        batch = NULL;
    }
    free(work);
    return batch;
}

static void verify_done(struct sim_world *world, void *arg)
{
    struct sim_peer *peer = ((struct work *)arg)->peer;
    struct ph_batch *batch = end_work(arg);
    (void)world;
    if (!batch)
        return;
    ph_batch_verify(batch);
    running = peer;
    ph_engine_verified(peer->engine, batch, sim_peer_now(peer));
    sim_peer_drain(peer);
}

static void commit_done(struct sim_world *world, void *arg)
{
    struct sim_peer *peer = ((struct work *)arg)->peer;
    struct ph_batch *batch = end_work(arg);
    (void)world;
    if (!batch)
        return;
    enum ph_err err = sim_store_commit(&peer->store, batch);
    for (size_t i = 0; i < batch->n && !err; i++)
        peer->n_committed += batch->items[i].is_new;
    running = peer;
    ph_engine_committed(peer->engine, batch, err, sim_peer_now(peer));
    sim_peer_drain(peer);
}

static void start_work(struct sim_peer *peer, struct ph_batch *batch, ph_ms ms,
                       void (*done)(struct sim_world *world, void *arg))
{
    struct work *work = sim_alloc(1, sizeof(*work));
    *work = (struct work){.peer = peer, .boot = peer->boot, .batch = batch};
    sim_at(peer->world, peer->world->mono + ms, done, drop_work, work);
}

/* ---- effects ---- */

/* As a host does it: judge the documents, keep them, tell the engine. */
static void take_trust(struct sim_peer *peer, struct ph_trust_docs *docs)
{
    struct ph_bytes *rosters = sim_alloc(docs->n_rosters, sizeof(*rosters));
    struct ph_bytes *cards = sim_alloc(docs->n_cards, sizeof(*cards));
    for (size_t i = 0; i < docs->n_rosters; i++)
        rosters[i] = ph_buf_bytes(&docs->rosters[i]);
    for (size_t i = 0; i < docs->n_cards; i++)
        cards[i] = ph_buf_bytes(&docs->cards[i]);
    struct ph_members *members = NULL;
    struct ph_members_result result;
    enum ph_err err = ph_members_extend(&members, peer->members, rosters, docs->n_rosters, cards,
                                        docs->n_cards, NULL, NULL, &result, NULL);
    if (err)
        ph_engine_trust_refused(peer->engine, docs->from, err, sim_peer_now(peer));
    else if (result.changed)
        sim_peer_members(peer, members);
    ph_members_unref(members);
    free(rosters);
    free(cards);
    ph_trust_docs_done(docs);
}

static void note_event(struct sim_peer *peer, const struct ph_event *event)
{
    peer->heard[event->kind].n++;
    peer->heard[event->kind].last = *event;
}

static void do_effect(struct sim_peer *peer, struct ph_effect *effect)
{
    switch (effect->kind) {
    case PH_EFFECT_SEND:
        peer->bytes_sent += effect->send.n;
        sim_net_send(peer->world, effect->conn, ph_buf_bytes(&effect->send));
        ph_buf_done(&effect->send);
        break;
    case PH_EFFECT_CLOSE:
        sim_net_close(peer->world, effect->conn);
        break;
    case PH_EFFECT_DIAL:
        sim_net_dial(peer->world, peer, &effect->dial);
        break;
    case PH_EFFECT_VERIFY:
        start_work(peer, effect->batch, peer->verify_ms, verify_done);
        break;
    case PH_EFFECT_COMMIT:
        start_work(peer, effect->batch, peer->commit_ms, commit_done);
        break;
    case PH_EFFECT_TRUST:
        take_trust(peer, &effect->trust);
        break;
    case PH_EFFECT_HANDSHAKE:
        peer->n_handshakes++;
        sim_store_remember(&peer->store, &effect->handshake.key, effect->handshake.at);
        break;
    case PH_EFFECT_EVENT:
        note_event(peer, &effect->event);
        break;
    }
}

static void tick(struct sim_world *world, void *arg);

static void arm(struct sim_peer *peer)
{
    ph_ms at = ph_engine_deadline(peer->engine);
    if (at == PH_NEVER_MS || at >= peer->tick_at)
        return;
    peer->tick_at = PH_MAX(at, peer->world->mono);
    sim_at(peer->world, peer->tick_at, tick, NULL, peer);
}

void sim_peer_drain(struct sim_peer *peer)
{
    struct ph_effect effect;
    while (peer->engine && ph_engine_next(peer->engine, &effect))
        do_effect(peer, &effect);
    if (peer->engine)
        arm(peer);
    running = NULL;
}

static void tick(struct sim_world *world, void *arg)
{
    struct sim_peer *peer = arg;
    if (!peer->engine || peer->tick_at != world->mono)
        return; /* armed anew meanwhile */
    peer->tick_at = PH_NEVER_MS;
    running = peer;
    ph_engine_tick(peer->engine, sim_peer_now(peer));
    sim_peer_drain(peer);
}

/* ---- what the network calls ---- */

static void on_connected(void *ctx, ph_conn conn, const struct ph_dial *dial)
{
    struct sim_peer *peer = ctx;
    uint8_t ephemeral[32];
    ph_random_bytes(&peer->world->random, ephemeral, sizeof(ephemeral));
    running = peer;
    ph_engine_connected(peer->engine, conn, dial, ephemeral, sim_peer_now(peer));
    sim_peer_drain(peer);
}

static void on_dial_failed(void *ctx, const struct ph_dial *dial)
{
    struct sim_peer *peer = ctx;
    ph_engine_dial_failed(peer->engine, dial, sim_peer_now(peer));
    sim_peer_drain(peer);
}

static void on_bytes(void *ctx, ph_conn conn, struct ph_bytes bytes)
{
    struct sim_peer *peer = ctx;
    running = peer;
    ph_engine_bytes(peer->engine, conn, bytes, sim_peer_now(peer));
    sim_peer_drain(peer);
}

static void on_sent(void *ctx, ph_conn conn, size_t n)
{
    struct sim_peer *peer = ctx;
    running = peer;
    ph_engine_sent(peer->engine, conn, n, sim_peer_now(peer));
    sim_peer_drain(peer);
}

static void on_closed(void *ctx, ph_conn conn)
{
    struct sim_peer *peer = ctx;
    running = peer;
    ph_engine_closed(peer->engine, conn, sim_peer_now(peer));
    sim_peer_drain(peer);
}

/* ---- life ---- */

struct sim_peer *sim_peer_new(struct sim_world *world, const struct ph_test_org *org,
                              const struct ph_members *members)
{
    struct sim_peer *peer = sim_alloc(1, sizeof(*peer));
    peer->world = world;
    peer->org = org;
    peer->members = ph_members_ref(members);
    peer->verify_ms = 2;
    peer->commit_ms = 10;
    memcpy(peer->secret.b, org->transport_secret, 32);
    ph_random_bytes(&world->random, peer->store_id, sizeof(peer->store_id));
    sim_store_init(&peer->store, &org->code);
    struct sim_host host = {.ctx = peer,
                            .connected = on_connected,
                            .dial_failed = on_dial_failed,
                            .bytes = on_bytes,
                            .sent = on_sent,
                            .closed = on_closed};
    sim_net_join(world, &host, org->card->nodes[0].addresses[0]);
    sim_net_leave(world, peer);
    return peer;
}

void sim_peer_free(struct sim_peer *peer)
{
    if (!peer)
        return;
    ph_engine_free(peer->engine);
    sim_store_done(&peer->store);
    ph_members_unref(peer->members);
    free(peer);
}

void sim_peer_start(struct sim_peer *peer)
{
    PH_ASSERT(!peer->engine);
    struct ph_why why = {.code = PH_OK};
    struct ph_engine_config config = {.node = peer->org->node_key,
                                      .transport = peer->org->transport_key,
                                      .transport_secret = &peer->secret,
                                      .org = peer->org->code,
                                      .members = peer->members,
                                      .view = sim_store_view(&peer->store),
                                      .boot = ++peer->boot,
                                      .software = "posthorn-sim",
                                      .reconcile_ms = peer->reconcile_ms};
    memcpy(config.store_id, peer->store_id, sizeof(config.store_id));
    ph_random_bytes(&peer->world->random, config.seed, sizeof(config.seed));
    if (ph_engine_new(&peer->engine, &config, sim_peer_now(peer), &why) != PH_OK)
        sim_stop(why.what);
    peer->tick_at = PH_NEVER_MS;
    sim_net_return(peer->world, peer);
    running = peer;
    ph_engine_tick(peer->engine, sim_peer_now(peer));
    sim_peer_drain(peer);
}

void sim_peer_kill(struct sim_peer *peer)
{
    ph_engine_free(peer->engine);
    peer->engine = NULL;
    peer->store.in_view = false;
    sim_net_leave(peer->world, peer);
}

void sim_peer_stop(struct sim_peer *peer)
{
    ph_engine_shutdown(peer->engine, sim_peer_now(peer));
    sim_peer_drain(peer);
    sim_peer_kill(peer);
}

void sim_peer_fill(struct sim_peer *peer, struct ph_record *record)
{
    sim_store_put(&peer->store, record);
    ph_record_unref(record);
}

void sim_peer_publish(struct sim_peer *peer, struct ph_record *record)
{
    sim_store_put(&peer->store, record);
    running = peer;
    ph_engine_published(peer->engine, &record, 1, sim_peer_now(peer));
    ph_record_unref(record);
    sim_peer_drain(peer);
}

void sim_peer_members(struct sim_peer *peer, const struct ph_members *members)
{
    struct ph_members *old = peer->members;
    peer->members = ph_members_ref(members);
    ph_members_unref(old);
    if (peer->engine)
        ph_engine_members(peer->engine, peer->members, sim_peer_now(peer));
}

/* ---- questions ---- */

static size_t each_peer(const struct sim_peer *peer, struct ph_peer_info **out)
{
    *out = NULL;
    if (!peer->engine)
        return 0;
    size_t n = ph_engine_peers(peer->engine, NULL, 0);
    *out = sim_alloc(n, sizeof(**out));
    return ph_engine_peers(peer->engine, *out, n);
}

size_t sim_peer_n_up(const struct sim_peer *peer)
{
    struct ph_peer_info *infos;
    size_t n = each_peer(peer, &infos), up = 0;
    for (size_t i = 0; i < n; i++)
        up += infos[i].connected;
    free(infos);
    return up;
}

bool sim_peer_in_sync(const struct sim_peer *peer)
{
    struct ph_peer_info *infos;
    size_t n = each_peer(peer, &infos), up = 0, equal = 0;
    for (size_t i = 0; i < n; i++) {
        up += infos[i].connected;
        equal += infos[i].connected && infos[i].in_sync;
    }
    free(infos);
    return up > 0 && equal == up;
}

bool sim_peer_is_up_with(const struct sim_peer *peer, const struct ph_test_org *org,
                         struct ph_peer_info *out)
{
    struct ph_peer_info *infos;
    size_t n = each_peer(peer, &infos);
    bool found = false;
    for (size_t i = 0; i < n; i++)
        if (infos[i].connected && ph_node_key_equal(&infos[i].node, &org->node_key)) {
            found = true;
            if (out)
                *out = infos[i];
        }
    free(infos);
    return found;
}
