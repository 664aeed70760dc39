/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "store/evidence.h"
#include "tests/lib/test.h"
#include "tests/unit/store/store_test.h"

static struct ph_test_community *community;

static void test_commit__survives_closing_and_opening(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_published p =
        ph_test_publish(it, PH_TLP_GREEN, ph_test_community_audience(), 0, 50, false, PH_TEST_NOW);
    assert_int_equal(p.n_new, 50);
    assert_int_equal(p.n_records, 2); /* grant, content */
    uint8_t id[16], again[16];
    uint64_t boot, boot_again;
    ph_store_id(it->store, id, &boot);
    ph_test_node_close(it);
    ph_test_node_open(it, PH_STORE_WRITE);
    ph_store_id(it->store, again, &boot_again);
    assert_memory_equal(id, again, 16);
    assert_int_equal(boot_again, boot + 1);
    assert_int_equal(ph_test_lookup(it, "d7.example"), 1);
    assert_int_equal(ph_test_counts(it).records, 2);
    ph_test_clean(it);
    ph_published_done(&p);
    ph_test_node_free(it);
}

static void test_commit__replicates_to_a_member_who_can_read(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_test_node *ch = ph_test_node(community, "CH");
    struct ph_published p = ph_test_publish(
        it, PH_TLP_AMBER, ph_test_group_audience(community, "alps"), 0, 20, true, PH_TEST_NOW);
    assert_int_equal(p.n_records, 21);
    assert_int_equal(ph_test_receive(ch, p.records, p.n_records, PH_TEST_NOW, NULL), PH_OK);
    assert_int_equal(ph_test_counts(ch).unindexed, 21);
    assert_int_equal(ph_test_lookup(ch, "d3.example"), 1);
    ph_test_index(ch);
    assert_int_equal(ph_test_counts(ch).unindexed, 0);
    assert_int_equal(ph_test_lookup(ch, "d3.example"), 1);
    assert_int_equal(ph_test_lookup(ch, "d99.example"), 0);
    ph_test_clean(ch);
    ph_published_done(&p);
    ph_test_node_free(it);
    ph_test_node_free(ch);
}

static void test_commit__of_the_same_record_again_says_exists(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_test_node *ch = ph_test_node(community, "CH");
    struct ph_published p =
        ph_test_publish(it, PH_TLP_GREEN, ph_test_community_audience(), 0, 3, true, PH_TEST_NOW);
    enum ph_err verdicts[8];
    assert_int_equal(ph_test_receive(ch, p.records, p.n_records, PH_TEST_NOW, verdicts), PH_OK);
    for (size_t i = 0; i < p.n_records; i++)
        assert_int_equal(verdicts[i], PH_OK);
    /* Twice in one group as well as once more later. */
    struct ph_record *twice[] = {p.records[1], p.records[1]};
    assert_int_equal(ph_test_receive(ch, twice, 2, PH_TEST_NOW, verdicts), PH_OK);
    assert_int_equal(verdicts[0], PH_ERR_EXISTS);
    assert_int_equal(verdicts[1], PH_ERR_EXISTS);
    assert_int_equal(ph_test_counts(ch).records, p.n_records);
    ph_test_clean(ch);
    ph_published_done(&p);
    ph_test_node_free(it);
    ph_test_node_free(ch);
}

static void test_commit__refuses_another_header_under_a_known_id(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_published p =
        ph_test_publish(it, PH_TLP_GREEN, ph_test_community_audience(), 0, 2, true, PH_TEST_NOW);
    /* A collision cannot be made here, so the second record is given the first one's id by hand. */
    struct ph_record *forged;
    const struct ph_record *b = p.records[2];
    assert_int_equal(ph_record_new(&forged, b->raw_header, b->sig, b->body, true, NULL), PH_OK);
    forged->id = p.records[1]->id;
    forged->author_org = it->org->code;
    struct ph_batch_item item = {.record = forged};
    struct ph_batch batch = {.members = it->members, .now = PH_TEST_NOW, .n = 1, .items = &item};
    struct ph_batch *batches[] = {&batch};
    assert_int_equal(ph_store_commit(it->store, batches, 1, PH_TEST_NOW, NULL), PH_OK);
    assert_int_equal(item.verdict, PH_ERR_CONFLICT);
    assert_false(item.is_new);
    assert_int_equal(ph_test_counts(it).records, 3);
    ph_test_clean(it);
    ph_record_unref(forged);
    ph_published_done(&p);
    ph_test_node_free(it);
}

static void test_commit__takes_several_batches_in_one_transaction(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_test_node *ch = ph_test_node(community, "CH");
    struct ph_published p =
        ph_test_publish(it, PH_TLP_GREEN, ph_test_community_audience(), 0, 9, true, PH_TEST_NOW);
    struct ph_batch_item items[10];
    struct ph_batch halves[2];
    for (size_t i = 0; i < 10; i++)
        items[i] = (struct ph_batch_item){.record = p.records[i], .verdict = PH_OK};
    items[4].verdict = PH_ERR_FORGED; /* not for the store */
    for (size_t i = 0; i < 2; i++)
        halves[i] = (struct ph_batch){
            .members = ch->members, .now = PH_TEST_NOW, .n = 5, .items = items + 5 * i};
    struct ph_batch *both[] = {&halves[0], &halves[1]};
    assert_int_equal(ph_store_commit(ch->store, both, 2, PH_TEST_NOW, NULL), PH_OK);
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(items[i].verdict, i == 4 ? PH_ERR_FORGED : PH_OK);
        assert_int_equal(items[i].is_new, i != 4);
    }
    assert_int_equal(ph_test_counts(ch).records, 9);
    ph_test_clean(ch);
    ph_published_done(&p);
    ph_test_node_free(it);
    ph_test_node_free(ch);
}

static void test_commit__refuses_what_has_expired(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_test_node *ch = ph_test_node(community, "CH");
    struct ph_published p =
        ph_test_publish(it, PH_TLP_GREEN, ph_test_community_audience(), 0, 1, true, PH_TEST_NOW);
    ph_ms expires = p.records[1]->header.expires;
    enum ph_err verdict;
    assert_int_equal(ph_test_receive(ch, p.records + 1, 1, expires, &verdict), PH_OK);
    assert_int_equal(verdict, PH_ERR_EXPIRED);
    assert_int_equal(ph_test_counts(ch).records, 0);
    /* Time may pass between the check and the commit. */
    struct ph_batch_item item = {.record = p.records[1], .verdict = PH_OK};
    struct ph_batch batch = {.members = ch->members, .now = PH_TEST_NOW, .n = 1, .items = &item};
    struct ph_batch *batches[] = {&batch};
    assert_int_equal(ph_store_commit(ch->store, batches, 1, expires, NULL), PH_OK);
    assert_int_equal(item.verdict, PH_ERR_EXPIRED);
    assert_int_equal(ph_test_counts(ch).records, 0);
    assert_int_equal(ph_test_receive(ch, p.records + 1, 1, expires - 1, &verdict), PH_OK);
    assert_int_equal(verdict, PH_OK);
    ph_published_done(&p);
    ph_test_node_free(it);
    ph_test_node_free(ch);
}

static void test_commit__leaves_nothing_and_the_verdicts_as_they_were_when_full(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_test_node *ch = ph_test_node_sized(community, "CH", 6 << 20);
    struct ph_published p =
        ph_test_publish(it, PH_TLP_GREEN, ph_test_community_audience(), 0, 4000, true, PH_TEST_NOW);
    enum ph_err *verdicts = calloc(p.n_records, sizeof(*verdicts));
    assert_non_null(verdicts);
    assert_int_equal(ph_test_receive(ch, p.records, p.n_records, PH_TEST_NOW, verdicts),
                     PH_ERR_FULL);
    for (size_t i = 0; i < p.n_records; i++)
        assert_int_equal(verdicts[i], PH_OK);
    assert_int_equal(ph_test_counts(ch).records, 0);
    /* Little by little, until it says so before it is too late: reading goes on. */
    size_t taken = 0;
    for (size_t step = 100; step > 0; step /= 10) {
        while (taken + step <= p.n_records &&
               ph_test_receive(ch, p.records + taken, step, PH_TEST_NOW, NULL) == PH_OK)
            taken += step;
    }
    assert_true(taken > 100 && taken < p.n_records);
    assert_int_equal(ph_test_counts(ch).records, taken);
    assert_int_equal(ph_test_receive(ch, p.records + taken, 1, PH_TEST_NOW, NULL), PH_ERR_FULL);
    assert_int_equal(ph_test_lookup(ch, "d3.example"), 1);
    ph_test_clean(ch);
    /* A retraction frees space and is taken. */
    struct ph_record *retract = ph_test_retract(it, &p.records[1], 1, PH_TEST_NOW + 1);
    assert_int_equal(ph_test_receive(ch, &retract, 1, PH_TEST_NOW + 1, NULL), PH_OK);
    ph_record_unref(retract);
    free(verdicts);
    ph_published_done(&p);
    ph_test_node_free(it);
    ph_test_node_free(ch);
}

static void test_commit__of_an_ended_author_keeps_the_header_alone(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_test_node *ch = ph_test_node(community, "CH");
    struct ph_published p =
        ph_test_publish(it, PH_TLP_GREEN, ph_test_community_audience(), 0, 1, true, PH_TEST_NOW);
    struct ph_batch_item item = {.record = p.records[1], .verdict = PH_ERR_ENDED};
    struct ph_batch batch = {.members = ch->members, .now = PH_TEST_NOW, .n = 1, .items = &item};
    struct ph_batch *batches[] = {&batch};
    assert_int_equal(ph_store_commit(ch->store, batches, 1, PH_TEST_NOW, NULL), PH_OK);
    assert_int_equal(item.verdict, PH_ERR_ENDED);
    assert_int_equal(ph_test_state(ch, &p.records[1]->id), PH_STATE_REFUSED);
    assert_int_equal(ph_test_lookup(ch, "d0.example"), 0);
    ph_test_clean(ch);
    ph_published_done(&p);
    ph_test_node_free(it);
    ph_test_node_free(ch);
}

static void test_commit__does_not_count_a_bare_header_that_nothing_explains(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_test_node *ch = ph_test_node(community, "CH");
    struct ph_published p =
        ph_test_publish(it, PH_TLP_GREEN, ph_test_community_audience(), 0, 1, true, PH_TEST_NOW);
    struct ph_record *bare;
    const struct ph_record *r = p.records[1];
    enum ph_err verdict;
    assert_int_equal(ph_record_new(&bare, r->raw_header, r->sig, ph_bytes(NULL, 0), false, NULL),
                     PH_OK);
    assert_int_equal(ph_test_receive(ch, &bare, 1, PH_TEST_NOW, &verdict), PH_OK);
    assert_int_equal(verdict, PH_ERR_GAP);
    assert_int_equal(ph_test_counts(ch).records, 0);
    assert_int_equal(ph_test_receive(ch, p.records + 1, 1, PH_TEST_NOW, &verdict), PH_OK);
    assert_int_equal(verdict, PH_OK);
    ph_record_unref(bare);
    ph_published_done(&p);
    ph_test_node_free(it);
    ph_test_node_free(ch);
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
        cmocka_unit_test(test_commit__survives_closing_and_opening),
        cmocka_unit_test(test_commit__replicates_to_a_member_who_can_read),
        cmocka_unit_test(test_commit__of_the_same_record_again_says_exists),
        cmocka_unit_test(test_commit__refuses_another_header_under_a_known_id),
        cmocka_unit_test(test_commit__takes_several_batches_in_one_transaction),
        cmocka_unit_test(test_commit__refuses_what_has_expired),
        cmocka_unit_test(test_commit__leaves_nothing_and_the_verdicts_as_they_were_when_full),
        cmocka_unit_test(test_commit__of_an_ended_author_keeps_the_header_alone),
        cmocka_unit_test(test_commit__does_not_count_a_bare_header_that_nothing_explains),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
