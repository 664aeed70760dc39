/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/store_priv.h"
#include "tests/lib/test.h"
#include "tests/unit/store/store_test.h"

static struct ph_test_community *community;

static enum ph_err open_again(struct ph_test_node *node, enum ph_store_mode mode, bool create,
                              struct ph_store **out, struct ph_why *why)
{
    struct ph_store_config config = {.mode = mode, .create = create};
    *why = (struct ph_why){.code = PH_OK};
    return ph_store_open(out, &node->home, node->identity, &config, why);
}

/* Runs @fn in a child, which takes nothing of ours along but memory; its result is its exit status.
 */
static int in_child(int (*fn)(struct ph_test_node *), struct ph_test_node *node)
{
    int status;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(fn(node));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* What the child inherits of an open environment is not used in it: it is another process's. */
static void forget_inherited(struct ph_test_node *node)
{
    node->store = NULL;
    node->members = NULL;
}

static int second_writer(struct ph_test_node *node)
{
    struct ph_store *store;
    struct ph_why why;
    char pid[32];
    (void)snprintf(pid, sizeof(pid), "process %ld ", (long)getppid());
    forget_inherited(node);
    if (open_again(node, PH_STORE_WRITE, true, &store, &why) != PH_ERR_BUSY)
        return 1;
    return strstr(why.what, pid) && why.hint[0] ? 0 : 2;
}

static void test_store__second_writer_is_told_who_has_it(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    assert_int_equal(in_child(second_writer, it), 0);
    /* In this process too, for reading as for writing: LMDB would allow it and lose its locks. */
    struct ph_store *store;
    struct ph_why why;
    assert_int_equal(open_again(it, PH_STORE_WRITE, false, &store, &why), PH_ERR_BUSY);
    assert_int_equal(open_again(it, PH_STORE_READ, false, &store, &why), PH_ERR_BUSY);
    assert_int_equal(ph_test_counts(it).records, 0);
    ph_test_node_free(it);
}

static void test_store__stale_pid_in_the_lock_file_does_no_harm(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/lock", it->home.store);
    ph_test_node_close(it);
    assert_int_equal(ph_file_replace(path, ph_bytes_str("1\n"), 0600, NULL), PH_OK);
    ph_test_node_open(it, PH_STORE_WRITE);
    ph_test_node_free(it);
}

static int reader_beside_a_writer(struct ph_test_node *node)
{
    struct ph_why why;
    forget_inherited(node);
    if (open_again(node, PH_STORE_READ, false, &node->store, &why) ||
        ph_store_members(node->store, &node->members, &why))
        return 1;
    bool found = ph_test_lookup(node, "d2.example") == 1;
    struct ph_roster_org self = ph_test_roster_org(node->org);
    bool refused = ph_store_set_self(node->store, &self, &why) == PH_ERR_INTERNAL;
    ph_test_clean(node);
    ph_test_node_close(node);
    return found && refused ? 0 : 2;
}

static void test_store__is_read_by_others_while_it_is_written(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_published p =
        ph_test_publish(it, PH_TLP_GREEN, ph_test_community_audience(), 0, 5, true, PH_TEST_NOW);
    assert_int_equal(in_child(reader_beside_a_writer, it), 0);
    ph_published_done(&p);
    ph_test_node_free(it);
}

static void test_store__does_not_open_with_another_store_key(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_store *store;
    struct ph_why why;
    ph_test_node_close(it);
    it->identity->store_key->b[0] ^= 1;
    assert_int_equal(open_again(it, PH_STORE_WRITE, false, &store, &why), PH_ERR_KEY);
    assert_non_null(strstr(why.hint, "keys/"));
    assert_int_equal(open_again(it, PH_STORE_READ, false, &store, &why), PH_ERR_KEY);
    it->identity->store_key->b[0] ^= 1;
    ph_test_node_open(it, PH_STORE_WRITE);
    ph_test_node_free(it);
}

static void test_store__refuses_another_format_untouched(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph__txn txn;
    uint8_t format[4];
    struct ph_store *store;
    struct ph_why why;
    uint64_t boot;
    uint8_t id[16];
    ph_store_id(it->store, id, &boot);
    ph_put_be32(format, PH_FORMAT + 1);
    assert_int_equal(ph__store_begin(it->store, &txn, PH_GROWS_NOT, NULL), PH_OK);
    assert_int_equal(ph__meta_put(&txn, PH_META_FORMAT, ph_bytes(format, 4)), PH_OK);
    assert_int_equal(ph__store_commit(it->store, &txn), PH_OK);
    ph_test_node_close(it);
    assert_int_equal(open_again(it, PH_STORE_WRITE, true, &store, &why), PH_ERR_VERSION);
    assert_int_equal(open_again(it, PH_STORE_READ, false, &store, &why), PH_ERR_VERSION);
    ph_test_node_free(it);
}

static void test_store__says_that_there_is_none(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_store *store;
    struct ph_why why;
    char path[4096];
    ph_test_node_close(it);
    (void)snprintf(path, sizeof(path), "%s/data.mdb", it->home.store);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(open_again(it, PH_STORE_READ, false, &store, &why), PH_ERR_NOTFOUND);
    assert_int_equal(open_again(it, PH_STORE_WRITE, false, &store, &why), PH_ERR_NOTFOUND);
    assert_int_equal(symlink("/dev/null", path), 0);
    assert_int_equal(open_again(it, PH_STORE_WRITE, true, &store, &why), PH_ERR_PERM);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(ph_file_replace(path, ph_bytes_str("not a store, but a text"), 0600, NULL),
                     PH_OK);
    assert_int_equal(open_again(it, PH_STORE_WRITE, true, &store, &why), PH_ERR_CORRUPT);
    ph_test_node_free(it);
}

static void test_store__is_made_whole_after_dying_while_it_was_made(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph__txn txn;
    /* Databases, but no meta: what a kill between the first two transactions leaves. */
    assert_int_equal(ph__store_begin(it->store, &txn, PH_GROWS_NOT, NULL), PH_OK);
    assert_int_equal(mdb_drop(txn.mdb, it->store->env.dbi[PH_DB_META], 0), 0);
    assert_int_equal(ph__store_commit(it->store, &txn), PH_OK);
    ph_test_node_close(it);
    struct ph_why why;
    struct ph_store *store;
    assert_int_equal(open_again(it, PH_STORE_READ, false, &store, &why), PH_ERR_NOTFOUND);
    assert_int_equal(open_again(it, PH_STORE_WRITE, true, &it->store, &why), PH_OK);
    ph_test_node_free(it);
}

static void test_store__grows_with_max_size_and_keeps_what_it_has(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node_sized(community, "IT", 6 << 20);
    struct ph_published p =
        ph_test_publish(it, PH_TLP_GREEN, ph_test_community_audience(), 0, 300, true, PH_TEST_NOW);
    ph_published_done(&p);
    ph_test_node_close(it);
    struct ph_store_config config = {.mode = PH_STORE_WRITE, .max_size = UINT64_C(64) << 20};
    assert_int_equal(ph_store_open(&it->store, &it->home, it->identity, &config, NULL), PH_OK);
    assert_int_equal(ph_store_members(it->store, &it->members, NULL), PH_OK);
    assert_int_equal(ph_test_counts(it).bytes_max, UINT64_C(64) << 20);
    p = ph_test_publish(it, PH_TLP_GREEN, ph_test_community_audience(), 300, 6000, true,
                        PH_TEST_NOW);
    ph_published_done(&p);
    assert_int_equal(ph_test_counts(it).content, 6000);
    ph_test_node_close(it);
    /* Below what is in use: it opens, and says full. */
    config.max_size = 6 << 20;
    assert_int_equal(ph_store_open(&it->store, &it->home, it->identity, &config, NULL), PH_OK);
    assert_int_equal(ph_store_members(it->store, &it->members, NULL), PH_OK);
    assert_int_equal(ph_test_counts(it).content, 6000);
    ph_test_clean(it);
    ph_test_node_free(it);
}

static void test_store__files_are_private(void **state)
{
    (void)state;
    mode_t old = umask(0);
    struct ph_test_node *it = ph_test_node(community, "IT");
    umask(old);
    static const char *const files[] = {"data.mdb", "lock.mdb", "lock"};
    for (size_t i = 0; i < PH_LEN(files); i++) {
        char path[4096];
        struct stat st;
        (void)snprintf(path, sizeof(path), "%s/%s", it->home.store, files[i]);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
    }
    ph_test_node_free(it);
}

static void test_store__remembers_self_trust_and_handshakes(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_roster_org self;
    struct ph_view view;
    ph_ms at;
    const struct ph_transport_key *key = &ph_test_org(community, "CH")->transport_key;
    assert_int_equal(ph_store_handshake(it->store, key, 5000, NULL), PH_OK);
    assert_int_equal(ph_store_handshake(it->store, key, 4000, NULL), PH_OK); /* never backwards */
    ph_test_node_close(it);
    ph_test_node_open(it, PH_STORE_WRITE);
    assert_int_equal(ph_store_self(it->store, &self, NULL), PH_OK);
    assert_string_equal(self.code.s, "IT");
    assert_true(ph_org_key_equal(&self.key, &it->org->org_key));
    struct ph_hash ours = ph_members_cards_digest(it->members);
    struct ph_hash theirs = ph_members_cards_digest(community->members);
    assert_true(ph_hash_equal(&ours, &theirs));
    assert_int_equal(ph_store_view_new(&view, it->store), PH_OK);
    assert_int_equal(view.begin(view.ctx), PH_OK);
    assert_int_equal(view.last_handshake(view.ctx, key, &at), PH_OK);
    assert_int_equal(at, 5000);
    view.end(view.ctx);
    ph_store_view_free(&view);
    ph_test_node_free(it);
}

static void test_store__refuses_trust_of_another_community(void **state)
{
    (void)state;
    struct ph_test_community *other = ph_test_community_seeded(2, NULL, 7);
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_bytes roster = ph_buf_bytes(&other->rosters[0]);
    struct ph_members *out;
    struct ph_members_result result;
    struct ph_why why = {.code = PH_OK};
    assert_int_equal(
        ph_store_take_trust(it->store, &other->id, &roster, 1, NULL, 0, &out, &result, &why),
        PH_ERR_COMMUNITY);
    assert_int_not_equal(
        ph_store_take_trust(it->store, NULL, &roster, 1, NULL, 0, &out, &result, &why), PH_OK);
    ph_test_node_free(it);
    ph_test_community_free(other);
}

static void test_store__keeps_evidence_of_two_cards_of_one_seq(void **state)
{
    (void)state;
    struct ph_test_community *c = ph_test_community(2, NULL);
    struct ph_test_node *it = ph_test_node(c, "IT");
    struct ph_test_org *ch = ph_test_org(c, "CH");
    (void)snprintf(ch->card->contact, sizeof(ch->card->contact), "another story");
    ph_test_sign_card(c, ch); /* the same seq */
    struct ph_bytes card = ph_buf_bytes(&ch->card_bytes);
    struct ph_members *out;
    struct ph_members_result result;
    assert_int_equal(ph_store_take_trust(it->store, NULL, NULL, 0, &card, 1, &out, &result, NULL),
                     PH_OK);
    assert_true(result.equivocation);
    ph_members_unref(out);
    struct ph__txn txn;
    uint64_t n;
    assert_int_equal(ph__txn_read(&txn, &it->store->env, NULL), PH_OK);
    assert_int_equal(ph__db_count(&txn, PH_DB_EVIDENCE, &n), PH_OK);
    ph__txn_abort(&txn);
    assert_int_equal(n, 2);
    ph_test_node_free(it);
    ph_test_community_free(c);
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
        cmocka_unit_test(test_store__second_writer_is_told_who_has_it),
        cmocka_unit_test(test_store__stale_pid_in_the_lock_file_does_no_harm),
        cmocka_unit_test(test_store__is_read_by_others_while_it_is_written),
        cmocka_unit_test(test_store__does_not_open_with_another_store_key),
        cmocka_unit_test(test_store__refuses_another_format_untouched),
        cmocka_unit_test(test_store__says_that_there_is_none),
        cmocka_unit_test(test_store__is_made_whole_after_dying_while_it_was_made),
        cmocka_unit_test(test_store__grows_with_max_size_and_keeps_what_it_has),
        cmocka_unit_test(test_store__files_are_private),
        cmocka_unit_test(test_store__remembers_self_trust_and_handshakes),
        cmocka_unit_test(test_store__refuses_trust_of_another_community),
        cmocka_unit_test(test_store__keeps_evidence_of_two_cards_of_one_seq),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
