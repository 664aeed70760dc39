/* SPDX-License-Identifier: Apache-2.0
 *
 * What a command has in its hands, without the command: a session on the store of a test node. */
#ifndef PH_TESTS_CLI_TEST_H
#define PH_TESTS_CLI_TEST_H

#include "tests/unit/store/store_test.h"
#include "tools/cli/session.h"

/** A session without a daemon. It borrows everything from @node and is not closed; its store
 * pointer may be replaced, so give it back with ph_test_session_done(). */
struct ph_session ph_test_session(struct ph_test_node *node, bool writes);
void ph_test_session_done(struct ph_session *session, struct ph_test_node *node);

/** Write @text to @name in @dir; the path, freed by the caller. */
char *ph_test_file(const char *dir, const char *name, const char *text);

#endif
