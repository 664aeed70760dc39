/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/limits.h"
#include "tests/lib/test.h"
#include "tools/cli/command.h"

static void test_commands__each_name_stands_once(void **state)
{
    (void)state;
    size_t n = 0;
    for (const struct ph_command *a = ph_commands; a->name != NULL; a++, n++) {
        assert_non_null(a->area);
        assert_non_null(a->usage);
        assert_true(strlen(a->help) > 0);
        assert_non_null(a->run);
        for (const struct ph_command *b = a + 1; b->name != NULL; b++)
            assert_string_not_equal(a->name, b->name);
    }
    assert_true(n > 0);
}

/* Help prints a heading where the area changes: an area in two pieces would have two. */
static void test_commands__areas_are_in_one_piece(void **state)
{
    (void)state;
    for (const struct ph_command *a = ph_commands; a->name != NULL; a++)
        for (const struct ph_command *b = a + 1; b->name != NULL; b++)
            if (strcmp(a->area, b->area) == 0)
                assert_string_equal(b[-1].area, b->area);
}

static char *read_manual(const char *page)
{
    char path[4096];
    snprintf(path, sizeof(path), PH_TEST_DIR "/../tools/packaging/man/%s.scd", page);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char *text = calloc(1, (size_t)PH_MIB(1));
    assert_non_null(text);
    assert_true(fread(text, 1, (size_t)PH_MIB(1) - 1, file) > 0);
    fclose(file);
    return text;
}

static void test_commands__all_are_in_the_manual(void **state)
{
    (void)state;
    char *text = read_manual("posthorn.1");
    for (const struct ph_command *c = ph_commands; c->name != NULL; c++) {
        char alone[128], with_more[128];
        snprintf(alone, sizeof(alone), "*%s*", c->name);
        snprintf(with_more, sizeof(with_more), "\n*%s ", c->name);
        if (strstr(text, alone) == NULL && strstr(text, with_more) == NULL)
            fail_msg("posthorn(1) has no entry for \"%s\"", c->name);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands__each_name_stands_once),
        cmocka_unit_test(test_commands__areas_are_in_one_piece),
        cmocka_unit_test(test_commands__all_are_in_the_manual),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
