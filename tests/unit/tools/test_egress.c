/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <unistd.h>

#include "tests/lib/test.h"
#include "tests/unit/tools/cli_test.h"
#include "tools/cli/egress.h"

static struct ph_test_community *community;
static struct ph_test_node *node;

static int setup(void **state)
{
    (void)state;
    community = ph_test_community(2, NULL);
    node = ph_test_node(community, "IT");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ph_test_node_free(node);
    ph_test_community_free(community);
    return 0;
}

/* A record of @label that stands for one in the store. */
struct fake {
    struct ph_record record;
    struct ph_entry entry;
};

static void fake(struct fake *f, enum ph_tlp label, uint8_t id)
{
    *f = (struct fake){.record = {.header = {.label = label}}};
    f->record.id.b[0] = id;
    f->entry = (struct ph_entry){.record = &f->record, .state = PH_STATE_OPEN};
}

static void print(struct ph_egress *e, enum ph_tlp label, uint8_t id, const char *text)
{
    struct fake f;
    fake(&f, label, id);
    struct ph_policy_answer answer = ph_egress_ask(e, &f.entry);
    assert_true(answer.allowed);
    assert_int_equal(ph_egress_print(e, &f.entry, answer, ph_bytes_str(text)), PH_OK);
}

static void expect_written(FILE *to, const char *text)
{
    char got[200];
    rewind(to);
    size_t n = fread(got, 1, sizeof(got) - 1, to);
    got[n] = 0;
    assert_string_equal(got, text);
}

static uint64_t audit_entries(void)
{
    struct ph_verify_report report;
    assert_int_equal(
        ph_verify(node->store, node->members, (ph_verify_fn)abort, NULL, &report, NULL), PH_OK);
    return report.audit_entries;
}

static void test_egress__asks_the_table_for_every_door(void **state)
{
    /* interfaces: rows are labels, columns internal, client, community, public */
    static const char *const rows[PH_N_TLP] = {"yyyy", "yyyn", "ylnn", "lnnn", "nnnn"};
    static const enum ph_door doors[] = {PH_DOOR_INTERNAL, PH_DOOR_CLIENT, PH_DOOR_COMMUNITY,
                                         PH_DOOR_PUBLIC};
    (void)state;
    for (unsigned label = 0; label < PH_N_TLP; label++) {
        for (size_t d = 0; d < PH_LEN(doors); d++) {
            struct ph_egress e = ph_egress(NULL, doors[d], "test", NULL);
            struct fake f;
            fake(&f, (enum ph_tlp)label, 1);
            struct ph_policy_answer answer = ph_egress_ask(&e, &f.entry);
            assert_int_equal(answer.allowed, rows[label][d] != 'n');
            assert_int_equal(answer.logged, rows[label][d] == 'l');
        }
    }
}

static void test_egress__holds_back_until_the_entry_is_written(void **state)
{
    struct ph_session session = ph_test_session(node, true);
    FILE *to = tmpfile();
    struct ph_egress e = ph_egress(&session, PH_DOOR_INTERNAL, "test", to);
    uint64_t before = audit_entries();
    (void)state;
    print(&e, PH_TLP_GREEN, 1, "a ");
    expect_written(to, "a ");
    print(&e, PH_TLP_AMBER_STRICT, 2, "b ");
    print(&e, PH_TLP_AMBER_STRICT, 2, "c ");
    print(&e, PH_TLP_GREEN, 3, "d ");
    expect_written(to, "a ");
    assert_int_equal(audit_entries(), before);
    assert_int_equal(ph_egress_flush(&e), PH_OK);
    expect_written(to, "a b c d ");
    assert_int_equal(audit_entries(), before + 1); /* one a batch */
    assert_int_equal(ph_egress_end(&e, 0), 0);
    ph_egress_done(&e);
    fclose(to);
    ph_test_session_done(&session, node);
}

static void test_egress__takes_the_lock_when_no_daemon_runs(void **state)
{
    uint64_t before = audit_entries();
    (void)state;
    ph_test_node_close(node);
    ph_test_node_open(node, PH_STORE_READ);
    struct ph_session session = ph_test_session(node, false);
    FILE *to = tmpfile();
    struct ph_egress e = ph_egress(&session, PH_DOOR_INTERNAL, "test", to);
    print(&e, PH_TLP_AMBER_STRICT, 1, "b ");
    assert_int_equal(ph_egress_end(&e, 0), 0);
    expect_written(to, "b ");
    /* and gives it back */
    assert_int_equal(ph_audit_add(session.store, 1, "x", "x", NULL, 0, NULL), PH_ERR_INTERNAL);
    ph_test_session_done(&session, node);
    assert_int_equal(audit_entries(), before + 1);
    ph_test_node_close(node);
    ph_test_node_open(node, PH_STORE_WRITE);
    ph_egress_done(&e);
    fclose(to);
}

static void test_egress__leaves_out_what_cannot_be_logged(void **state)
{
    struct ph_session session = {.daemon = -1, .home = node->home, .identity = node->identity};
    FILE *to = tmpfile();
    struct ph_egress e = ph_egress(&session, PH_DOOR_INTERNAL, "test", to);
    (void)state;
    /* The store is held by this test's node, as by another command: the entry cannot be written. */
    print(&e, PH_TLP_GREEN, 1, "a ");
    print(&e, PH_TLP_AMBER_STRICT, 2, "b ");
    print(&e, PH_TLP_GREEN, 3, "c ");
    print(&e, PH_TLP_AMBER_STRICT, 4, "d ");
    print(&e, PH_TLP_CLEAR, 5, "e ");
    assert_int_equal(ph_egress_end(&e, 0), 3);
    expect_written(to, "a c e ");
    assert_int_equal(e.n_left_out, 2);
    ph_egress_done(&e);
    ph_store_close(session.store);
    fclose(to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_egress__asks_the_table_for_every_door),
        cmocka_unit_test(test_egress__holds_back_until_the_entry_is_written),
        cmocka_unit_test(test_egress__takes_the_lock_when_no_daemon_runs),
        cmocka_unit_test(test_egress__leaves_out_what_cannot_be_logged),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
