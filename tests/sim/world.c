/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/world.h"

#include <stdio.h>
#include <stdlib.h>

#include "proto/base/assert.h"
#include "tests/sim/net.h"

_Noreturn void sim_stop(const char *what)
{
    (void)fprintf(stderr, "simulator: %s\n", what);
    abort();
}

void *sim_alloc(size_t n, size_t size)
{
    void *p = calloc(n > 0 ? n : 1, size);
    if (!p)
        sim_stop("out of memory");
    return p;
}

struct sim_world *sim_world_new(uint64_t seed, ph_ms wall_start)
{
    struct sim_world *world = sim_alloc(1, sizeof(*world));
    uint8_t bytes[32] = {0};
    ph_put_be64(bytes, seed);
    world->seed = seed;
    ph_random_init(&world->random, bytes);
    world->mono = 1000;
    world->wall_start = wall_start;
    world->net = sim_net_new(world);
    return world;
}

void sim_world_free(struct sim_world *world)
{
    if (!world)
        return;
    for (size_t i = 0; i < world->n_events; i++)
        if (world->events[i].drop)
            world->events[i].drop(world->events[i].arg);
    free(world->events);
    sim_net_free(world->net);
    free(world);
}

/* Equal times run in the order in which they were asked for. */
static bool is_before(const struct sim_event *a, const struct sim_event *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void swap(struct sim_event *a, struct sim_event *b)
{
    struct sim_event t = *a;
    *a = *b;
    *b = t;
}

void sim_at(struct sim_world *world, ph_ms at, void (*run)(struct sim_world *world, void *arg),
            void (*drop)(void *arg), void *arg)
{
    if (world->n_events == world->cap_events) {
        world->cap_events = world->cap_events ? world->cap_events * 2 : 64;
        struct sim_event *events =
            realloc(world->events, world->cap_events * sizeof(*world->events));
        if (!events)
            sim_stop("out of memory");
        world->events = events;
    }
    size_t i = world->n_events++;
    world->events[i] = (struct sim_event){.at = PH_MAX(at, world->mono),
                                          .order = world->next_order++,
                                          .run = run,
                                          .drop = drop,
                                          .arg = arg};
    for (; i > 0 && is_before(&world->events[i], &world->events[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&world->events[i], &world->events[(i - 1) / 2]);
}

static struct sim_event take_first(struct sim_world *world)
{
    struct sim_event *e = world->events;
    struct sim_event first = e[0];
    size_t n = --world->n_events;
    e[0] = e[n];
    for (size_t i = 0;;) {
        size_t least = i, left = 2 * i + 1, right = left + 1;
        if (left < n && is_before(&e[left], &e[least]))
            least = left;
        if (right < n && is_before(&e[right], &e[least]))
            least = right;
        if (least == i)
            return first;
        swap(&e[i], &e[least]);
        i = least;
    }
}

bool sim_run_until(struct sim_world *world, ph_ms ms_max, bool (*done)(void *ctx), void *ctx)
{
    ph_ms end = world->mono + ms_max;
    while (world->n_events > 0 && world->events[0].at <= end) {
        if (done && done(ctx))
            return true;
        struct sim_event event = take_first(world);
        world->mono = event.at;
        world->n_run++;
        event.run(world, event.arg);
    }
    world->mono = end;
    return done && done(ctx);
}

void sim_run(struct sim_world *world, ph_ms ms)
{
    (void)sim_run_until(world, ms, NULL, NULL);
}

ph_ms sim_between(struct sim_world *world, ph_ms min, ph_ms max)
{
    return min + ph_random_below(&world->random, max - min + 1);
}

bool sim_chance(struct sim_world *world, unsigned per_million)
{
    return per_million > 0 && ph_random_below(&world->random, 1000000) < per_million;
}
