/* SPDX-License-Identifier: Apache-2.0
 *
 * Records to put into a simulated community: real headers, ids and signatures; bodies of random
 * bytes, as sealed bodies look to whoever has no key. */
#ifndef PH_TESTS_SIM_WORKLOAD_H
#define PH_TESTS_SIM_WORKLOAD_H

#include "proto/record/record.h"
#include "tests/lib/community.h"
#include "tests/sim/world.h"

/** What a record is to be; zeroed: CLEAR to the community, 200 bytes, created now, for a year. */
struct sim_record {
    enum ph_tlp label;
    const struct ph_hash *group; /* to this group, … */
    const struct ph_code *to;    /* … or directly to this organisation */
    bool no_carry;
    ph_ms created; /* 0: the world's wall clock */
    ph_ms expires; /* 0: in a year */
    size_t body;
    bool forged; /* signature of another header */
};

/** A record by @org. One reference for the caller. */
struct ph_record *sim_record(struct sim_world *world, const struct ph_test_community *community,
                             const struct ph_test_org *org, const struct sim_record *spec);
/** A retraction by @org of @target, with its label and audience. */
struct ph_record *sim_retract(struct sim_world *world, const struct ph_test_community *community,
                              const struct ph_test_org *org, const struct ph_record *target);

#endif
