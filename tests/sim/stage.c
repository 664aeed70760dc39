/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/stage.h"

#include "tests/lib/test.h"

struct sim_stage sim_stage_prepare(uint64_t seed, size_t n_peers, const char *groups)
{
    struct sim_stage st = {.s = sim_scenario_new(seed, n_peers + 1, n_peers, groups)};
    st.node = st.s->peers[0];
    st.puppet = sim_puppet_new(st.s->world, st.s->community, &st.s->community->orgs[n_peers]);
    return st;
}

void sim_stage_up(struct sim_stage *st)
{
    sim_scenario_start(st->s);
    sim_run(st->s->world, 15 * SIM_SECOND);
    sim_puppet_dial(st->puppet, st->node->org);
    sim_run(st->s->world, SIM_SECOND);
    assert_true(st->puppet->up && !st->puppet->closed);
}

struct sim_stage sim_stage(uint64_t seed, size_t n_peers, const char *groups)
{
    struct sim_stage st = sim_stage_prepare(seed, n_peers, groups);
    sim_stage_up(&st);
    return st;
}

void sim_stage_strike(struct sim_stage *st)
{
    sim_puppet_free(st->puppet);
    sim_scenario_free(st->s);
}

/* The session ended with a BYE that says @err, and the same key is not let in again for a while. */
void sim_stage_assert_expelled(struct sim_stage *st, enum ph_err err)
{
    sim_run(st->s->world, SIM_SECOND);
    assert_true(st->puppet->heard_bye);
    assert_int_equal(st->puppet->bye, err);
    struct sim_puppet *again = sim_puppet_new(st->s->world, st->s->community, st->puppet->org);
    sim_puppet_dial(again, st->node->org);
    sim_run(st->s->world, SIM_SECOND);
    assert_true(again->closed);
    assert_int_equal(again->bytes_in, 0);
    sim_puppet_free(again);
    /* It comes back after its penalty. */
    sim_run(st->s->world, 2 * SIM_MINUTE);
    again = sim_puppet_new(st->s->world, st->s->community, st->puppet->org);
    sim_puppet_dial(again, st->node->org);
    sim_run(st->s->world, SIM_SECOND);
    assert_true(again->up && !again->closed);
    sim_puppet_free(again);
}

void sim_stage_assert_still_up(struct sim_stage *st)
{
    sim_run(st->s->world, SIM_SECOND);
    assert_false(st->puppet->closed);
    assert_false(st->puppet->heard_bye);
}

void sim_harvest_message(struct sim_puppet *puppet, const struct ph_message *message)
{
    struct sim_harvest *harvest = puppet->ctx;
    if (message->type == PH_MESSAGE_RECORD)
        harvest->records += message->record.n;
    if (message->type == PH_MESSAGE_GONE)
        harvest->gone += message->ids.ids.n;
}
