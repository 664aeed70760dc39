/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/lib/test.h"
#include "tests/unit/tools/cli_test.h"
#include "tools/cli/source.h"

static char *dir;

static int setup(void **state)
{
    (void)state;
    dir = ph_test_mkdir();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ph_test_rmdir(dir);
    return 0;
}

/* Items of the source: good and bad ones. */
static enum ph_err count(struct ph_source *s, size_t *good, size_t *bad, struct ph_why *why)
{
    struct ph_source_item item;
    bool is_end = false;
    *good = *bad = 0;
    for (;;) {
        enum ph_err err = ph_source_next(s, &item, &is_end, why);
        if (err || is_end)
            return err;
        *good += !item.err;
        *bad += item.err != PH_OK;
        json_decref(item.object);
    }
}

static void test_source__tells_stix_from_lists(void **state)
{
    static const struct {
        const char *text;
        bool is_list;
        size_t good;
    } rows[] = {
        {"{\"type\":\"bundle\",\"objects\":[{},{}]}", false, 2},
        {" \n\t[{}]", false, 1},
        {"\xef\xbb\xbf{}", false, 1},
        {"evil.example\n", true, 1},
        {"# comment\nevil.example\nworse[.]example", true, 2},
        {"\xef\xbb\xbf  evil.example", true, 1},
    };
    (void)state;
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        struct ph_source s;
        size_t good, bad;
        char *path = ph_test_file(dir, "in", rows[i].text);
        assert_int_equal(ph_source_open(&s, path, dir, NULL), PH_OK);
        assert_int_equal(s.is_list, rows[i].is_list);
        for (int again = 0; again < 2; again++) {
            assert_int_equal(count(&s, &good, &bad, NULL), PH_OK);
            assert_int_equal(good, rows[i].good);
            assert_int_equal(bad, 0);
            assert_int_equal(ph_source_rewind(&s, NULL), PH_OK);
        }
        ph_source_close(&s);
        free(path);
    }
}

static void test_source__refuses_what_holds_nothing(void **state)
{
    struct ph_source s;
    struct ph_why why = {0};
    char *path = ph_test_file(dir, "empty", "");
    (void)state;
    assert_int_equal(ph_source_open(&s, path, dir, &why), PH_ERR_INPUT);
    assert_non_null(strstr(why.what, "is empty"));
    free(path);
    path = ph_test_file(dir, "blank", " \n\r\n\t");
    assert_int_equal(ph_source_open(&s, path, dir, &why), PH_ERR_INPUT);
    assert_non_null(strstr(why.what, "is empty"));
    free(path);
    assert_int_equal(ph_source_open(&s, "/nonexistent", dir, &why), PH_ERR_INPUT);
    assert_non_null(strstr(why.what, "\"/nonexistent\": No such file"));
    assert_int_equal(ph_source_open(&s, dir, dir, &why), PH_ERR_INPUT);
    assert_non_null(strstr(why.what, "is a directory"));
}

static void test_source__says_where_a_bundle_breaks(void **state)
{
    struct ph_source s;
    size_t good, bad;
    struct ph_why why = {0};
    char *path = ph_test_file(dir, "cut", "{\"type\":\"bundle\",\"objects\":[{},\n{\"a\":");
    (void)state;
    assert_int_equal(ph_source_open(&s, path, dir, NULL), PH_OK);
    assert_int_equal(count(&s, &good, &bad, &why), PH_ERR_TRUNCATED);
    assert_int_equal(good, 1);
    assert_non_null(strstr(why.what, "line 2"));
    ph_source_close(&s);
    free(path);
}

static void test_source__reads_a_pipe_twice_and_leaves_no_file(void **state)
{
    struct ph_source s;
    size_t good, bad;
    char path[64];
    int ends[2];
    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "a.example\nb.example\n..\n", 23), 23);
    close(ends[1]);
    snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
    char *scratch = ph_test_mkdir();
    assert_int_equal(ph_source_open(&s, path, scratch, NULL), PH_OK);
    assert_true(s.is_spooled);
    assert_int_equal(rmdir(scratch), 0); /* nothing in it even while it is read */
    free(scratch);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(count(&s, &good, &bad, NULL), PH_OK);
        assert_int_equal(good, 2);
        assert_int_equal(bad, 1);
        assert_int_equal(ph_source_rewind(&s, NULL), PH_OK);
    }
    ph_source_close(&s);
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_source__tells_stix_from_lists),
        cmocka_unit_test(test_source__refuses_what_holds_nothing),
        cmocka_unit_test(test_source__says_where_a_bundle_breaks),
        cmocka_unit_test(test_source__reads_a_pipe_twice_and_leaves_no_file),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
