/* SPDX-License-Identifier: Apache-2.0
 *
 * Verdicts on records, with real headers and signatures. */
#include <stdlib.h>

#include "proto/sync/effect.h"
#include "tests/lib/test.h"
#include "tests/sim/workload.h"

struct fixture {
    struct sim_world *world;
    struct ph_test_community *community;
    ph_ms now;
};

static int set_up(void **state)
{
    struct fixture *f = sim_alloc(1, sizeof(*f));
    f->world = sim_world_new(1, PH_TEST_T0 + PH_TEST_DAY_MS);
    f->community = ph_test_community(3, "alps=IT,CH");
    f->now = f->world->wall_start + f->world->mono;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    ph_test_community_free(f->community);
    sim_world_free(f->world);
    free(f);
    return 0;
}

/* Takes @record. */
static enum ph_err verdict(const struct fixture *f, struct ph_record *record)
{
    struct ph_batch *batch = sim_alloc(1, sizeof(*batch));
    batch->items = sim_alloc(1, sizeof(*batch->items));
    batch->n = 1;
    batch->items[0].record = record;
    batch->members = ph_members_ref(f->community->members);
    batch->now = f->now;
    record->author_org = (struct ph_code){.s = ""};
    ph_batch_verify(batch);
    enum ph_err err = batch->items[0].verdict;
    if (!err) /* judged: the author has a name */
        assert_true(record->author_org.s[0] != 0);
    ph_batch_free(batch);
    return err;
}

static struct ph_record *make(const struct fixture *f, const char *org,
                              const struct sim_record *spec)
{
    return sim_record(f->world, f->community, ph_test_org(f->community, org), spec);
}

static void test_batch__takes_what_is_right(void **state)
{
    struct fixture *f = *state;
    struct ph_hash alps = ph_test_group(f->community, "alps");
    struct ph_code to = ph_test_org(f->community, "FR")->code;
    assert_int_equal(verdict(f, make(f, "IT", &(struct sim_record){.body = 0})), PH_OK);
    assert_int_equal(
        verdict(f, make(f, "IT", &(struct sim_record){.label = PH_TLP_AMBER, .group = &alps})),
        PH_OK);
    assert_int_equal(
        verdict(f, make(f, "IT", &(struct sim_record){.label = PH_TLP_GREEN, .to = &to})), PH_OK);
}

static void test_batch__calls_forged_what_is_forged(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(verdict(f, make(f, "IT", &(struct sim_record){.forged = true})),
                     PH_ERR_FORGED);
    /* Expired or not: whose fault it is does not depend on the hour. */
    struct sim_record old = {.forged = true, .created = f->now - 100, .expires = f->now - 50};
    assert_int_equal(verdict(f, make(f, "IT", &old)), PH_ERR_FORGED);
}

static void test_batch__notices_another_body_under_a_good_signature(void **state)
{
    struct fixture *f = *state;
    struct ph_record *good = make(f, "IT", &(struct sim_record){.body = 64}), *bad;
    uint8_t body[64];
    memcpy(body, good->body.p, sizeof(body));
    body[63] ^= 0x80;
    assert_int_equal(
        ph_record_new(&bad, good->raw_header, good->sig, ph_bytes(body, sizeof(body)), true, NULL),
        PH_OK);
    assert_int_equal(verdict(f, bad), PH_ERR_FORGED);
    ph_record_unref(good);
}

static void test_batch__knows_its_community_and_its_members(void **state)
{
    struct fixture *f = *state;
    struct ph_test_community *other = ph_test_community_seeded(3, NULL, 5);
    struct sim_record clear = {.body = 0};
    assert_int_equal(verdict(f, sim_record(f->world, other, &other->orgs[0], &clear)),
                     PH_ERR_COMMUNITY);
    /* A stranger who names our community. */
    assert_int_equal(verdict(f, sim_record(f->world, f->community, &other->orgs[0], &clear)),
                     PH_ERR_AUTHOR);
    ph_test_community_free(other);
}

static void test_batch__an_author_outside_the_group_is_outside(void **state)
{
    struct fixture *f = *state;
    struct ph_hash alps = ph_test_group(f->community, "alps");
    struct sim_record amber = {.label = PH_TLP_AMBER, .group = &alps};
    assert_int_equal(verdict(f, make(f, "FR", &amber)), PH_ERR_OUTSIDE);
}

static void test_batch__the_clock_decides_at_the_millisecond(void **state)
{
    struct fixture *f = *state;
    struct sim_record r = {.created = f->now + PH_CLOCK_SKEW_MS};
    assert_int_equal(verdict(f, make(f, "IT", &r)), PH_OK);
    r.created++;
    assert_int_equal(verdict(f, make(f, "IT", &r)), PH_ERR_CLOCK);
    r = (struct sim_record){.created = f->now - 1000, .expires = f->now + 1};
    assert_int_equal(verdict(f, make(f, "IT", &r)), PH_OK);
    r.expires--;
    assert_int_equal(verdict(f, make(f, "IT", &r)), PH_ERR_EXPIRED);
}

static struct ph_record *open_body(const struct fixture *f, enum ph_record_type type,
                                   struct ph_bytes body)
{
    const struct ph_test_org *org = ph_test_org(f->community, "IT");
    struct ph_header h = {.type = type,
                          .community = f->community->id,
                          .author = org->node_key,
                          .label = PH_TLP_GREEN,
                          .created = f->now,
                          .expires = f->now + PH_TEST_DAY_MS,
                          .flags = PH_FLAG_CARRY,
                          .has_key = type == PH_RECORD_GRANT};
    struct ph_record *record;
    h.key_commitment.b[0] = h.has_key;
    assert_int_equal(ph_record_make(&record, &h, body, org->node_secret, NULL), PH_OK);
    return record;
}

/* Grants and retractions are not sealed: any node can see that their form is wrong. */
static void test_batch__open_bodies_must_have_their_form(void **state)
{
    struct fixture *f = *state;
    struct ph_bytes junk = ph_bytes_str("this is no msgpack array");
    enum ph_err grant = verdict(f, open_body(f, PH_RECORD_GRANT, junk));
    enum ph_err retract = verdict(f, open_body(f, PH_RECORD_RETRACT, junk));
    assert_int_equal(ph_err_class(grant), PH_CLASS_PEER);
    assert_int_equal(ph_err_class(retract), PH_CLASS_PEER);
    struct ph_record *target = make(f, "IT", &(struct sim_record){.body = 0});
    assert_int_equal(
        verdict(f, sim_retract(f->world, f->community, ph_test_org(f->community, "IT"), target)),
        PH_OK);
    ph_record_unref(target);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batch__takes_what_is_right),
        cmocka_unit_test(test_batch__calls_forged_what_is_forged),
        cmocka_unit_test(test_batch__notices_another_body_under_a_good_signature),
        cmocka_unit_test(test_batch__knows_its_community_and_its_members),
        cmocka_unit_test(test_batch__an_author_outside_the_group_is_outside),
        cmocka_unit_test(test_batch__the_clock_decides_at_the_millisecond),
        cmocka_unit_test(test_batch__open_bodies_must_have_their_form),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
