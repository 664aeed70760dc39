/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/scenario.h"

#include <stdlib.h>

#include "proto/base/assert.h"

struct sim_scenario *sim_scenario_new(uint64_t seed, size_t n_orgs, size_t n_peers,
                                      const char *groups)
{
    struct sim_scenario *s = sim_alloc(1, sizeof(*s));
    PH_ASSERT(n_peers <= n_orgs && n_peers <= PH_LEN(s->peers));
    s->world = sim_world_new(seed, PH_TEST_T0 + PH_TEST_DAY_MS);
    s->community = ph_test_community_seeded(n_orgs, groups, seed);
    s->n = n_peers;
    for (size_t i = 0; i < n_peers; i++)
        s->peers[i] = sim_peer_new(s->world, &s->community->orgs[i], s->community->members);
    return s;
}

void sim_scenario_free(struct sim_scenario *s)
{
    for (size_t i = 0; i < s->n; i++)
        sim_peer_free(s->peers[i]);
    sim_world_free(s->world);
    ph_test_community_free(s->community);
    free(s);
}

void sim_scenario_start(struct sim_scenario *s)
{
    for (size_t i = 0; i < s->n; i++)
        sim_peer_start(s->peers[i]);
}

void sim_scenario_fill(struct sim_scenario *s, size_t i, size_t n, const struct sim_record *spec)
{
    struct sim_peer *peer = s->peers[i];
    for (size_t k = 0; k < n; k++) {
        struct sim_record one = *spec;
        if (one.created == 0) /* spread over the day before */
            one.created = PH_TEST_T0 + 1 + sim_between(s->world, 0, PH_TEST_DAY_MS - 1);
        sim_peer_fill(peer, sim_record(s->world, s->community, peer->org, &one));
    }
}

struct ph_id sim_scenario_publish(struct sim_scenario *s, size_t i, const struct sim_record *spec)
{
    struct ph_record *record = sim_record(s->world, s->community, s->peers[i]->org, spec);
    struct ph_id id = record->id;
    sim_peer_publish(s->peers[i], record);
    return id;
}

bool sim_scenario_is_equal(void *scenario)
{
    const struct sim_scenario *s = scenario;
    const struct sim_peer *first = NULL;
    for (size_t i = 0; i < s->n; i++) {
        const struct sim_peer *peer = s->peers[i];
        if (!peer->engine)
            continue;
        if (!first)
            first = peer;
        else if (!sim_store_equal(&first->store, &peer->store))
            return false;
    }
    return true;
}

bool sim_scenario_converges(struct sim_scenario *s, ph_ms ms_max)
{
    return sim_run_until(s->world, ms_max, sim_scenario_is_equal, s);
}

uint64_t sim_current_seed;

void sim_each_seed(uint64_t n, sim_run_seed *run)
{
    for (sim_current_seed = 1; sim_current_seed <= n; sim_current_seed++)
        run(sim_current_seed);
}

void sim_finder_tap(void *finder, struct ph_bytes frame)
{
    struct sim_finder *f = finder;
    f->frames++;
    for (size_t i = 0; i < f->n; i++)
        if (memmem(frame.p, frame.n, f->ids[i].b, sizeof(f->ids[i].b)))
            f->found++;
}
