/* SPDX-License-Identifier: Apache-2.0
 *
 * Our mistakes crash, theirs do not. PH_ASSERT stays on in release builds. On paths that a peer's
 * bytes feed, use `if (PH_NEVER(x)) return ph_fail(…INTERNAL…)`, which aborts in debug builds only,
 * so that no peer can stop a node with a bug of ours. */
#ifndef PH_BASE_ASSERT_H
#define PH_BASE_ASSERT_H

#include "proto/base/base.h"

/** Prints where and aborts. Never returns. A host that wants other last words defines this function
 * itself: the one here is weak. */
_Noreturn void ph_assert_fail(const char *expr, const char *file, int line);

#define PH_ASSERT(x) ((x) ? (void)0 : ph_assert_fail(#x, __FILE__, __LINE__))

/* Version 14 of clang-format tears "#x" apart inside a conditional. */
/* clang-format off */
#ifdef PH_DEBUG
#    define PH_NEVER(x) ((x) ? (ph_assert_fail("never: " #x, __FILE__, __LINE__), true) : false)
#else
#    define PH_NEVER(x) (__builtin_expect(!!(x), 0))
#endif
/* clang-format on */

#endif
