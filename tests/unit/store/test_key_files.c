/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/keyfile.h"
#include "tests/lib/test.h"
#include "tests/unit/store/store_test.h"

struct keys {
    char *dir;
    struct ph_home home;
    struct ph_vault *vault;
    struct ph_secret *secret;
    struct ph_why why;
    uint8_t public[32];
};

static int setup(void **state)
{
    struct keys *k = calloc(1, sizeof(*k));
    assert_non_null(k);
    k->dir = ph_test_mkdir();
    assert_int_equal(ph_home_locate(&k->home, k->dir, NULL), PH_OK);
    assert_int_equal(ph_home_create(&k->home, NULL), PH_OK);
    assert_true(sodium_init() >= 0);
    assert_int_equal(ph_vault_new(&k->vault, 1, NULL), PH_OK);
    k->secret = ph_secret_new(k->vault);
    *state = k;
    return 0;
}

static int teardown(void **state)
{
    struct keys *k = *state;
    ph_vault_free(k->vault);
    ph_home_done(&k->home);
    ph_test_rmdir(k->dir);
    free(k);
    return 0;
}

static char *path_in(const struct keys *k, const char *name)
{
    char *path = NULL;
    assert_true(asprintf(&path, "%s/%s", k->home.keys, name) > 0);
    return path;
}

static enum ph_err make(struct keys *k, enum ph_secret_kind kind, const char *name,
                        const char *pass)
{
    k->why = (struct ph_why){.code = PH_OK};
    return ph_key_make(&k->home, kind, name, ph_bytes_str(pass), k->public, &k->why);
}

static enum ph_err load(struct keys *k, enum ph_secret_kind kind, const char *name,
                        const char *pass)
{
    k->why = (struct ph_why){.code = PH_OK};
    return ph_key_load(k->secret, k->public, &k->home, kind, name, ph_bytes_str(pass), &k->why);
}

static void test_keys__come_back_as_they_were_made(void **state)
{
    struct keys *k = *state;
    static const struct {
        enum ph_secret_kind kind;
        const char *name, *file, *pass;
    } rows[] = {
        {PH_SECRET_STORE, NULL, "store", NULL},
        {PH_SECRET_NODE, NULL, "node", NULL},
        {PH_SECRET_TRANSPORT, NULL, "transport", NULL},
        {PH_SECRET_ORG, NULL, "org", "correct horse"},
        {PH_SECRET_STEWARD, NULL, "steward", NULL},
        {PH_SECRET_STEWARD, "second", "steward-second", "x"},
        {PH_SECRET_PERSON, "alice", "person-alice", "battery staple"},
    };
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        uint8_t public[32];
        struct stat st;
        bool needs;
        assert_int_equal(make(k, rows[i].kind, rows[i].name, rows[i].pass), PH_OK);
        memcpy(public, k->public, 32);
        char *path = path_in(k, rows[i].file);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        free(path);
        assert_int_equal(
            ph_key_needs_passphrase(&k->home, rows[i].kind, rows[i].name, &needs, NULL), PH_OK);
        assert_int_equal(needs, rows[i].pass != NULL);
        assert_int_equal(load(k, rows[i].kind, rows[i].name, rows[i].pass), PH_OK);
        assert_memory_equal(public, k->public, 32);
        if (ph__secret_len(rows[i].kind) == 64)
            assert_memory_equal(k->secret->b + 32, public, 32);
    }
}

static void test_keys__are_never_overwritten(void **state)
{
    struct keys *k = *state;
    uint8_t public[32];
    assert_int_equal(make(k, PH_SECRET_STORE, NULL, NULL), PH_OK);
    assert_int_equal(make(k, PH_SECRET_NODE, NULL, NULL), PH_OK);
    memcpy(public, k->public, 32);
    assert_int_equal(make(k, PH_SECRET_NODE, NULL, NULL), PH_ERR_EXISTS);
    assert_non_null(strstr(k->why.what, "keys/node"));
    assert_true(k->why.hint[0]);
    assert_int_equal(load(k, PH_SECRET_NODE, NULL, NULL), PH_OK);
    assert_memory_equal(public, k->public, 32);
    /* Not through a link either, and not what the link names. */
    char *link_path = path_in(k, "transport");
    char *target = path_in(k, "victim");
    assert_int_equal(symlink(target, link_path), 0);
    assert_int_equal(make(k, PH_SECRET_TRANSPORT, NULL, NULL), PH_ERR_EXISTS);
    assert_int_not_equal(access(target, F_OK), 0);
    free(link_path);
    free(target);
}

static void test_keys__refuse_a_wrong_passphrase_and_say_so(void **state)
{
    struct keys *k = *state;
    assert_int_equal(make(k, PH_SECRET_ORG, NULL, "right"), PH_OK);
    static const char *const wrong[] = {"wrong", "", "right ", "Right"};
    for (size_t i = 0; i < PH_LEN(wrong); i++) {
        memset(k->secret->b, 0x55, sizeof(k->secret->b));
        assert_int_equal(load(k, PH_SECRET_ORG, NULL, wrong[i]), PH_ERR_PASS);
        assert_non_null(strstr(k->why.what, "wrong passphrase"));
        assert_int_equal(k->secret->b[0], 0x55); /* as it was */
    }
    assert_int_equal(load(k, PH_SECRET_ORG, NULL, "right"), PH_OK);
    assert_int_equal(make(k, PH_SECRET_PERSON, "bob", ""), PH_ERR_USAGE);
}

static void test_keys__refuse_wide_modes_with_the_chmod_to_run(void **state)
{
    struct keys *k = *state;
    assert_int_equal(make(k, PH_SECRET_STORE, NULL, NULL), PH_OK);
    char *path = path_in(k, "store");
    static const mode_t wide[] = {0644, 0640, 0660, 0604, 0601};
    for (size_t i = 0; i < PH_LEN(wide); i++) {
        char mode[8];
        assert_int_equal(chmod(path, wide[i]), 0);
        assert_int_equal(load(k, PH_SECRET_STORE, NULL, NULL), PH_ERR_PERM);
        (void)snprintf(mode, sizeof(mode), "%04o", wide[i]);
        assert_non_null(strstr(k->why.what, mode));
        assert_non_null(strstr(k->why.hint, "chmod 600"));
    }
    assert_int_equal(chmod(path, 0400), 0);
    assert_int_equal(load(k, PH_SECRET_STORE, NULL, NULL), PH_OK);
    free(path);
}

static void test_keys__refuse_links_directories_and_absence(void **state)
{
    struct keys *k = *state;
    assert_int_equal(load(k, PH_SECRET_STORE, NULL, NULL), PH_ERR_NOTFOUND);
    assert_int_equal(make(k, PH_SECRET_NODE, NULL, NULL), PH_ERR_NOTFOUND); /* nothing to wrap it */
    assert_int_equal(make(k, PH_SECRET_STORE, NULL, NULL), PH_OK);
    char *path = path_in(k, "store");
    char *moved = path_in(k, "moved");
    assert_int_equal(rename(path, moved), 0);
    assert_int_equal(symlink(moved, path), 0);
    assert_int_equal(load(k, PH_SECRET_STORE, NULL, NULL), PH_ERR_PERM);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(load(k, PH_SECRET_STORE, NULL, NULL), PH_ERR_PERM);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(load(k, PH_SECRET_STORE, NULL, NULL), PH_ERR_PERM);
    free(path);
    free(moved);
}

static void test_keys__names_cannot_leave_their_directory(void **state)
{
    struct keys *k = *state;
    static const char *const bad[] = {"../x", "a/b", "", ".hidden", "a b", "a\n"};
    for (size_t i = 0; i < PH_LEN(bad); i++)
        assert_int_equal(make(k, PH_SECRET_PERSON, bad[i], "pass"), PH_ERR_USAGE);
}

/* Every byte of a key file counts: with any one changed, it opens as nothing. */
static void test_keys__refuse_a_file_with_any_bit_changed(void **state)
{
    struct keys *k = *state;
    assert_int_equal(make(k, PH_SECRET_STORE, NULL, NULL), PH_OK);
    assert_int_equal(make(k, PH_SECRET_NODE, NULL, NULL), PH_OK);
    char *path = path_in(k, "node");
    struct ph_buf file = ph_buf(PH_KEYFILE_MAX);
    assert_int_equal(ph_file_read(&file, path, NULL), PH_OK);
    for (size_t i = 0; i < file.n; i++) {
        file.p[i] ^= (uint8_t)(1u << i % 8);
        assert_int_equal(ph_file_replace(path, ph_buf_bytes(&file), 0600, NULL), PH_OK);
        enum ph_err err = load(k, PH_SECRET_NODE, NULL, NULL);
        assert_true(err == PH_ERR_CORRUPT || err == PH_ERR_KEY);
        file.p[i] ^= (uint8_t)(1u << i % 8);
    }
    for (size_t n = 0; n < file.n; n += 5) {
        assert_int_equal(ph_file_replace(path, ph_bytes(file.p, n), 0600, NULL), PH_OK);
        assert_int_equal(load(k, PH_SECRET_NODE, NULL, NULL), PH_ERR_CORRUPT);
    }
    assert_int_equal(ph_file_replace(path, ph_buf_bytes(&file), 0600, NULL), PH_OK);
    assert_int_equal(load(k, PH_SECRET_NODE, NULL, NULL), PH_OK);
    ph_buf_wipe(&file);
    free(path);
}

static void test_keys__do_not_open_under_another_store_key(void **state)
{
    struct keys *k = *state;
    assert_int_equal(make(k, PH_SECRET_STORE, NULL, NULL), PH_OK);
    assert_int_equal(make(k, PH_SECRET_NODE, NULL, NULL), PH_OK);
    char *path = path_in(k, "store");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(make(k, PH_SECRET_STORE, NULL, NULL), PH_OK);
    assert_int_equal(load(k, PH_SECRET_NODE, NULL, NULL), PH_ERR_KEY);
    free(path);
}

static void test_keys__show_no_secret_in_their_files(void **state)
{
    struct keys *k = *state;
    assert_int_equal(make(k, PH_SECRET_STORE, NULL, NULL), PH_OK);
    assert_int_equal(make(k, PH_SECRET_NODE, NULL, NULL), PH_OK);
    assert_int_equal(make(k, PH_SECRET_ORG, NULL, "pass"), PH_OK);
    static const struct {
        enum ph_secret_kind kind;
        const char *file, *pass;
    } rows[] = {{PH_SECRET_NODE, "node", ""}, {PH_SECRET_ORG, "org", "pass"}};
    for (size_t i = 0; i < 2; i++) {
        struct ph_buf file = ph_buf(PH_KEYFILE_MAX);
        char *path = path_in(k, rows[i].file);
        assert_int_equal(load(k, rows[i].kind, NULL, rows[i].pass), PH_OK);
        assert_int_equal(ph_file_read(&file, path, NULL), PH_OK);
        assert_null(memmem(file.p, file.n, k->secret->b, 16));
        ph_buf_wipe(&file);
        free(path);
    }
}

static void test_identity__holds_what_the_node_uses(void **state)
{
    struct keys *k = *state;
    struct ph_identity *me;
    uint8_t node[32], reading[2][32];
    assert_int_equal(ph_identity_load(&me, &k->home, NULL, &k->why), PH_ERR_NOTFOUND);
    assert_non_null(strstr(k->why.hint, "posthorn init"));
    assert_int_equal(make(k, PH_SECRET_STORE, NULL, NULL), PH_OK);
    assert_int_equal(make(k, PH_SECRET_NODE, NULL, NULL), PH_OK);
    memcpy(node, k->public, 32);
    assert_int_equal(make(k, PH_SECRET_TRANSPORT, NULL, NULL), PH_OK);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(make(k, PH_SECRET_READING, NULL, NULL), PH_OK);
        memcpy(reading[i], k->public, 32);
    }
    assert_int_equal(ph_identity_load(&me, &k->home, NULL, &k->why), PH_OK);
    assert_memory_equal(me->node.b, node, 32);
    assert_int_equal(me->n_reading, 2);
    for (size_t i = 0; i < 2; i++) {
        uint8_t derived[32];
        assert_true(memcmp(me->reading[0].b, reading[i], 32) == 0 ||
                    memcmp(me->reading[1].b, reading[i], 32) == 0);
        crypto_scalarmult_base(derived, me->reading_secret[i]->b);
        assert_memory_equal(derived, me->reading[i].b, 32);
    }
    ph_identity_free(me);
    ph_identity_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_keys__come_back_as_they_were_made, setup, teardown),
        cmocka_unit_test_setup_teardown(test_keys__are_never_overwritten, setup, teardown),
        cmocka_unit_test_setup_teardown(test_keys__refuse_a_wrong_passphrase_and_say_so, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_keys__refuse_wide_modes_with_the_chmod_to_run, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_keys__refuse_links_directories_and_absence, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_keys__names_cannot_leave_their_directory, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_keys__refuse_a_file_with_any_bit_changed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_keys__do_not_open_under_another_store_key, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_keys__show_no_secret_in_their_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_identity__holds_what_the_node_uses, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
