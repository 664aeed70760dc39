/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/lib/test.h"
#include "tests/unit/tools/cli_test.h"
#include "tools/cli/outfile.h"

static size_t files_in(const char *dir)
{
    DIR *d = opendir(dir);
    size_t n = 0;
    assert_non_null(d);
    while (readdir(d) != NULL)
        n++;
    closedir(d);
    return n - 2; /* . and .. */
}

static void expect_text(const char *path, const char *text)
{
    struct ph_buf got = ph_buf(1000);
    assert_int_equal(ph_file_read(&got, path, NULL), PH_OK);
    assert_true(ph_bytes_equal(ph_buf_bytes(&got), ph_bytes_str(text)));
    ph_buf_done(&got);
}

static void test_outfile__replaces_only_when_all_is_written(void **state)
{
    char *dir = ph_test_mkdir();
    char *path = ph_test_file(dir, "out.json", "old");
    struct ph_outfile out;
    struct stat st;
    (void)state;
    assert_int_equal(ph_outfile_open(&out, path, 0640, NULL), PH_OK);
    assert_int_equal(ph_outfile_write(&out, ph_bytes_str("new"), NULL), PH_OK);
    expect_text(path, "old");
    assert_int_equal(ph_outfile_commit(&out, NULL), PH_OK);
    ph_outfile_done(&out);
    expect_text(path, "new");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_int_equal(files_in(dir), 1);
    free(path);
    ph_test_rmdir(dir);
}

static void test_outfile__leaves_nothing_when_given_up(void **state)
{
    char *dir = ph_test_mkdir();
    char *path = ph_test_file(dir, "out.json", "old");
    struct ph_outfile out;
    (void)state;
    assert_int_equal(ph_outfile_open(&out, path, 0640, NULL), PH_OK);
    assert_int_equal(ph_outfile_write(&out, ph_bytes_str("half"), NULL), PH_OK);
    ph_outfile_done(&out);
    expect_text(path, "old");
    assert_int_equal(files_in(dir), 1);
    free(path);
    ph_test_rmdir(dir);
}

static void test_outfile__names_a_place_it_cannot_write_to(void **state)
{
    struct ph_outfile out;
    struct ph_why why = {0};
    (void)state;
    assert_int_equal(ph_outfile_open(&out, "/nonexistent/out.json", 0640, &why), PH_ERR_IO);
    assert_non_null(strstr(why.what, "\"/nonexistent/out.json\": No such file"));
    ph_outfile_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outfile__replaces_only_when_all_is_written),
        cmocka_unit_test(test_outfile__leaves_nothing_when_given_up),
        cmocka_unit_test(test_outfile__names_a_place_it_cannot_write_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
