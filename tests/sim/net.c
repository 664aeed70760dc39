/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/net.h"

#include <stdio.h>
#include <stdlib.h>

#include "proto/base/assert.h"
#include "proto/base/limits.h"

struct site {
    struct sim_host host;
    char address[PH_ADDRESS_MAX + 1];
    unsigned side;
    bool here;
};

/* One direction of a connection, named by the end that writes. */
struct end {
    struct site *site;
    bool open;     /* its host still knows it */
    bool deaf;     /* reads nothing */
    ph_ms last_at; /* nothing arrives before what was sent earlier */
    size_t in_flight;
    uint64_t cut_after; /* bytes this end may still deliver; UINT64_MAX */
};

/* Ends are numbered 2 * i + 1 and 2 * i + 2 for connection i. */
struct wire {
    struct end ends[2];
    bool dead; /* a partition swallowed something of it: silence both ways, for good */
};

struct sim_net {
    struct sim_world *world;
    struct sim_weather weather;
    struct sim_net_stats stats;
    struct site **sites;
    size_t n_sites;
    struct wire *wires;
    size_t n_wires;
    size_t cap_wires;
};

struct sim_net *sim_net_new(struct sim_world *world)
{
    struct sim_net *net = sim_alloc(1, sizeof(*net));
    net->world = world;
    net->weather = (struct sim_weather){.latency_min = 5, .latency_max = 50};
    return net;
}

void sim_net_free(struct sim_net *net)
{
    for (size_t i = 0; i < net->n_sites; i++)
        free(net->sites[i]);
    free(net->sites);
    free(net->wires);
    free(net);
}

struct sim_weather *sim_weather(struct sim_world *world)
{
    return &world->net->weather;
}

const struct sim_net_stats *sim_net_stats(const struct sim_world *world)
{
    return &world->net->stats;
}

static struct site *site_of(struct sim_net *net, const void *ctx)
{
    for (size_t i = 0; i < net->n_sites; i++)
        if (net->sites[i]->host.ctx == ctx)
            return net->sites[i];
    sim_stop("no such host");
}

void sim_net_join(struct sim_world *world, const struct sim_host *host, const char *address)
{
    struct sim_net *net = world->net;
    struct site *site = NULL;
    for (size_t i = 0; i < net->n_sites; i++)
        if (net->sites[i]->host.ctx == host->ctx)
            site = net->sites[i];
    if (!site) {
        site = sim_alloc(1, sizeof(*site));
        struct site **sites = realloc(net->sites, (net->n_sites + 1) * sizeof(struct site *));
        if (!sites)
            sim_stop("out of memory");
        net->sites = sites;
        net->sites[net->n_sites++] = site;
    }
    site->host = *host;
    site->here = true;
    (void)snprintf(site->address, sizeof(site->address), "%s", address);
}

static struct end *end_of(struct sim_net *net, ph_conn conn)
{
    PH_ASSERT(conn >= 1 && (conn - 1) / 2 < net->n_wires);
    return &net->wires[(conn - 1) / 2].ends[(conn - 1) % 2];
}

static ph_conn other_conn(ph_conn conn)
{
    return (conn - 1) % 2 == 0 ? conn + 1 : conn - 1;
}

/* ---- things under way ---- */

struct parcel {
    ph_conn from;
    bool is_close;
    size_t n;
    uint8_t bytes[];
};

static void end_closes(struct sim_net *net, ph_conn conn)
{
    struct end *end = end_of(net, conn);
    if (!end->open)
        return;
    end->open = false;
    if (end->site->here)
        end->site->host.closed(end->site->host.ctx, conn);
}

static void reset(struct sim_net *net, ph_conn conn)
{
    net->stats.resets++;
    end_closes(net, conn);
    end_closes(net, other_conn(conn));
}

static struct wire *wire_of(struct sim_net *net, ph_conn conn)
{
    return &net->wires[(conn - 1) / 2];
}

static bool is_partitioned(const struct wire *wire)
{
    return wire->dead || wire->ends[0].site->side != wire->ends[1].site->side;
}

static bool has_left(const struct wire *wire)
{
    return !wire->ends[0].site->here || !wire->ends[1].site->here;
}

static void maybe_flip(struct sim_net *net, struct parcel *parcel)
{
    if (parcel->n == 0 || !sim_chance(net->world, net->weather.flip))
        return;
    uint64_t bit = ph_random_below(&net->world->random, parcel->n * 8);
    parcel->bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
}

static void deliver(struct sim_net *net, struct parcel *parcel)
{
    ph_conn to = other_conn(parcel->from);
    struct end *from_end = end_of(net, parcel->from), *to_end = end_of(net, to);
    size_t n = (size_t)PH_MIN((uint64_t)parcel->n, from_end->cut_after);
    bool cut = n < parcel->n || from_end->cut_after == n;
    if (from_end->cut_after != UINT64_MAX)
        from_end->cut_after -= n;
    net->stats.bytes += n;
    maybe_flip(net, parcel);
    if (n > 0 && to_end->open)
        to_end->site->host.bytes(to_end->site->host.ctx, to, ph_bytes(parcel->bytes, n));
    /* The host may have opened connections meanwhile: look again. */
    from_end = end_of(net, parcel->from);
    from_end->in_flight -= parcel->n;
    if (from_end->open)
        from_end->site->host.sent(from_end->site->host.ctx, parcel->from, parcel->n);
    if (cut)
        reset(net, to);
}

static void parcel_arrives(struct sim_world *world, void *arg)
{
    struct sim_net *net = world->net;
    struct parcel *parcel = arg;
    ph_conn to = other_conn(parcel->from);
    struct wire *wire = wire_of(net, to);
    if (is_partitioned(wire))
        wire->dead = true;
    else if (has_left(wire) || (!parcel->is_close && sim_chance(world, net->weather.reset)))
        reset(net, to);
    else if (parcel->is_close)
        end_closes(net, to);
    else if (!end_of(net, to)->deaf) /* else it stays in flight for good */
        deliver(net, parcel);
    free(parcel);
}

static ph_ms arrival(struct sim_net *net, struct end *from, size_t n)
{
    const struct sim_weather *w = &net->weather;
    ph_ms at = net->world->mono + sim_between(net->world, w->latency_min, w->latency_max);
    at = PH_MAX(at, from->last_at);
    if (w->bytes_per_s)
        at += n * 1000 / w->bytes_per_s;
    from->last_at = at;
    return at;
}

static void post(struct sim_net *net, ph_conn from, struct ph_bytes bytes, bool is_close)
{
    struct parcel *parcel = sim_alloc(1, sizeof(*parcel) + bytes.n);
    parcel->from = from;
    parcel->is_close = is_close;
    parcel->n = bytes.n;
    if (bytes.n)
        memcpy(parcel->bytes, bytes.p, bytes.n);
    struct end *end = end_of(net, from);
    end->in_flight += bytes.n;
    sim_at(net->world, arrival(net, end, bytes.n), parcel_arrives, free, parcel);
}

void sim_net_send(struct sim_world *world, ph_conn conn, struct ph_bytes bytes)
{
    struct sim_net *net = world->net;
    while (bytes.n > 0) {
        size_t n = bytes.n;
        if (net->weather.piece_max) {
            size_t piece = (size_t)sim_between(world, 1, net->weather.piece_max);
            n = PH_MIN(n, piece);
        }
        post(net, conn, ph_bytes(bytes.p, n), false);
        bytes = ph_bytes(bytes.p + n, bytes.n - n);
    }
}

void sim_net_close(struct sim_world *world, ph_conn conn)
{
    end_of(world->net, conn)->open = false;
    post(world->net, conn, ph_bytes(NULL, 0), true);
}

size_t sim_net_in_flight(struct sim_world *world, ph_conn conn)
{
    return end_of(world->net, conn)->in_flight;
}

void sim_net_cut_after(struct sim_world *world, ph_conn conn, uint64_t n)
{
    end_of(world->net, conn)->cut_after = n;
}

void sim_net_deafen(struct sim_world *world, ph_conn conn)
{
    end_of(world->net, conn)->deaf = true;
}

size_t sim_net_n_open(const struct sim_world *world)
{
    const struct sim_net *net = world->net;
    size_t n = 0;
    for (size_t i = 0; i < net->n_wires; i++)
        n += net->wires[i].ends[0].open && net->wires[i].ends[1].open;
    return n;
}

/* ---- dialling ---- */

struct call {
    struct site *from;
    struct ph_dial dial;
};

static ph_conn new_wire(struct sim_net *net, struct site *from, struct site *to)
{
    if (net->n_wires == net->cap_wires) {
        net->cap_wires = net->cap_wires ? net->cap_wires * 2 : 16;
        struct wire *wires = realloc(net->wires, net->cap_wires * sizeof(*wires));
        if (!wires)
            sim_stop("out of memory");
        net->wires = wires;
    }
    struct wire *wire = &net->wires[net->n_wires++];
    *wire = (struct wire){.ends = {{.site = from, .open = true, .cut_after = UINT64_MAX},
                                   {.site = to, .open = true, .cut_after = UINT64_MAX}}};
    return 2 * (net->n_wires - 1) + 1;
}

static void call_arrives(struct sim_world *world, void *arg)
{
    struct sim_net *net = world->net;
    struct call *call = arg;
    struct site *from = call->from, *to = NULL;
    for (size_t i = 0; i < net->n_sites; i++)
        if (net->sites[i]->here && strcmp(net->sites[i]->address, call->dial.address) == 0)
            to = net->sites[i];
    if (from->here && (!to || to->side != from->side)) {
        from->host.dial_failed(from->host.ctx, &call->dial);
    } else if (from->here) {
        ph_conn conn = new_wire(net, from, to);
        to->host.connected(to->host.ctx, conn + 1, NULL);
        if (end_of(net, conn)->open)
            from->host.connected(from->host.ctx, conn, &call->dial);
    }
    free(call);
}

void sim_net_dial(struct sim_world *world, const void *ctx, const struct ph_dial *dial)
{
    struct sim_net *net = world->net;
    struct call *call = sim_alloc(1, sizeof(*call));
    call->from = site_of(net, ctx);
    call->dial = *dial;
    net->stats.dials++;
    ph_ms there_and_back =
        2 * sim_between(world, net->weather.latency_min, net->weather.latency_max);
    sim_at(world, world->mono + there_and_back, call_arrives, free, call);
}

/* ---- coming and going ---- */

void sim_net_leave(struct sim_world *world, const void *ctx)
{
    struct sim_net *net = world->net;
    struct site *site = site_of(net, ctx);
    site->here = false;
    for (size_t i = 0; i < net->n_wires; i++) {
        struct wire *wire = &net->wires[i];
        for (size_t k = 0; k < 2; k++)
            if (wire->ends[k].site == site && wire->ends[k].open) {
                wire->ends[k].open = false;
                if (wire->ends[1 - k].open)
                    post(net, (ph_conn)(2 * i + k + 1), ph_bytes(NULL, 0), true);
            }
    }
}

void sim_net_return(struct sim_world *world, const void *ctx)
{
    site_of(world->net, ctx)->here = true;
}

void sim_net_side(struct sim_world *world, const void *ctx, unsigned side)
{
    struct sim_net *net = world->net;
    site_of(net, ctx)->side = side;
}
