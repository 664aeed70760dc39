/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/assert.h"
#include "proto/base/base.h"
#include "tests/lib/test.h"

static void test_base__keeps_big_endian_numbers_in_order(void **state)
{
    (void)state;
    uint8_t b[8];
    static const uint8_t want[] = {1, 2, 3, 4, 5, 6, 7, 8};
    ph_put_be16(b, 0x0102);
    assert_memory_equal(b, want, 2);
    assert_int_equal(ph_get_be16(b), 0x0102);
    ph_put_be32(b, 0x01020304);
    assert_memory_equal(b, want, 4);
    assert_int_equal(ph_get_be32(b), 0x01020304);
    ph_put_be64(b, UINT64_C(0x0102030405060708));
    assert_memory_equal(b, want, 8);
    assert_true(ph_get_be64(b) == UINT64_C(0x0102030405060708));
    memset(b, 0xff, sizeof(b));
    assert_int_equal(ph_get_be16(b), UINT16_MAX);
    assert_true(ph_get_be32(b) == UINT32_MAX);
    assert_true(ph_get_be64(b) == UINT64_MAX);
}

static void test_base__reads_the_time_that_an_id_begins_with(void **state)
{
    (void)state;
    struct ph_id id = {.b = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0xff, 0xff}};
    assert_true(ph_id_created(&id) == UINT64_C(0x010203040506));
}

static void test_base__compares_views(void **state)
{
    (void)state;
    assert_true(ph_bytes_equal(ph_bytes(NULL, 0), ph_bytes("", 0)));
    assert_true(ph_bytes_equal(ph_bytes_str("ab"), ph_bytes("abc", 2)));
    assert_false(ph_bytes_equal(ph_bytes_str("ab"), ph_bytes_str("abc")));
    assert_false(ph_bytes_equal(ph_bytes_str("ab"), ph_bytes_str("ac")));
    assert_int_equal(ph_bytes_str(NULL).n, 0);
}

static void test_base__knows_the_zero_hash(void **state)
{
    (void)state;
    struct ph_hash hash = {.b = {0}};
    assert_true(ph_hash_is_zero(&hash));
    hash.b[31] = 1;
    assert_false(ph_hash_is_zero(&hash));
}

static void test_assert__aborts_and_says_where(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)dup2(fds[1], STDERR_FILENO);
        (void)signal(SIGABRT, SIG_DFL);
        PH_ASSERT(child > 0);
        _exit(0);
    }
    close(fds[1]);
    char text[512] = "";
    ssize_t n = read(fds[0], text, sizeof(text) - 1);
    close(fds[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_true(n > 0);
    assert_non_null(strstr(text, "test_base.c"));
    assert_non_null(strstr(text, "child > 0"));
}

static void test_assert__lets_truth_pass(void **state)
{
    (void)state;
    PH_ASSERT(1 + 1 == 2);
    assert_false(PH_NEVER(1 + 1 == 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base__keeps_big_endian_numbers_in_order),
        cmocka_unit_test(test_base__reads_the_time_that_an_id_begins_with),
        cmocka_unit_test(test_base__compares_views),
        cmocka_unit_test(test_base__knows_the_zero_hash),
        cmocka_unit_test(test_assert__aborts_and_says_where),
        cmocka_unit_test(test_assert__lets_truth_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
