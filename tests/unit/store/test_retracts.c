/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/test.h"
#include "tests/unit/store/store_test.h"

static struct ph_test_community *community;

static void test_retracts__drop_body_and_index_entries(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_test_node *ch = ph_test_node(community, "CH");
    struct ph_published p = ph_test_publish(
        it, PH_TLP_AMBER, ph_test_group_audience(community, "alps"), 0, 5, true, PH_TEST_NOW);
    assert_int_equal(ph_test_receive(ch, p.records, p.n_records, PH_TEST_NOW, NULL), PH_OK);
    ph_test_index(ch);
    assert_int_equal(ph_test_lookup(ch, "d1.example"), 1);

    struct ph_record *retract = ph_test_retract(it, &p.records[1], 2, PH_TEST_NOW + 1000);
    enum ph_err verdict;
    assert_int_equal(ph_test_receive(ch, &retract, 1, PH_TEST_NOW + 1000, &verdict), PH_OK);
    assert_int_equal(verdict, PH_OK);
    for (size_t i = 1; i <= 5; i++)
        assert_int_equal(ph_test_state(ch, &p.records[i]->id),
                         i <= 2 ? PH_STATE_RETRACTED : PH_STATE_OPEN);
    assert_int_equal(ph_test_counts(ch).objects, 3);
    ph_test_clean(ch);
    /* It came in once; it does not come back. */
    assert_int_equal(ph_test_receive(ch, &p.records[1], 1, PH_TEST_NOW + 2000, &verdict), PH_OK);
    assert_int_equal(verdict, PH_ERR_EXISTS);
    assert_int_equal(ph_test_state(ch, &p.records[1]->id), PH_STATE_RETRACTED);
    ph_record_unref(retract);
    ph_published_done(&p);
    ph_test_node_free(it);
    ph_test_node_free(ch);
}

static void test_retracts__win_when_they_come_first(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_test_node *ch = ph_test_node(community, "CH");
    struct ph_published p = ph_test_publish(
        it, PH_TLP_AMBER, ph_test_group_audience(community, "alps"), 0, 2, true, PH_TEST_NOW);
    struct ph_record *retract = ph_test_retract(it, &p.records[1], 1, PH_TEST_NOW + 1000);
    struct ph_record *all[] = {retract, p.records[0], p.records[1], p.records[2]};
    enum ph_err verdicts[4];
    assert_int_equal(ph_test_receive(ch, all, 1, PH_TEST_NOW + 1000, verdicts), PH_OK);
    assert_int_equal(ph_test_receive(ch, all + 1, 3, PH_TEST_NOW + 1000, verdicts), PH_OK);
    assert_int_equal(verdicts[0], PH_OK);
    assert_int_equal(verdicts[1], PH_ERR_RETRACTED);
    assert_int_equal(verdicts[2], PH_OK);
    assert_int_equal(ph_test_state(ch, &p.records[1]->id), PH_STATE_RETRACTED);
    ph_test_index(ch);
    assert_int_equal(ph_test_counts(ch).objects, 1);
    ph_test_clean(ch);
    /* The header is counted and handed on, so that both sides stay equal. */
    struct ph_view view;
    struct ph_record *given;
    bool has;
    assert_int_equal(ph_store_view_new(&view, ch->store), PH_OK);
    assert_int_equal(view.begin(view.ctx), PH_OK);
    assert_int_equal(view.has(view.ctx, &p.records[1]->id, &has), PH_OK);
    assert_true(has);
    assert_int_equal(view.record(view.ctx, &p.records[1]->id, &given), PH_OK);
    assert_non_null(given);
    assert_false(given->has_body);
    ph_record_unref(given);
    view.end(view.ctx);
    ph_store_view_free(&view);
    ph_record_unref(retract);
    ph_published_done(&p);
    ph_test_node_free(it);
    ph_test_node_free(ch);
}

static void test_retracts__take_a_bare_header_after_them(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_test_node *ch = ph_test_node(community, "CH");
    struct ph_published p =
        ph_test_publish(it, PH_TLP_GREEN, ph_test_community_audience(), 0, 1, true, PH_TEST_NOW);
    struct ph_record *retract = ph_test_retract(it, &p.records[1], 1, PH_TEST_NOW + 1000);
    struct ph_record *bare;
    const struct ph_record *r = p.records[1];
    assert_int_equal(ph_record_new(&bare, r->raw_header, r->sig, ph_bytes(NULL, 0), false, NULL),
                     PH_OK);
    /* In one group the target sorts first by id; the retraction is applied first all the same. */
    struct ph_record *both[] = {bare, retract};
    enum ph_err verdicts[2];
    assert_int_equal(ph_test_receive(ch, both, 2, PH_TEST_NOW + 1000, verdicts), PH_OK);
    assert_int_equal(verdicts[0], PH_ERR_RETRACTED);
    assert_int_equal(verdicts[1], PH_OK);
    assert_int_equal(ph_test_counts(ch).records, 2);
    ph_test_clean(ch);
    ph_record_unref(bare);
    ph_record_unref(retract);
    ph_published_done(&p);
    ph_test_node_free(it);
    ph_test_node_free(ch);
}

static void test_retracts__reach_carried_and_waiting_records(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_test_node *ch = ph_test_node(community, "CH");
    struct ph_test_node *fr = ph_test_node(community, "FR");
    struct ph_published p = ph_test_publish(
        it, PH_TLP_GREEN, ph_test_group_audience(community, "alps"), 0, 1, true, PH_TEST_NOW);
    struct ph_record *retract = ph_test_retract(it, &p.records[1], 1, PH_TEST_NOW + 1000);
    assert_int_equal(ph_test_receive(fr, &p.records[1], 1, PH_TEST_NOW, NULL), PH_OK);
    assert_int_equal(ph_test_receive(ch, &p.records[1], 1, PH_TEST_NOW, NULL), PH_OK);
    assert_int_equal(ph_test_state(fr, &p.records[1]->id), PH_STATE_SEALED);
    assert_int_equal(ph_test_counts(ch).waiting, 1);
    struct ph_test_node *both[] = {ch, fr};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(ph_test_receive(both[i], &retract, 1, PH_TEST_NOW + 1000, NULL), PH_OK);
        /* The grant that comes afterwards brings nothing back. */
        assert_int_equal(ph_test_receive(both[i], &p.records[0], 1, PH_TEST_NOW + 1000, NULL),
                         PH_OK);
        assert_int_equal(ph_test_state(both[i], &p.records[1]->id), PH_STATE_RETRACTED);
        assert_int_equal(ph_test_counts(both[i]).waiting, 0);
        ph_test_clean(both[i]);
    }
    ph_record_unref(retract);
    ph_published_done(&p);
    ph_test_node_free(it);
    ph_test_node_free(ch);
    ph_test_node_free(fr);
}

static void test_retracts__of_another_organisation_do_nothing(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_test_node *ch = ph_test_node(community, "CH");
    struct ph_published p =
        ph_test_publish(it, PH_TLP_GREEN, ph_test_community_audience(), 0, 2, true, PH_TEST_NOW);
    struct ph_record *foreign = ph_test_retract(ch, &p.records[1], 2, PH_TEST_NOW + 1000);
    enum ph_err verdict;
    /* One target here before it, one after. */
    assert_int_equal(ph_test_receive(ch, p.records, 2, PH_TEST_NOW, NULL), PH_OK);
    assert_int_equal(ph_test_receive(ch, &foreign, 1, PH_TEST_NOW + 1000, &verdict), PH_OK);
    assert_int_equal(ph_test_receive(ch, &p.records[2], 1, PH_TEST_NOW + 1000, &verdict), PH_OK);
    assert_int_equal(verdict, PH_OK);
    ph_test_index(ch);
    assert_int_equal(ph_test_lookup(ch, "d0.example"), 1);
    assert_int_equal(ph_test_lookup(ch, "d1.example"), 1);
    ph_test_clean(ch);
    ph_record_unref(foreign);
    ph_published_done(&p);
    ph_test_node_free(it);
    ph_test_node_free(ch);
}

static void test_retracts__of_a_retraction_do_nothing(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_published p =
        ph_test_publish(it, PH_TLP_GREEN, ph_test_community_audience(), 0, 1, true, PH_TEST_NOW);
    struct ph_record *retract = ph_test_retract(it, &p.records[1], 1, PH_TEST_NOW + 1000);
    struct ph_record *again = ph_test_retract(it, &retract, 1, PH_TEST_NOW + 2000);
    assert_int_equal(ph_test_receive(it, &retract, 1, PH_TEST_NOW + 1000, NULL), PH_OK);
    assert_int_equal(ph_test_receive(it, &again, 1, PH_TEST_NOW + 2000, NULL), PH_OK);
    assert_int_equal(ph_test_state(it, &retract->id), PH_STATE_OPEN);
    assert_int_equal(ph_test_state(it, &p.records[1]->id), PH_STATE_RETRACTED);
    ph_test_clean(it);
    ph_record_unref(retract);
    ph_record_unref(again);
    ph_published_done(&p);
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
        cmocka_unit_test(test_retracts__drop_body_and_index_entries),
        cmocka_unit_test(test_retracts__win_when_they_come_first),
        cmocka_unit_test(test_retracts__take_a_bare_header_after_them),
        cmocka_unit_test(test_retracts__reach_carried_and_waiting_records),
        cmocka_unit_test(test_retracts__of_another_organisation_do_nothing),
        cmocka_unit_test(test_retracts__of_a_retraction_do_nothing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
