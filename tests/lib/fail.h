/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes the n-th allocation fail, and counts them: link posthorn_test_fail, which wraps malloc,
 * calloc and realloc as the code under test calls them (those inside shared libraries are not
 * seen).
 *
 *     for (size_t n = 1; err == PH_ERR_NOMEM || n == 1; n++) {
 *         ph_test_fail_at(n);
 *         err = thing_under_test();
 *         ph_test_fail_at(0);
 *     } */
#ifndef PH_TESTS_LIB_FAIL_H
#define PH_TESTS_LIB_FAIL_H

#include <stddef.h>

/** Let the @n-th allocation from now on fail, once; 0 lets all succeed. Restarts the count. */
void ph_test_fail_at(size_t n);
/** Allocations asked for since ph_test_fail_at() was called last. */
size_t ph_test_allocations(void);

#endif
