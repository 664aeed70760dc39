/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/tools/cli_test.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/test.h"

struct ph_session ph_test_session(struct ph_test_node *node, bool writes)
{
    struct ph_session session = {.home = node->home,
                                 .identity = node->identity,
                                 .store = node->store,
                                 .members = node->members,
                                 .writes = writes,
                                 .daemon = -1,
                                 .in = ph_buf(PH_CONTROL_MAX + 4)};
    assert_int_equal(ph_store_self(node->store, &session.self, NULL), PH_OK);
    return session;
}

void ph_test_session_done(struct ph_session *session, struct ph_test_node *node)
{
    node->store = session->store;
    ph_buf_done(&session->in);
}

char *ph_test_file(const char *dir, const char *name, const char *text)
{
    char *path = NULL;
    assert_true(asprintf(&path, "%s/%s", dir, name) > 0);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    return path;
}
