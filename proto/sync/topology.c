/* SPDX-License-Identifier: Apache-2.0
 *
 * See topology.h. The order over other organisations' nodes is keyed with a hash of our transport
 * secret: stable over restarts, and known to nobody who might like to stand first in it. */
#include "proto/sync/topology.h"

#include <stdlib.h>

#include "proto/base/assert.h"
#include "proto/base/hash.h"
#include "proto/sync/engine_priv.h"

#define TARGETS_MAX (PH_NODES_MAX + 2 * PH_DEGREE)

struct ph__peer *ph__peer_find(const struct ph_engine *engine, const struct ph_transport_key *key)
{
    return ph_map_get(&engine->peers, key->b);
}

static enum ph_err grow_peers(struct ph_engine *engine)
{
    struct ph_map bigger;
    enum ph_err err = ph_map_init(&bigger, engine->peers.max * 2, engine->peers.seed);
    if (err)
        return err;
    for (size_t i = 0; i < ph_map_count(&engine->peers); i++) {
        const struct ph_map_entry *entry = ph_map_at(&engine->peers, i);
        err = ph_map_put(&bigger, entry->key, entry->value);
        PH_ASSERT(!err);
    }
    ph_map_done(&engine->peers);
    engine->peers = bigger;
    return PH_OK;
}

static struct ph__peer *peer_make(struct ph_engine *engine, const struct ph_member_node *member)
{
    if (ph_map_count(&engine->peers) == engine->peers.max && grow_peers(engine) != PH_OK)
        return NULL;
    struct ph__peer *peer = calloc(1, sizeof(*peer));
    if (!peer)
        return NULL;
    peer->key = member->node->transport_key;
    peer->node = member->node->sign_key;
    peer->org = member->card->org;
    enum ph_err err = ph_map_put(&engine->peers, peer->key.b, peer);
    PH_ASSERT(!err);
    return peer;
}

struct ph__peer *ph__peer_get(struct ph_engine *engine, const struct ph_transport_key *key)
{
    struct ph__peer *peer = ph__peer_find(engine, key);
    struct ph_member_node member;
    if (peer)
        return peer;
    if (ph_members_may_connect(engine->members, key, engine->now.wall, &member, NULL) != PH_OK)
        return NULL;
    return peer_make(engine, &member);
}

void ph__peer_failed(struct ph_engine *engine, struct ph__peer *peer, enum ph_err err, bool blame)
{
    ph_ms mono = engine->now.mono;
    peer->last_error = err;
    peer->next_dial = mono + ph_random_full_jitter(&engine->random, PH_DIAL_MIN_MS, PH_DIAL_MAX_MS,
                                                   PH_MIN(peer->attempts, 16u));
    peer->attempts++;
    if (!blame)
        return;
    ph_ms penalty = (ph_ms)PH_PENALTY_MIN_MS << PH_MIN(peer->offences, 6u);
    peer->offences++;
    peer->blocked_until = mono + PH_MIN(penalty, (ph_ms)PH_PENALTY_MAX_MS);
    peer->next_dial = PH_MAX(peer->next_dial, peer->blocked_until);
}

static void add_up(struct ph__peer *peer, const struct ph__session *s)
{
    peer->heard = s->heard;
    peer->rtt_ms = s->rtt_ms;
    peer->bytes_in += s->bytes_in;
    peer->bytes_out += s->bytes_out;
    peer->records_in += s->records_in;
    peer->records_out += s->records_out;
    peer->refused += s->refused;
}

void ph__peer_session_ended(struct ph_engine *engine, struct ph__session *s, enum ph_err err,
                            bool blame)
{
    struct ph__peer *peer = s->peer;
    if (!peer) {
        peer = s->known ? ph__peer_find(engine, &s->key) : NULL;
        if (peer && s->outgoing)
            peer->dialing = false;
        if (peer && (s->outgoing || blame) && !peer->session)
            ph__peer_failed(engine, peer, err, blame);
        return;
    }
    PH_ASSERT(peer->session == s);
    peer->session = NULL;
    s->peer = NULL;
    add_up(peer, s);
    if (err == PH_ERR_DUPLICATE)
        return; /* another session with it is there or on its way */
    bool was_good = s->came_up && engine->now.mono - s->since >= PH_SESSION_GOOD_MS;
    if (was_good && !blame) {
        peer->attempts = 0;
        peer->offences = 0;
    }
    ph__peer_failed(engine, peer, err, blame);
}

/* Place of a node in our order: smaller comes first. */
static uint64_t rank(const uint8_t order_key[static 32], const struct ph_node_key *node)
{
    struct ph_bytes piece = ph_bytes(node->b, sizeof(node->b));
    struct ph_hash hash = ph_hash_keyed("rendezvous", order_key, &piece, 1);
    return ph_get_be64(hash.b);
}

struct ranked {
    uint64_t rank;
    struct ph_member_node member;
};

/* Keep the @max first of all that are shown, in order. */
static void keep_first(struct ranked *best, size_t *n, size_t max, const struct ranked *one)
{
    size_t i = *n;
    if (i == max) {
        if (one->rank >= best[i - 1].rank)
            return;
        i--;
    } else {
        (*n)++;
    }
    for (; i > 0 && best[i - 1].rank > one->rank; i--)
        best[i] = best[i - 1];
    best[i] = *one;
}

/* Whether a node can be called at all. */
static bool is_callable(const struct ph_engine *engine, const struct ph_member_node *member)
{
    ph_ms now = engine->now.wall;
    return member->node->n_addresses > 0 &&
           !ph_transport_key_equal(&member->node->transport_key, &engine->config.transport) &&
           ph_members_may_connect(engine->members, &member->node->transport_key, now,
                                  &(struct ph_member_node){.node = NULL}, NULL) == PH_OK;
}

static void forget_strangers(struct ph_engine *engine)
{
    for (size_t i = ph_map_count(&engine->peers); i > 0; i--) {
        struct ph__peer *peer = ph_map_at(&engine->peers, i - 1)->value;
        struct ph_member_node member;
        if (peer->session || peer->dialing ||
            ph_members_may_connect(engine->members, &peer->key, engine->now.wall, &member, NULL) ==
                PH_OK)
            continue;
        (void)ph_map_take(&engine->peers, peer->key.b);
        free(peer);
    }
}

static enum ph_err add_target(struct ph_engine *engine, const struct ph_member_node *member)
{
    struct ph__peer *peer = ph__peer_get(engine, &member->node->transport_key);
    if (!peer)
        return PH_ERR_NOMEM;
    engine->targets[engine->n_targets++] = peer;
    return PH_OK;
}

enum ph_err ph__topology_refresh(struct ph_engine *engine)
{
    struct ranked own[PH_NODES_MAX], others[2 * PH_DEGREE];
    size_t n_own = 0, n_others = 0;
    struct ph_bytes secret = ph_bytes(engine->config.transport_secret->b, 32);
    struct ph_hash order_key = ph_hash_one("rendezvous key", secret);
    if (!engine->targets)
        engine->targets = calloc(TARGETS_MAX, sizeof(struct ph__peer *));
    if (!engine->targets)
        return PH_ERR_NOMEM;
    for (size_t i = 0; i < ph_members_n_nodes(engine->members); i++) {
        struct ranked one = {.member = ph_members_node(engine->members, i)};
        if (!is_callable(engine, &one.member))
            continue;
        one.rank = rank(order_key.b, &one.member.node->sign_key);
        if (ph_code_cmp(&one.member.card->org, &engine->config.org) == 0)
            keep_first(own, &n_own, PH_LEN(own), &one);
        else
            keep_first(others, &n_others, PH_LEN(others), &one);
    }
    engine->n_targets = 0;
    forget_strangers(engine);
    enum ph_err err = PH_OK;
    for (size_t i = 0; i < n_own && !err; i++)
        err = add_target(engine, &own[i].member);
    engine->n_own_targets = engine->n_targets;
    for (size_t i = 0; i < n_others && !err; i++)
        err = add_target(engine, &others[i].member);
    return err;
}

/* Which targets are called at all now: our own, and the others until PH_DEGREE of them do not fail.
 * Gives each that has neither session nor dial to @each. */
static void walk(const struct ph_engine *engine, void *ctx,
                 void (*each)(void *ctx, struct ph__peer *peer))
{
    size_t n_well = 0;
    for (size_t i = 0; i < engine->n_targets && n_well < PH_DEGREE; i++) {
        struct ph__peer *peer = engine->targets[i];
        bool busy = peer->session || peer->dialing;
        if (i >= engine->n_own_targets && (busy || peer->attempts < PH_DIAL_FAILING))
            n_well++;
        if (!busy)
            each(ctx, peer);
    }
}

static void dial_if_due(void *ctx, struct ph__peer *peer)
{
    struct ph_engine *engine = ctx;
    if (peer->next_dial > engine->now.mono)
        return;
    struct ph_member_node member;
    enum ph_err err =
        ph_members_may_connect(engine->members, &peer->key, engine->now.wall, &member, NULL);
    if (err || member.node->n_addresses == 0) {
        ph__peer_failed(engine, peer, err ? err : PH_ERR_CONNECT, false);
        return;
    }
    struct ph_effect effect = {.kind = PH_EFFECT_DIAL};
    effect.dial.key = peer->key;
    effect.dial.node = peer->node;
    memcpy(effect.dial.address,
           member.node->addresses[peer->next_address % member.node->n_addresses],
           sizeof(effect.dial.address));
    if (ph__effects_push(&engine->effects, &effect) != PH_OK) {
        ph__peer_failed(engine, peer, PH_ERR_NOMEM, false);
        return;
    }
    peer->next_address++;
    peer->dialing = true;
}

/* Room for another session. Half-open ones that others began do not count: a flood of them must not
 * keep us from calling out. */
static bool has_room(const struct ph_engine *engine)
{
    size_t n = 0;
    PH_LIST_EACH (it, &engine->sessions) {
        const struct ph__session *s = PH_LIST_ITEM(it, struct ph__session, link);
        n += s->state != PH__CLOSING && (s->outgoing || ph__session_is_up(s));
    }
    return n < engine->config.sessions_max;
}

void ph__topology_dial(struct ph_engine *engine)
{
    if (!engine->stopping && has_room(engine))
        walk(engine, engine, dial_if_due);
}

static void find_earliest(void *ctx, struct ph__peer *peer)
{
    ph_ms *earliest = ctx;
    *earliest = PH_MIN(*earliest, peer->next_dial);
}

ph_ms ph__topology_deadline(const struct ph_engine *engine)
{
    ph_ms earliest = PH_NEVER_MS;
    if (!engine->stopping && has_room(engine))
        walk(engine, &earliest, find_earliest);
    return earliest;
}

void ph__topology_done(struct ph_engine *engine)
{
    for (size_t i = 0; i < ph_map_count(&engine->peers); i++)
        free(ph_map_at(&engine->peers, i)->value);
    ph_map_done(&engine->peers);
    free(engine->targets);
    engine->targets = NULL;
    engine->n_targets = 0;
}
