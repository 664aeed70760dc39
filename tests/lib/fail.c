/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/fail.h"

#include <stdbool.h>

static size_t fail_at;
static size_t count;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

void ph_test_fail_at(size_t n)
{
    fail_at = n;
    count = 0;
}

size_t ph_test_allocations(void)
{
    return count;
}

static bool fails_now(void)
{
    count++;
    return count == fail_at;
}

void *__wrap_malloc(size_t n)
{
    return fails_now() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails_now() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    return fails_now() ? NULL : __real_realloc(p, n);
}
