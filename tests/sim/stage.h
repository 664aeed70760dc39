/* SPDX-License-Identifier: Apache-2.0
 *
 * A stage for one that misbehaves: honest nodes, and a puppet with a member's keys in session with
 * the first of them. Needs tests/lib/test.h before it. */
#ifndef PH_TESTS_SIM_STAGE_H
#define PH_TESTS_SIM_STAGE_H

#include "tests/sim/scenario.h"

struct sim_stage {
    struct sim_scenario *s;
    struct sim_puppet *puppet; /* with the keys of the last organisation */
    struct sim_peer *node;     /* peer 0, IT: the one it is in session with */
};

/** Nodes are down and the puppet is alone: for a test to prepare them. */
struct sim_stage sim_stage_prepare(uint64_t seed, size_t n_peers, const char *groups);
/** All up, and the puppet has its session. */
void sim_stage_up(struct sim_stage *stage);
/** Both at once. */
struct sim_stage sim_stage(uint64_t seed, size_t n_peers, const char *groups);
void sim_stage_strike(struct sim_stage *stage);

/** The session ended with a BYE that says @err; the same key is not let in for a while, and then it
 * is. */
void sim_stage_assert_expelled(struct sim_stage *stage, enum ph_err err);
void sim_stage_assert_still_up(struct sim_stage *stage);

/** What a puppet was given: a sim_on_message, with its ctx. */
struct sim_harvest {
    uint64_t records;
    uint64_t gone;
};
void sim_harvest_message(struct sim_puppet *puppet, const struct ph_message *message);

#endif
