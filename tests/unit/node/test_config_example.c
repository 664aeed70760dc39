/* SPDX-License-Identifier: Apache-2.0
 *
 * The example that is installed (tools/packaging/posthorn.conf) and the manual say what is true. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "node/config.h"
#include "tests/lib/test.h"

static char *read_all(const char *path)
{
    char *text = (char *)calloc(1, PH_KIB(64));
    FILE *file = fopen(path, "r");
    assert_non_null(text);
    assert_non_null(file);
    assert_true(fread(text, 1, PH_KIB(64) - 1, file) > 0);
    fclose(file);
    return text;
}

static struct ph_config read_config(const char *text)
{
    char path[] = "/tmp/posthorn-config-XXXXXX";
    struct ph_config config;
    struct ph_why why = {0};
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    if (ph_config_read(&config, path, &why))
        fail_msg("%s", why.what);
    unlink(path);
    return config;
}

/* "# key = value": an example that is commented out, not prose. */
static bool is_example(const char *line)
{
    size_t word = strncmp(line, "# ", 2) == 0 ? strcspn(line + 2, " \n") : 0;
    return word > 0 && strncmp(line + 2 + word, " = ", 3) == 0;
}

static void assert_defaults(const struct ph_config *config)
{
    struct ph_config d = ph_config_default();
    assert_int_equal(config->log_level, d.log_level);
    assert_int_equal(config->log_json, d.log_json);
    assert_int_equal(config->store_max_size, d.store_max_size);
    assert_int_equal(config->sessions_max, d.sessions_max);
    assert_int_equal(config->workers, d.workers);
    assert_int_equal(config->reconcile_ms, d.reconcile_ms);
}

static void test_config_example__shows_the_defaults(void **state)
{
    (void)state;
    char *text = read_all(PH_TEST_DIR "/../tools/packaging/posthorn.conf");
    struct ph_config config = read_config(text);
    assert_defaults(&config);
    assert_string_equal(config.listen, "");
    for (char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (is_example(line))
            memset(line, ' ', 2);
    }
    /* To the parser an indented line goes on with the one before: words to the front. */
    char *clean = (char *)calloc(1, PH_KIB(64)), *to = clean;
    assert_non_null(clean);
    for (const char *from = text; *from; from++)
        if (*from != ' ' || (to > clean && to[-1] != '\n'))
            *to++ = *from;
    config = read_config(clean);
    assert_defaults(&config);
    assert_string_equal(config.listen, "0.0.0.0:7433");
    free(clean);
    free(text);
}

static void test_config_example__has_what_the_manual_has(void **state)
{
    (void)state;
    char *text = read_all(PH_TEST_DIR "/../tools/packaging/posthorn.conf");
    char *manual = read_all(PH_TEST_DIR "/../tools/packaging/man/posthorn.conf.5.scd");
    size_t n = 0;
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        char entry[64];
        line += *line == '\n';
        if (!is_example(line))
            continue;
        snprintf(entry, sizeof(entry), "\n*%.*s* = ", (int)strcspn(line + 2, " "), line + 2);
        if (strstr(manual, entry) == NULL)
            fail_msg("posthorn.conf(5) has no entry%s", entry);
        n++;
    }
    for (const char *line = manual; (line = strstr(line, "\n*")) != NULL; line++) {
        size_t word = strcspn(line + 2, "*\n");
        n -= strncmp(line + 2 + word, "* = ", 4) == 0;
    }
    assert_int_equal(n, 0); /* and none more */
    free(manual);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config_example__shows_the_defaults),
        cmocka_unit_test(test_config_example__has_what_the_manual_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
