/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "proto/record/grant.h"
#include "tests/lib/test.h"
#include "tests/unit/store/store_test.h"

static struct ph_test_community *community;

static void test_grants__open_records_that_came_before_them(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_test_node *ch = ph_test_node(community, "CH");
    struct ph_published p = ph_test_publish(
        it, PH_TLP_AMBER, ph_test_group_audience(community, "alps"), 0, 30, true, PH_TEST_NOW);
    assert_int_equal(ph_test_receive(ch, p.records + 1, p.n_records - 1, PH_TEST_NOW, NULL), PH_OK);
    ph_test_index(ch);
    assert_int_equal(ph_test_state(ch, &p.records[5]->id), PH_STATE_WAITING);
    assert_int_equal(ph_test_counts(ch).waiting, 30);
    assert_int_equal(ph_test_lookup(ch, "d4.example"), 0);
    ph_test_clean(ch);

    assert_int_equal(ph_test_receive(ch, p.records, 1, PH_TEST_NOW, NULL), PH_OK);
    assert_int_equal(ph_test_state(ch, &p.records[5]->id), PH_STATE_OPEN);
    assert_int_equal(ph_test_counts(ch).waiting, 0);
    /* New arrival numbers: the follower, which was past them, comes by again. */
    assert_int_equal(ph_test_counts(ch).unindexed, 31);
    ph_test_index(ch);
    assert_int_equal(ph_test_lookup(ch, "d4.example"), 1);
    assert_int_equal(ph_test_counts(ch).objects, 30);
    ph_test_clean(ch);
    ph_published_done(&p);
    ph_test_node_free(it);
    ph_test_node_free(ch);
}

static void test_grants__are_not_for_members_outside_the_audience(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_test_node *fr = ph_test_node(community, "FR");
    /* GREEN to a group may be carried by others, sealed. */
    struct ph_published p = ph_test_publish(
        it, PH_TLP_GREEN, ph_test_group_audience(community, "alps"), 0, 3, true, PH_TEST_NOW);
    assert_int_equal(ph_test_receive(fr, p.records, p.n_records, PH_TEST_NOW, NULL), PH_OK);
    ph_test_index(fr);
    for (size_t i = 1; i < p.n_records; i++)
        assert_int_equal(ph_test_state(fr, &p.records[i]->id), PH_STATE_SEALED);
    assert_int_equal(ph_test_counts(fr).waiting, 0);
    assert_int_equal(ph_test_lookup(fr, "d1.example"), 0);
    ph_test_clean(fr);
    ph_published_done(&p);
    ph_test_node_free(it);
    ph_test_node_free(fr);
}

/* A grant by @author of @key, for the audience and label of @like. */
static struct ph_record *make_grant(struct ph_test_org *author, const struct ph_record *like,
                                    const struct ph_audience *audience,
                                    const struct ph_audience_key *key, struct ph_test_org *to)
{
    struct ph_buf body = ph_buf(PH_BODY_MAX);
    uint8_t keys[1][32], seeds[1][32] = {{7}};
    memcpy(keys[0], to->reading_key.b, 32);
    assert_int_equal(ph_grant_build(&body, 1, &author->node_key, audience, key,
                                    (const uint8_t(*)[32])keys, 1, (const uint8_t(*)[32])seeds,
                                    NULL),
                     PH_OK);
    struct ph_header header;
    struct ph_record *out;
    assert_int_equal(ph_header_copy(&header, &like->header), PH_OK);
    header.type = PH_RECORD_GRANT;
    header.author = author->node_key;
    header.audience = *audience;
    header.has_nonce = false;
    header.key_commitment = ph_key_commitment(key);
    assert_int_equal(ph_record_make(&out, &header, ph_buf_bytes(&body), author->node_secret, NULL),
                     PH_OK);
    ph_header_done(&header);
    ph_buf_done(&body);
    return out;
}

static void test_grants__open_only_what_their_own_organisation_wrote_for_that_audience(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_test_node *ch = ph_test_node(community, "CH");
    struct ph_published p = ph_test_publish(
        it, PH_TLP_AMBER, ph_test_group_audience(community, "alps"), 0, 1, true, PH_TEST_NOW);
    const struct ph_record *content = p.records[1];
    /* Switzerland gets the key out of the real grant, and others, who are not its author,
     * grant it too: France, which stole it, and Germany, which is in the group itself. */
    struct ph_audience_key key;
    uint64_t epoch;
    bool found;
    assert_int_equal(ph_grant_open(&key, &epoch, &found, p.records[0], ch->org->reading_key.b,
                                   ch->org->reading_secret, NULL),
                     PH_OK);
    assert_true(found);
    struct ph_audience everyone = ph_test_community_audience();
    struct ph_audience alps = content->header.audience;
    struct ph_record *stolen =
        make_grant(ph_test_org(community, "FR"), content, &everyone, &key, ch->org);
    struct ph_record *insider =
        make_grant(ph_test_org(community, "DE"), content, &alps, &key, ch->org);
    struct ph_record *elsewhere = make_grant(it->org, content, &everyone, &key, ch->org);
    struct ph_record *right = make_grant(it->org, content, &alps, &key, ch->org);
    struct ph_record *wrong[] = {p.records[1], stolen, insider, elsewhere};
    enum ph_err verdicts[4];
    assert_int_equal(ph_test_receive(ch, wrong, 4, PH_TEST_NOW, verdicts), PH_OK);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(verdicts[i], PH_OK);
    assert_int_equal(ph_test_state(ch, &content->id), PH_STATE_WAITING);
    assert_int_equal(ph_test_receive(ch, &right, 1, PH_TEST_NOW, verdicts), PH_OK);
    assert_int_equal(ph_test_state(ch, &content->id), PH_STATE_OPEN);
    ph_test_clean(ch);
    ph_record_unref(stolen);
    ph_record_unref(insider);
    ph_record_unref(elsewhere);
    ph_record_unref(right);
    ph_published_done(&p);
    ph_test_node_free(it);
    ph_test_node_free(ch);
}

static void test_grants__of_a_box_that_holds_another_key_open_nothing(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_test_node *ch = ph_test_node(community, "CH");
    struct ph_published p = ph_test_publish(
        it, PH_TLP_AMBER, ph_test_group_audience(community, "alps"), 0, 1, true, PH_TEST_NOW);
    struct ph_audience_key other = {{42}};
    struct ph_audience alps = p.records[1]->header.audience;
    struct ph_record *grant = make_grant(it->org, p.records[1], &alps, &other, ch->org);
    struct ph_record *both[] = {p.records[1], grant};
    assert_int_equal(ph_test_receive(ch, both, 2, PH_TEST_NOW, NULL), PH_OK);
    assert_int_equal(ph_test_state(ch, &p.records[1]->id), PH_STATE_WAITING);
    ph_test_clean(ch);
    ph_record_unref(grant);
    ph_published_done(&p);
    ph_test_node_free(it);
    ph_test_node_free(ch);
}

static int setup(void **state)
{
    (void)state;
    community = ph_test_community(4, "alps=CH,DE,IT");
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
        cmocka_unit_test(test_grants__open_records_that_came_before_them),
        cmocka_unit_test(test_grants__are_not_for_members_outside_the_audience),
        cmocka_unit_test(
            test_grants__open_only_what_their_own_organisation_wrote_for_that_audience),
        cmocka_unit_test(test_grants__of_a_box_that_holds_another_key_open_nothing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
