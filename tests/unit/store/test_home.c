/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/test.h"
#include "tests/unit/store/store_test.h"

struct home {
    char *dir;
    struct ph_home home;
    struct ph_why why;
};

static int setup(void **state)
{
    struct home *h = calloc(1, sizeof(*h));
    assert_non_null(h);
    h->dir = ph_test_mkdir();
    assert_int_equal(ph_home_locate(&h->home, h->dir, NULL), PH_OK);
    *state = h;
    return 0;
}

static int teardown(void **state)
{
    struct home *h = *state;
    ph_home_done(&h->home);
    ph_test_rmdir(h->dir);
    free(h);
    return 0;
}

static void test_home__paths_are_absolute(void **state)
{
    (void)state;
    struct ph_home home;
    char *cwd = getcwd(NULL, 0);
    assert_non_null(cwd);
    assert_int_equal(ph_home_locate(&home, "some/where/", NULL), PH_OK);
    assert_true(strncmp(home.dir, cwd, strlen(cwd)) == 0);
    assert_string_equal(home.dir + strlen(cwd), "/some/where");
    assert_string_equal(home.keys + strlen(cwd), "/some/where/keys");
    ph_home_done(&home);
    assert_int_equal(ph_home_locate(&home, NULL, NULL), PH_OK);
    assert_string_equal(home.conf, "/etc/posthorn/posthorn.conf");
    assert_string_equal(home.store, "/var/lib/posthorn/store");
    ph_home_done(&home);
    assert_int_equal(ph_home_locate(&home, "", NULL), PH_ERR_USAGE);
    free(cwd);
}

static void test_home__create_makes_private_directories(void **state)
{
    struct home *h = *state;
    mode_t old = umask(0);
    assert_int_equal(ph_home_create(&h->home, &h->why), PH_OK);
    umask(old);
    const char *const dirs[] = {h->home.keys, h->home.store};
    for (size_t i = 0; i < 2; i++) {
        struct stat st;
        assert_int_equal(stat(dirs[i], &st), 0);
        assert_int_equal(st.st_mode & 07777, 0700);
    }
    assert_int_equal(ph_home_create(&h->home, &h->why), PH_OK); /* again: nothing to do */
}

static void test_home__create_leaves_a_socket_elsewhere_to_others(void **state)
{
    struct home *h = *state;
    struct ph_home installed = h->home;
    char socket[] = "/nonexistent/posthorn/control";
    installed.socket = socket;
    assert_int_equal(ph_home_create(&installed, &h->why), PH_OK);
}

static void test_home__check_names_the_remedy(void **state)
{
    struct home *h = *state;
    assert_int_equal(ph_home_check(&h->home, &h->why), PH_ERR_NOTFOUND);
    assert_non_null(strstr(h->why.hint, "posthorn init"));
    assert_int_equal(ph_home_create(&h->home, &h->why), PH_OK);
    const char *const dirs[] = {h->home.keys, h->home.store};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(chmod(dirs[i], 0755), 0);
        assert_int_equal(ph_home_check(&h->home, &h->why), PH_ERR_PERM);
        assert_non_null(strstr(h->why.what, "0755"));
        assert_non_null(strstr(h->why.hint, "chmod 700"));
        assert_int_equal(chmod(dirs[i], 0700), 0);
    }
    assert_int_equal(chmod(h->home.dir, 0777), 0);
    assert_int_equal(ph_home_check(&h->home, &h->why), PH_ERR_PERM);
    assert_non_null(strstr(h->why.hint, "go-w"));
    assert_int_equal(chmod(h->home.dir, 0755), 0);
    assert_int_equal(ph_home_check(&h->home, &h->why), PH_OK);
}

static void test_home__check_refuses_links(void **state)
{
    struct home *h = *state;
    char moved[4096];
    assert_int_equal(ph_home_create(&h->home, &h->why), PH_OK);
    (void)snprintf(moved, sizeof(moved), "%s/elsewhere", h->home.dir);
    assert_int_equal(rename(h->home.store, moved), 0);
    assert_int_equal(symlink(moved, h->home.store), 0);
    assert_int_equal(ph_home_check(&h->home, &h->why), PH_ERR_PERM);
    assert_non_null(strstr(h->why.what, "symbolic link"));
    assert_int_equal(ph_home_create(&h->home, &h->why), PH_ERR_PERM);
}

static void test_home__check_refuses_what_belongs_to_somebody_else(void **state)
{
    struct home *h = *state;
    if (geteuid() != 0)
        skip(); /* only root can give a directory away */
    assert_int_equal(ph_home_create(&h->home, &h->why), PH_OK);
    assert_int_equal(chown(h->home.store, 12345, 12345), 0);
    assert_int_equal(ph_home_check(&h->home, &h->why), PH_ERR_PERM);
    assert_non_null(strstr(h->why.what, "12345"));
}

static void test_file__replace_is_whole_or_not_at_all(void **state)
{
    struct home *h = *state;
    char path[4096];
    struct stat st;
    struct ph_buf buf = ph_buf(64);
    (void)snprintf(path, sizeof(path), "%s/file", h->dir);
    assert_int_equal(ph_file_read(&buf, path, &h->why), PH_ERR_NOTFOUND);
    assert_int_equal(ph_file_replace(path, ph_bytes_str("first"), 0640, NULL), PH_OK);
    assert_int_equal(ph_file_replace(path, ph_bytes_str("second"), 0600, NULL), PH_OK);
    assert_int_equal(ph_file_read(&buf, path, NULL), PH_OK);
    assert_true(ph_bytes_equal(ph_buf_bytes(&buf), ph_bytes_str("second")));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    ph_buf_clear(&buf);
    buf.max = 5;
    assert_int_equal(ph_file_read(&buf, path, NULL), PH_ERR_LIMIT);
    assert_int_equal(buf.n, 0);
    ph_buf_done(&buf);
}

static void test_file__never_goes_through_links_or_pipes(void **state)
{
    struct home *h = *state;
    char path[4096], target[4096], pipe_path[4096];
    struct ph_buf buf = ph_buf(64);
    (void)snprintf(path, sizeof(path), "%s/link", h->dir);
    (void)snprintf(target, sizeof(target), "%s/target", h->dir);
    (void)snprintf(pipe_path, sizeof(pipe_path), "%s/pipe", h->dir);
    assert_int_equal(symlink(target, path), 0);
    assert_int_equal(ph_file_replace(path, ph_bytes_str("x"), 0600, NULL), PH_ERR_PERM);
    assert_int_not_equal(access(target, F_OK), 0);
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    assert_int_equal(ph_file_read(&buf, pipe_path, NULL), PH_ERR_INPUT); /* and does not wait */
    assert_int_equal(ph_file_replace(h->dir, ph_bytes_str("x"), 0600, NULL), PH_ERR_PERM);
    ph_buf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_home__paths_are_absolute),
        cmocka_unit_test_setup_teardown(test_home__create_makes_private_directories, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_home__create_leaves_a_socket_elsewhere_to_others,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_home__check_names_the_remedy, setup, teardown),
        cmocka_unit_test_setup_teardown(test_home__check_refuses_links, setup, teardown),
        cmocka_unit_test_setup_teardown(test_home__check_refuses_what_belongs_to_somebody_else,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_file__replace_is_whole_or_not_at_all, setup, teardown),
        cmocka_unit_test_setup_teardown(test_file__never_goes_through_links_or_pipes, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
