/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/store_priv.h"
#include "tests/lib/test.h"
#include "tests/unit/store/store_test.h"

static struct ph_test_community *community;

/* A store with something of everything: open, sealed, waiting, retracted, indexed and not. */
static struct ph_test_node *make_mixed(void)
{
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_test_node *ch = ph_test_node(community, "CH");
    struct ph_audience all = ph_test_community_audience();
    struct ph_audience alps = ph_test_group_audience(community, "alps");
    struct ph_published a = ph_test_publish(ch, PH_TLP_GREEN, all, 0, 20, true, PH_TEST_NOW);
    struct ph_published b = ph_test_publish(ch, PH_TLP_AMBER, alps, 20, 30, true, PH_TEST_NOW);
    struct ph_record *retract = ph_test_retract(ch, &a.records[3], 2, PH_TEST_NOW + 1);
    assert_int_equal(ph_test_receive(it, a.records, a.n_records, PH_TEST_NOW, NULL), PH_OK);
    ph_test_index(it);
    assert_int_equal(ph_test_receive(it, &retract, 1, PH_TEST_NOW + 1, NULL), PH_OK);
    assert_int_equal(ph_test_receive(it, b.records + 1, 5, PH_TEST_NOW, NULL), PH_OK);
    ph_record_unref(retract);
    ph_published_done(&a);
    ph_published_done(&b);
    struct ph_id none = {{0}};
    for (ph_ms i = 0; i < 3; i++)
        assert_int_equal(
            ph_audit_add(it->store, PH_TEST_NOW + i, "alice", "internal", &none, 1, NULL), PH_OK);
    a = ph_test_publish(it, PH_TLP_CLEAR, all, 40, 45, false, PH_TEST_NOW + 2);
    ph_published_done(&a);
    ph_test_node_free(ch);
    ph_test_clean(it);
    return it;
}

/* Changes one entry of @db: the @nth, by flipping a bit of the value, or removing it. */
static bool damage(struct ph_test_node *node, enum ph_db db, size_t nth, bool removed)
{
    struct ph__txn txn;
    struct ph__cursor c;
    struct ph_buf key = ph_buf(PH_KIB(64));
    struct ph_buf value = ph_buf(PH_MIB(2));
    assert_int_equal(ph__store_begin(node->store, &txn, PH_GROWS_NOT, NULL), PH_OK);
    assert_int_equal(ph__cursor_open(&c, &txn, db), PH_OK);
    assert_int_equal(ph__cursor_first(&c), PH_OK);
    for (; nth > 0 && c.at; nth--)
        assert_int_equal(ph__cursor_next(&c), PH_OK);
    bool possible = c.at && (removed || c.value.n > 0);
    if (possible && removed) {
        assert_int_equal(ph__cursor_del(&c), PH_OK);
    } else if (possible) {
        assert_int_equal(ph_buf_add(&key, c.key), PH_OK);
        assert_int_equal(ph_buf_add(&value, c.value), PH_OK);
        value.p[value.n - 1] ^= 0x10;
        assert_int_equal(ph__cursor_put(&c, ph_buf_bytes(&key), ph_buf_bytes(&value)), PH_OK);
    }
    ph__cursor_close(&c);
    assert_int_equal(ph__store_commit(node->store, &txn), PH_OK);
    ph_buf_done(&key);
    ph_buf_done(&value);
    return possible;
}

static void test_verify__finds_any_entry_changed_or_removed(void **state)
{
    (void)state;
    static const struct {
        enum ph_db db;
        bool flip; /* its values have content */
    } rows[] = {
        {PH_DB_RECORDS, true}, {PH_DB_BODIES, true},  {PH_DB_CHANNELS, false},
        {PH_DB_SUMS, true},    {PH_DB_OBJECTS, true}, {PH_DB_TERMS, false},
        {PH_DB_RECENT, true},  {PH_DB_EXPIRY, false}, {PH_DB_AUDIT, true},
    };
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        for (int removed = 0; removed < 2; removed++) {
            if (!removed && !rows[i].flip)
                continue;
            struct ph_test_node *node = make_mixed();
            assert_true(damage(node, rows[i].db, 1, removed));
            if (ph_test_findings(node) == 0)
                fail_msg("%s %s was not found", ph__db_name(rows[i].db),
                         removed ? "entry removed" : "value changed");
            ph_test_node_free(node);
        }
    }
}

static void test_verify__damaged_record_does_not_leave_the_process(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_published p =
        ph_test_publish(it, PH_TLP_GREEN, ph_test_community_audience(), 0, 1, true, PH_TEST_NOW);
    ph_test_index(it);
    struct ph_view view;
    struct ph_record *record;
    assert_int_equal(ph_store_view_new(&view, it->store), PH_OK);
    for (size_t i = 0; i < 2; i++)
        assert_true(damage(it, PH_DB_BODIES, i, false));
    assert_int_equal(view.begin(view.ctx), PH_OK);
    assert_int_equal(view.record(view.ctx, &p.records[1]->id, &record), PH_ERR_CORRUPT);
    assert_null(record);
    view.end(view.ctx);
    for (size_t i = 0; i < 2; i++)
        assert_true(damage(it, PH_DB_BODIES, i, false)); /* the bit is back */
    ph_test_clean(it);
    for (size_t i = 0; i < 2; i++)
        assert_true(damage(it, PH_DB_RECORDS, i, false));
    assert_int_equal(view.begin(view.ctx), PH_OK);
    assert_int_equal(view.record(view.ctx, &p.records[1]->id, &record), PH_ERR_CORRUPT);
    view.end(view.ctx);
    ph_store_view_free(&view);
    ph_published_done(&p);
    ph_test_node_free(it);
}

static bool file_has(const char *path, const char *text)
{
    struct ph_buf buf = ph_buf(PH_MIB(64));
    assert_int_equal(ph_file_read(&buf, path, NULL), PH_OK);
    bool found = memmem(buf.p, buf.n, text, strlen(text)) != NULL;
    ph_buf_done(&buf);
    return found;
}

static void test_store__shows_no_observable_word_or_key_on_disk(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_audience all = ph_test_community_audience();
    struct ph_published p = ph_test_publish(it, PH_TLP_AMBER, all, 0, 200, true, PH_TEST_NOW);
    ph_published_done(&p);
    p = ph_test_publish(it, PH_TLP_GREEN, all, 200, 400, false, PH_TEST_NOW);
    ph_published_done(&p);
    ph_test_index(it);
    assert_int_equal(ph_test_lookup(it, "d150.example"), 1);
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/data.mdb", it->home.store);
    static const char *const secrets[] = {"d150.example", "d250",        "smishing",
                                          "parcel",       "indicator--", "domain-name"};
    for (size_t i = 0; i < PH_LEN(secrets); i++) {
        if (file_has(path, secrets[i]))
            fail_msg("%s is in the file", secrets[i]);
    }
    const struct ph_secret *const keys[] = {it->identity->store_key, it->identity->node_secret,
                                            it->identity->reading_secret[0]};
    struct ph_buf data = ph_buf(PH_MIB(64));
    assert_int_equal(ph_file_read(&data, path, NULL), PH_OK);
    for (size_t i = 0; i < PH_LEN(keys); i++)
        assert_null(memmem(data.p, data.n, keys[i]->b, 16));
    ph_buf_done(&data);
    /* The search itself works: what is not secret is found. */
    assert_true(file_has(path, "records"));
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
        cmocka_unit_test(test_verify__finds_any_entry_changed_or_removed),
        cmocka_unit_test(test_verify__damaged_record_does_not_leave_the_process),
        cmocka_unit_test(test_store__shows_no_observable_word_or_key_on_disk),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
