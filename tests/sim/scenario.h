/* SPDX-License-Identifier: Apache-2.0
 *
 * A small community as a simulation: one peer for each organisation, all of them down at first.
 * What most tests of the sync engine start from. */
#ifndef PH_TESTS_SIM_SCENARIO_H
#define PH_TESTS_SIM_SCENARIO_H

#include "tests/sim/peer.h"
#include "tests/sim/puppet.h"
#include "tests/sim/workload.h"

#define SIM_SECOND ((ph_ms)1000)
#define SIM_MINUTE (60 * SIM_SECOND)
#define SIM_HOUR   (60 * SIM_MINUTE)

/** The last member of a community plays a puppet where a test wants one; it gets no peer then. */
struct sim_scenario {
    struct sim_world *world;
    struct ph_test_community *community;
    struct sim_peer *peers[16];
    size_t n;
};

/** @n_peers of @n_orgs organisations have a node; groups as for ph_test_community(). */
struct sim_scenario *sim_scenario_new(uint64_t seed, size_t n_orgs, size_t n_peers,
                                      const char *groups);
void sim_scenario_free(struct sim_scenario *s);
void sim_scenario_start(struct sim_scenario *s);
/** @n records as @spec says, by the organisation of peer @i, into its store; it is down. */
void sim_scenario_fill(struct sim_scenario *s, size_t i, size_t n, const struct sim_record *spec);
/** Publish one record at peer @i, which runs. Its id. */
struct ph_id sim_scenario_publish(struct sim_scenario *s, size_t i, const struct sim_record *spec);

/** All running peers hold the same records and say so; for predicates. */
bool sim_scenario_is_equal(void *scenario);
/** Let time pass until they do; false when it takes longer than @ms_max. */
bool sim_scenario_converges(struct sim_scenario *s, ph_ms ms_max);

/** Run one test under the seeds 1 to @n; check() names the one that fails. Needs tests/lib/test.h.
 */
#define SIM_N_SEEDS 50
typedef void sim_run_seed(uint64_t seed);
extern uint64_t sim_current_seed;
void sim_each_seed(uint64_t n, sim_run_seed *run);
#define check(x)                                                                        \
    do {                                                                                \
        if (!(x)) {                                                                     \
            print_message("seed %llu: %s\n", (unsigned long long)sim_current_seed, #x); \
            assert_true(x);                                                             \
        }                                                                               \
    } while (0)

/** Whether any 32 bytes of a frame are one of @ids. Fill ids, use ph_tap_find as a tap. */
struct sim_finder {
    const struct ph_id *ids;
    size_t n;
    uint64_t frames;
    uint64_t found;
};
void sim_finder_tap(void *finder, struct ph_bytes frame);

#endif
