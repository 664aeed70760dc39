/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/secret.h"
#include "tests/lib/fail.h"
#include "tests/lib/test.h"

static void test_secret__gives_each_slot_once(void **state)
{
    (void)state;
    struct ph_vault *vault;
    bool locked;
    struct ph_secret *secrets[10];
    static const struct ph_secret zero;
    assert_int_equal(ph_vault_new(&vault, 10, &locked), PH_OK);
    for (size_t i = 0; i < 10; i++) {
        secrets[i] = ph_secret_new(vault);
        assert_non_null(secrets[i]);
        assert_memory_equal(secrets[i], &zero, sizeof(zero));
        memset(secrets[i]->b, (int)i + 1, sizeof(secrets[i]->b));
    }
    assert_null(ph_secret_new(vault));
    for (size_t i = 0; i < 10; i++)
        for (size_t j = 0; j < sizeof(secrets[i]->b); j++)
            assert_int_equal(secrets[i]->b[j], i + 1);
    ph_vault_free(vault);
}

static void test_secret__is_wiped_when_freed(void **state)
{
    (void)state;
    struct ph_vault *vault;
    static const struct ph_secret zero;
    assert_int_equal(ph_vault_new(&vault, 2, NULL), PH_OK);
    struct ph_secret *a = ph_secret_new(vault);
    struct ph_secret *b = ph_secret_new(vault);
    memset(a->b, 0xaa, sizeof(a->b));
    memset(b->b, 0xbb, sizeof(b->b));
    ph_secret_free(vault, a);
    assert_memory_equal(a, &zero, sizeof(zero)); /* the vault's memory, still readable */
    assert_int_equal(b->b[63], 0xbb);
    ph_secret_free(vault, NULL);
    assert_ptr_equal(ph_secret_new(vault), a);
    assert_null(ph_secret_new(vault));
    ph_vault_free(vault);
}

static void test_secret__refuses_sizes_that_make_no_sense(void **state)
{
    (void)state;
    struct ph_vault *vault = NULL;
    assert_int_equal(ph_vault_new(&vault, 0, NULL), PH_ERR_LIMIT);
    assert_int_equal(ph_vault_new(&vault, SIZE_MAX, NULL), PH_ERR_LIMIT);
    assert_null(vault);
    ph_vault_free(NULL);
}

static void test_secret__survives_every_failed_allocation(void **state)
{
    (void)state;
    struct ph_vault *vault = NULL;
    enum ph_err err = PH_ERR_NOMEM;
    size_t n = 0;
    while (err == PH_ERR_NOMEM) {
        assert_null(vault);
        ph_test_fail_at(++n);
        err = ph_vault_new(&vault, 4, NULL);
    }
    ph_test_fail_at(0);
    assert_int_equal(err, PH_OK);
    assert_int_equal(n, 4); /* three allocations of our own; the arena is libsodium's */
    ph_vault_free(vault);
}

/* Field @name of the mapping around @address in /proc/self/smaps, such as "VmFlags:". */
static bool smaps_line(const void *address, const char *name, char *out, size_t out_size)
{
    FILE *file = fopen("/proc/self/smaps", "r");
    assert_non_null(file);
    char line[512];
    bool inside = false;
    bool found = false;
    while (!found && fgets(line, sizeof(line), file)) {
        unsigned long from, to;
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
            inside = (uintptr_t)address >= from && (uintptr_t)address < to;
        else if (inside && strncmp(line, name, strlen(name)) == 0)
            found = snprintf(out, out_size, "%s", line + strlen(name)) > 0;
    }
    (void)fclose(file);
    return found;
}

/* AddressSanitizer swallows mlock() and says that it worked. */
static bool locking_works(void)
{
    char flags[512];
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(page != MAP_FAILED);
    bool works = mlock(page, 4096) != 0 || (smaps_line(page, "VmFlags:", flags, sizeof(flags)) &&
                                            strstr(flags, " lo") != NULL);
    assert_int_equal(munmap(page, 4096), 0);
    return works;
}

static void test_secret__is_locked_and_left_out_of_dumps(void **state)
{
    (void)state;
    struct ph_vault *vault;
    bool locked = false;
    char flags[512];
    assert_int_equal(ph_vault_new(&vault, 64, &locked), PH_OK);
    struct ph_secret *secret = ph_secret_new(vault);
    assert_true(smaps_line(secret, "VmFlags:", flags, sizeof(flags)));
    assert_non_null(strstr(flags, " dd")); /* don't dump */
    if (locking_works())
        assert_int_equal(strstr(flags, " lo") != NULL, locked);
    ph_vault_free(vault);
}

static void test_secret__says_when_memory_cannot_be_locked(void **state)
{
    (void)state;
    if (!locking_works())
        skip();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit none = {0, 0};
        struct ph_vault *vault;
        bool locked = true;
        if (geteuid() == 0 && setuid(65534) != 0) /* root may lock past the limit */
            _exit(3);
        if (setrlimit(RLIMIT_MEMLOCK, &none) != 0 || ph_vault_new(&vault, 4, &locked) != PH_OK)
            _exit(1);
        _exit(locked ? 2 : 0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* Run @wrong in a child: it must die of an assertion. */
static void assert_aborts(void (*wrong)(struct ph_vault *vault))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct ph_vault *vault;
        (void)signal(SIGABRT, SIG_DFL);
        (void)close(STDERR_FILENO);
        if (ph_vault_new(&vault, 2, NULL) == PH_OK)
            wrong(vault);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void free_twice(struct ph_vault *vault)
{
    struct ph_secret *secret = ph_secret_new(vault);
    ph_secret_free(vault, secret);
    ph_secret_free(vault, secret);
}

static void free_a_stranger(struct ph_vault *vault)
{
    struct ph_secret secret;
    ph_secret_free(vault, &secret);
}

static void test_secret__aborts_on_wrong_frees(void **state)
{
    (void)state;
    assert_aborts(free_twice);
    assert_aborts(free_a_stranger);
}

static void test_secret__compares_and_wipes(void **state)
{
    (void)state;
    uint8_t a[4] = {1, 2, 3, 4};
    uint8_t b[4] = {1, 2, 3, 5};
    assert_true(ph_secret_equal(a, b, 3));
    assert_false(ph_secret_equal(a, b, 4));
    assert_true(ph_secret_equal(a, b, 0));
    static const uint8_t zero[4];
    ph_wipe(a, sizeof(a));
    assert_memory_equal(a, zero, sizeof(a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_secret__gives_each_slot_once),
        cmocka_unit_test(test_secret__is_wiped_when_freed),
        cmocka_unit_test(test_secret__refuses_sizes_that_make_no_sense),
        cmocka_unit_test(test_secret__survives_every_failed_allocation),
        cmocka_unit_test(test_secret__is_locked_and_left_out_of_dumps),
        cmocka_unit_test(test_secret__says_when_memory_cannot_be_locked),
        cmocka_unit_test(test_secret__aborts_on_wrong_frees),
        cmocka_unit_test(test_secret__compares_and_wipes),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
