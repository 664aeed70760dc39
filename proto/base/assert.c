/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/assert.h"

#include <assert.h>

/* The C library's own last words: this folder has no stream to print to. Weak, so that a host that
 * wants other ones (a simulator its seed, a daemon a log line) defines this function itself; a hook
 * in a variable would be the one writable global of proto/. */
__attribute__((weak)) _Noreturn void ph_assert_fail(const char *expr, const char *file, int line)
{
    __assert_fail(expr, file, (unsigned)line, "ph_assert_fail");
}
