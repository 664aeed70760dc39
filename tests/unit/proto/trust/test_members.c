/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "proto/trust/members.h"
#include "tests/lib/community.h"
#include "tests/lib/test.h"

static void test_members__knows_every_node_of_a_large_community(void **state)
{
    (void)state;
    struct ph_test_community *c = ph_test_community(20, "alps=IT,CH north=SE,NO,FI");
    assert_int_equal(ph_members_n_nodes(c->members), 20);
    for (size_t i = 0; i < c->n_orgs; i++) {
        struct ph_member_node node;
        assert_true(ph_members_by_sign_key(c->members, &c->orgs[i].node_key, &node));
        assert_string_equal(node.org->code.s, c->orgs[i].code.s);
        assert_true(ph_members_by_transport_key(c->members, &c->orgs[i].transport_key, &node));
        assert_string_equal(node.org->code.s, c->orgs[i].code.s);
        assert_int_equal(ph_members_key_seq(c->members, &c->orgs[i].code), 1);
    }
    ph_test_community_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members__knows_every_node_of_a_large_community),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
