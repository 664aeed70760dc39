/* SPDX-License-Identifier: Apache-2.0 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/hash.h"
#include "proto/record/grant.h"
#include "tests/lib/test.h"
#include "tests/unit/store/store_test.h"

static struct ph_test_community *community;

static void test_publish__of_the_same_objects_stores_nothing_new(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_audience all = ph_test_community_audience();
    struct ph_published p = ph_test_publish(it, PH_TLP_GREEN, all, 0, 40, false, PH_TEST_NOW);
    assert_int_equal(p.n_new, 40);
    ph_published_done(&p);
    /* Not indexed by anybody yet: publishing runs the follower to its end first. */
    p = ph_test_publish(it, PH_TLP_GREEN, all, 0, 40, false, PH_TEST_NOW + 5000);
    assert_int_equal(p.n_new, 0);
    assert_int_equal(p.n_known, 40);
    assert_int_equal(p.n_records, 0);
    ph_published_done(&p);
    /* Overlapping: only what is new. */
    p = ph_test_publish(it, PH_TLP_GREEN, all, 30, 50, false, PH_TEST_NOW + 6000);
    assert_int_equal(p.n_new, 10);
    assert_int_equal(p.n_known, 10);
    ph_published_done(&p);
    assert_int_equal(ph_test_counts(it).content, 2);
    ph_test_index(it);
    assert_int_equal(ph_test_counts(it).objects, 50);
    ph_test_clean(it);
    ph_test_node_free(it);
}

static void test_publish__under_another_label_or_audience_is_new(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_audience alps = ph_test_group_audience(community, "alps");
    struct ph_published p =
        ph_test_publish(it, PH_TLP_GREEN, ph_test_community_audience(), 0, 4, false, PH_TEST_NOW);
    ph_published_done(&p);
    p = ph_test_publish(it, PH_TLP_AMBER, ph_test_community_audience(), 0, 4, false, PH_TEST_NOW);
    assert_int_equal(p.n_new, 4);
    ph_published_done(&p);
    p = ph_test_publish(it, PH_TLP_GREEN, alps, 0, 4, false, PH_TEST_NOW);
    assert_int_equal(p.n_new, 4);
    ph_published_done(&p);
    assert_int_equal(ph_test_lookup(it, "d2.example"), 3);
    ph_test_clean(it);
    ph_test_node_free(it);
}

static void test_publish__of_one_object_twice_in_a_call_stores_it_once(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    static const char text[] =
        "{\"type\":\"note\",\"spec_version\":\"2.1\","
        "\"id\":\"note--0c7b5b88-8ff7-4a4d-aa9d-feb398cd0061\","
        "\"created\":\"2026-09-20T10:00:00.000Z\",\"modified\":\"2026-09-20T10:00:00.000Z\","
        "\"content\":\"customs fee scam\",\"object_refs\":[]}";
    const char *twice[] = {text, text};
    struct ph_published p;
    assert_int_equal(ph_test_publish_json(it, PH_TLP_CLEAR, ph_test_community_audience(), twice, 2,
                                          PH_TEST_NOW, &p, NULL),
                     PH_OK);
    assert_int_equal(p.n_new, 1);
    assert_int_equal(p.n_known, 1);
    assert_int_equal(p.n_records, 1); /* CLEAR: no grant */
    ph_published_done(&p);
    ph_test_node_free(it);
}

static void test_publish__packs_by_size_and_single_by_request(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_published p = ph_test_publish(it, PH_TLP_GREEN, ph_test_community_audience(), 0, 3000,
                                            false, PH_TEST_NOW);
    assert_int_equal(p.n_new, 3000);
    assert_true(p.n_records > 3 && p.n_records < 12);
    ph_published_done(&p);
    p = ph_test_publish(it, PH_TLP_GREEN, ph_test_community_audience(), 3000, 3010, true,
                        PH_TEST_NOW);
    assert_int_equal(p.n_records, 10);
    ph_published_done(&p);
    ph_test_clean(it);
    ph_test_node_free(it);
}

static size_t n_grants(const struct ph_published *p)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n_records; i++)
        n += p->records[i]->header.type == PH_RECORD_GRANT;
    return n;
}

static void test_publish__grants_a_key_once_an_epoch_and_label(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_audience alps = ph_test_group_audience(community, "alps");
    struct ph_hash first;
    struct ph_published p = ph_test_publish(it, PH_TLP_AMBER, alps, 0, 1, false, PH_TEST_NOW);
    assert_int_equal(n_grants(&p), 1);
    first = p.records[1]->header.key_commitment;
    ph_published_done(&p);
    p = ph_test_publish(it, PH_TLP_AMBER, alps, 1, 2, false, PH_TEST_NOW + 29 * PH_TEST_DAY_MS);
    assert_int_equal(n_grants(&p), 0);
    assert_true(ph_hash_equal(&p.records[0]->header.key_commitment, &first));
    ph_published_done(&p);
    /* Another label: the same key, granted under that label as well. */
    p = ph_test_publish(it, PH_TLP_GREEN, alps, 2, 3, false, PH_TEST_NOW + 29 * PH_TEST_DAY_MS);
    assert_int_equal(n_grants(&p), 1);
    assert_true(ph_hash_equal(&p.records[1]->header.key_commitment, &first));
    assert_int_equal(p.records[0]->header.label, PH_TLP_GREEN);
    assert_int_equal(p.records[0]->header.flags, PH_FLAG_CARRY);
    ph_published_done(&p);
    /* Thirty days: a new key. */
    p = ph_test_publish(it, PH_TLP_AMBER, alps, 3, 4, false, PH_TEST_NOW + 30 * PH_TEST_DAY_MS);
    assert_int_equal(n_grants(&p), 1);
    assert_false(ph_hash_equal(&p.records[1]->header.key_commitment, &first));
    ph_published_done(&p);
    ph_test_index(it);
    assert_int_equal(ph_test_lookup(it, "d0.example"), 1);
    assert_int_equal(ph_test_lookup(it, "d3.example"), 1);
    ph_test_clean(it);
    ph_test_node_free(it);
}

static void test_publish__starts_a_new_key_when_somebody_left_the_group(void **state)
{
    (void)state;
    struct ph_test_community *c = ph_test_community(3, "alps=CH,FR,IT");
    struct ph_test_node *it = ph_test_node(c, "IT");
    struct ph_test_node *fr = ph_test_node(c, "FR");
    struct ph_published p = ph_test_publish(it, PH_TLP_AMBER, ph_test_group_audience(c, "alps"), 0,
                                            1, true, PH_TEST_NOW);
    struct ph_hash before = p.records[1]->header.key_commitment;
    assert_int_equal(ph_test_receive(fr, p.records, p.n_records, PH_TEST_NOW, NULL), PH_OK);
    assert_int_equal(ph_test_state(fr, &p.records[1]->id), PH_STATE_OPEN);
    ph_published_done(&p);

    struct ph_roster *draft;
    struct ph_code left[] = {ph_test_org(c, "CH")->code, ph_test_org(c, "IT")->code};
    assert_int_equal(ph_roster_draft(&draft, c->roster, PH_TEST_NOW + 1000), PH_OK);
    struct ph_hash group = ph_test_group(c, "alps");
    assert_int_equal(ph_roster_set_group(draft, "alps", "", left, 2, &group, NULL), PH_OK);
    ph_test_take_roster(c, draft);
    ph_test_node_trust(it);
    ph_test_node_trust(fr);

    p = ph_test_publish(it, PH_TLP_AMBER, ph_test_group_audience(c, "alps"), 1, 2, true,
                        PH_TEST_NOW + 2000);
    assert_int_equal(n_grants(&p), 1);
    assert_false(ph_hash_equal(&p.records[1]->header.key_commitment, &before));
    assert_int_equal(ph_test_receive(fr, p.records, p.n_records, PH_TEST_NOW + 2000, NULL), PH_OK);
    assert_int_equal(ph_test_state(fr, &p.records[1]->id), PH_STATE_SEALED);
    ph_published_done(&p);
    ph_test_node_free(it);
    ph_test_node_free(fr);
    ph_test_community_free(c);
}

static void test_publish__grants_newcomers_the_history(void **state)
{
    (void)state;
    struct ph_test_community *c = ph_test_community(3, "alps=CH,IT");
    struct ph_test_node *it = ph_test_node(c, "IT");
    struct ph_test_node *fr = ph_test_node(c, "FR");
    struct ph_audience alps = ph_test_group_audience(c, "alps");
    struct ph_published old = ph_test_publish(it, PH_TLP_GREEN, alps, 0, 5, true, PH_TEST_NOW);
    struct ph_published grants;
    assert_int_equal(
        ph_store_grant_newcomers(it->store, it->members, PH_TEST_NOW + 1, &grants, NULL), PH_OK);
    assert_int_equal(grants.n_records, 0);
    ph_published_done(&grants);
    assert_int_equal(ph_test_receive(fr, old.records, old.n_records, PH_TEST_NOW, NULL), PH_OK);
    assert_int_equal(ph_test_state(fr, &old.records[2]->id), PH_STATE_SEALED);

    struct ph_roster *draft;
    struct ph_code now_in[] = {ph_test_org(c, "CH")->code, ph_test_org(c, "FR")->code,
                               ph_test_org(c, "IT")->code};
    assert_int_equal(ph_roster_draft(&draft, c->roster, PH_TEST_NOW + 1000), PH_OK);
    assert_int_equal(ph_roster_set_group(draft, "alps", "", now_in, 3, &alps.id, NULL), PH_OK);
    ph_test_take_roster(c, draft);
    ph_test_node_trust(it);
    ph_test_node_trust(fr);
    assert_int_equal(
        ph_store_grant_newcomers(it->store, it->members, PH_TEST_NOW + 2000, &grants, NULL), PH_OK);
    assert_int_equal(grants.n_records, 1);
    assert_int_equal(
        ph_test_receive(fr, grants.records, grants.n_records, PH_TEST_NOW + 2000, NULL), PH_OK);
    for (size_t i = 1; i < old.n_records; i++)
        assert_int_equal(ph_test_state(fr, &old.records[i]->id), PH_STATE_OPEN);
    ph_test_index(fr);
    assert_int_equal(ph_test_lookup(fr, "d3.example"), 1);
    ph_test_clean(fr);
    ph_test_clean(it);
    ph_published_done(&grants);
    /* Once is enough. */
    assert_int_equal(
        ph_store_grant_newcomers(it->store, it->members, PH_TEST_NOW + 3000, &grants, NULL), PH_OK);
    assert_int_equal(grants.n_records, 0);
    ph_published_done(&grants);
    ph_published_done(&old);
    ph_test_node_free(it);
    ph_test_node_free(fr);
    ph_test_community_free(c);
}

static void test_publish__grants_nothing_in_a_group_that_we_left(void **state)
{
    (void)state;
    struct ph_test_community *c = ph_test_community(3, "alps=CH,IT");
    struct ph_test_node *it = ph_test_node(c, "IT");
    struct ph_audience alps = ph_test_group_audience(c, "alps");
    struct ph_published p = ph_test_publish(it, PH_TLP_AMBER, alps, 0, 1, true, PH_TEST_NOW);
    ph_published_done(&p);
    struct ph_roster *draft;
    struct ph_code now_in[] = {ph_test_org(c, "CH")->code, ph_test_org(c, "FR")->code};
    assert_int_equal(ph_roster_draft(&draft, c->roster, PH_TEST_NOW + 1000), PH_OK);
    assert_int_equal(ph_roster_set_group(draft, "alps", "", now_in, 2, &alps.id, NULL), PH_OK);
    ph_test_take_roster(c, draft);
    ph_test_node_trust(it);
    assert_int_equal(ph_store_grant_newcomers(it->store, it->members, PH_TEST_NOW + 2000, &p, NULL),
                     PH_OK);
    assert_int_equal(p.n_records, 0);
    ph_published_done(&p);
    ph_test_node_free(it);
    ph_test_community_free(c);
}

static enum ph_err publish_one(struct ph_test_node *node, enum ph_tlp label,
                               struct ph_audience audience, const struct ph_recipient *recipients,
                               size_t n, struct ph_published *out, struct ph_why *why)
{
    /* {"type":"note","id":"note--…"} in canonical msgpack. */
    static const uint8_t object[] = "\x82\xa4type\xa4note\xa2id\xd9\x29note--0c7b5b88-8ff7-4a4d-"
                                    "aa9d-feb398cd0061";
    struct ph_bytes encoding = ph_bytes(object, sizeof(object) - 1);
    struct ph_publication p = {.label = label,
                               .audience = audience,
                               .recipients = recipients,
                               .n_recipients = n,
                               .objects = &encoding,
                               .n_objects = 1};
    return ph_store_publish(node->store, node->members, &p, PH_TEST_NOW, out, why);
}

static void test_publish__to_a_person_leaves_no_key_behind(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_test_node *ch = ph_test_node(community, "CH");
    struct ph_recipient alice = {.org = ch->org->code, .person = {"alice"}};
    struct ph_audience direct = {.kind = PH_AUDIENCE_DIRECT};
    struct ph_published p;
    struct ph_why why = {.code = PH_OK};
    assert_int_equal(publish_one(it, PH_TLP_RED, direct, &alice, 1, &p, &why), PH_OK);
    assert_int_equal(p.n_records, 2);
    assert_int_equal(p.records[0]->header.type, PH_RECORD_GRANT);
    assert_int_equal(ph_test_state(it, &p.records[1]->id), PH_STATE_SEALED);
    assert_int_equal(ph_test_receive(ch, p.records, 2, PH_TEST_NOW, NULL), PH_OK);
    assert_int_equal(ph_test_state(ch, &p.records[1]->id), PH_STATE_SEALED);
    struct ph_audience_key key;
    uint64_t epoch;
    bool found;
    assert_int_equal(ph_grant_open(&key, &epoch, &found, p.records[0], ch->org->person_key.b,
                                   ch->org->person_secret, NULL),
                     PH_OK);
    assert_true(found);
    assert_int_equal(ph_grant_open(&key, &epoch, &found, p.records[0], ch->org->reading_key.b,
                                   ch->org->reading_secret, NULL),
                     PH_OK);
    assert_false(found);
    ph_test_clean(it);
    ph_test_clean(ch);
    ph_published_done(&p);
    ph_test_node_free(it);
    ph_test_node_free(ch);
}

static void test_publish__refuses_audiences_by_name(void **state)
{
    (void)state;
    struct ph_test_node *fr = ph_test_node(community, "FR");
    struct ph_audience none = {.kind = PH_AUDIENCE_GROUP, .id = {{1, 2, 3}}};
    struct ph_audience direct = {.kind = PH_AUDIENCE_DIRECT};
    struct ph_recipient unknown = {.org = {"XX"}};
    struct ph_recipient nobody = {.org = fr->org->code, .person = {"bob"}};
    struct ph_published p;
    struct ph_why why = {.code = PH_OK};
    assert_int_equal(
        publish_one(fr, PH_TLP_AMBER, ph_test_group_audience(community, "alps"), NULL, 0, &p, &why),
        PH_ERR_OUTSIDE);
    assert_int_equal(publish_one(fr, PH_TLP_AMBER, none, NULL, 0, &p, &why), PH_ERR_NOTFOUND);
    assert_int_equal(publish_one(fr, PH_TLP_AMBER, direct, &unknown, 1, &p, &why), PH_ERR_NOTFOUND);
    assert_int_equal(publish_one(fr, PH_TLP_RED, direct, &nobody, 1, &p, &why), PH_ERR_NOTFOUND);
    assert_int_equal(publish_one(fr, PH_TLP_RED, ph_test_community_audience(), NULL, 0, &p, &why),
                     PH_ERR_MISFIT);
    assert_int_equal(publish_one(fr, PH_TLP_CLEAR, direct, &unknown, 1, &p, &why), PH_ERR_MISFIT);
    assert_int_equal(ph_test_counts(fr).records, 0);
    ph_test_node_free(fr);
}

static void test_publish__refuses_an_object_without_id(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_bytes bad[] = {ph_bytes("\x81\xa4type\xa4note", 11), ph_bytes("\xc0", 1),
                             ph_bytes("\x82\xa4type", 6)};
    for (size_t i = 0; i < PH_LEN(bad); i++) {
        struct ph_publication p = {.label = PH_TLP_CLEAR,
                                   .audience = ph_test_community_audience(),
                                   .objects = &bad[i],
                                   .n_objects = 1};
        struct ph_published out;
        assert_int_equal(ph_store_publish(it->store, it->members, &p, PH_TEST_NOW, &out, NULL),
                         PH_ERR_FORMAT);
    }
    assert_int_equal(ph_test_counts(it).records, 0);
    ph_test_node_free(it);
}

static int setup(void **state)
{
    (void)state;
    community = ph_test_community(3, "alps=IT,CH");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ph_test_community_free(community);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_publish__of_the_same_objects_stores_nothing_new),
        cmocka_unit_test(test_publish__under_another_label_or_audience_is_new),
        cmocka_unit_test(test_publish__of_one_object_twice_in_a_call_stores_it_once),
        cmocka_unit_test(test_publish__packs_by_size_and_single_by_request),
        cmocka_unit_test(test_publish__grants_a_key_once_an_epoch_and_label),
        cmocka_unit_test(test_publish__starts_a_new_key_when_somebody_left_the_group),
        cmocka_unit_test(test_publish__grants_newcomers_the_history),
        cmocka_unit_test(test_publish__grants_nothing_in_a_group_that_we_left),
        cmocka_unit_test(test_publish__to_a_person_leaves_no_key_behind),
        cmocka_unit_test(test_publish__refuses_audiences_by_name),
        cmocka_unit_test(test_publish__refuses_an_object_without_id),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
