/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/config.h"
#include "tests/lib/test.h"

/* Write @text to a file with @mode, read it as configuration. */
static enum ph_err read_text(struct ph_config *out, const char *text, mode_t mode,
                             struct ph_why *why)
{
    char path[] = "/tmp/posthorn-config-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
    enum ph_err err = ph_config_read(out, path, why);
    unlink(path);
    return err;
}

static void test_config__every_key_is_read(void **state)
{
    (void)state;
    struct ph_config config;
    const char *text = "# comment\n[node]\nlisten = 127.0.0.1:7433\nsessions = 12\nworkers = 3\n"
                       "reconcile = 5\n[store]\nmax_size = 64M\n[log]\nlevel = debug\n"
                       "format = json\n";
    assert_int_equal(read_text(&config, text, 0640, NULL), PH_OK);
    assert_string_equal(config.listen, "127.0.0.1:7433");
    assert_int_equal(config.sessions_max, 12);
    assert_int_equal(config.workers, 3);
    assert_int_equal(config.reconcile_ms, 5000);
    assert_int_equal(config.store_max_size, 64u << 20);
    assert_int_equal(config.log_level, PH_LOG_DEBUG);
    assert_true(config.log_json);
}

static void test_config__an_empty_file_gives_the_defaults(void **state)
{
    (void)state;
    struct ph_config config;
    assert_int_equal(read_text(&config, "", 0600, NULL), PH_OK);
    assert_string_equal(config.listen, "");
    assert_int_equal(config.store_max_size, UINT64_C(16) << 30);
}

static void test_config__a_mistake_names_line_and_what_was_expected(void **state)
{
    (void)state;
    static const struct {
        const char *text, *line, *says;
    } cases[] = {
        {"[node]\nlisten = 127.0.0.1\n", ":2:", "HOST:PORT"},
        {"[node]\nlisten = 127.0.0.1:65536\n", ":2:", "HOST:PORT"},
        {"[node]\nlisten = :7433\n", ":2:", "HOST:PORT"},
        {"[node]\nsessions = 0\n", ":2:", "1 to 1024"},
        {"[node]\nsessions = 1025\n", ":2:", "1 to 1024"},
        {"[node]\nsessions = 12x\n", ":2:", "1 to 1024"},
        {"[node]\nsessions = -1\n", ":2:", "1 to 1024"},
        {"[node]\nworkers = 99999999999999999999999\n", ":2:", "0 (one a core)"},
        {"[store]\n\nmax_size = 15M\n", ":3:", "16M to 64T"},
        {"[store]\nmax_size = 65T\n", ":2:", "16M to 64T"},
        {"[store]\nmax_size = 16\n", ":2:", "16M to 64T"},
        {"[log]\nlevel = loud\n", ":2:", "error, warn, info or debug"},
        {"[log]\nformat = xml\n", ":2:", "logfmt or json"},
        {"[log]\nlevel = info\nlevel = info\n", ":3:", "given twice"},
        {"[node]\nlisten_on = x\n", ":2:", "unknown key \"listen_on\""},
        {"listen = 127.0.0.1:1\n", ":1:", "unknown key"},
        {"[nodes]\nlisten = 127.0.0.1:1\n", ":2:", "section [nodes]"},
        {"[node\nlisten = 127.0.0.1:1\n", ":1:", "expected [section]"},
        {"nonsense\n", ":1:", "expected [section]"},
        {"[node]\n\x1b[2J = 1\n", ":2:", "\\x1B"},
    };
    for (size_t i = 0; i < PH_LEN(cases); i++) {
        struct ph_config config = {.sessions_max = 4711};
        struct ph_why why = {0};
        assert_int_equal(read_text(&config, cases[i].text, 0600, &why), PH_ERR_INPUT);
        if (strstr(why.what, cases[i].line) == NULL || strcasestr(why.what, cases[i].says) == NULL)
            fail_msg("case %zu: \"%s\"", i, why.what);
        assert_int_equal(config.sessions_max, 4711); /* untouched */
    }
}

static void test_config__a_file_that_others_can_write_is_refused(void **state)
{
    (void)state;
    struct ph_config config;
    struct ph_why why = {0};
    assert_int_equal(read_text(&config, "", 0660, &why), PH_ERR_PERM);
    assert_non_null(strstr(why.hint, "chmod go-w"));
    assert_int_equal(read_text(&config, "", 0602, &why), PH_ERR_PERM);
    assert_int_equal(read_text(&config, "", 0644, &why), PH_OK);
}

static void test_config__what_is_no_small_regular_file_is_refused(void **state)
{
    (void)state;
    struct ph_config config;
    struct ph_why why = {0};
    assert_int_equal(ph_config_read(&config, "/nonexistent/posthorn.conf", &why), PH_ERR_NOTFOUND);
    assert_int_equal(ph_config_read(&config, "/tmp", &why), PH_ERR_INPUT);
    assert_int_equal(ph_config_read(&config, "/dev/zero", &why), PH_ERR_INPUT);
    char *large = (char *)malloc(PH_KIB(64) + 2);
    assert_non_null(large);
    memset(large, '\n', PH_KIB(64) + 1);
    large[PH_KIB(64) + 1] = 0;
    assert_int_equal(read_text(&config, large, 0600, &why), PH_ERR_LIMIT);
    large[PH_KIB(64)] = 0;
    assert_int_equal(read_text(&config, large, 0600, &why), PH_OK);
    free(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config__every_key_is_read),
        cmocka_unit_test(test_config__an_empty_file_gives_the_defaults),
        cmocka_unit_test(test_config__a_mistake_names_line_and_what_was_expected),
        cmocka_unit_test(test_config__a_file_that_others_can_write_is_refused),
        cmocka_unit_test(test_config__what_is_no_small_regular_file_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
