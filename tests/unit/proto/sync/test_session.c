/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/sync/session.h"
#include "tests/lib/test.h"

static struct ph_id id_of(uint32_t n)
{
    struct ph_id id = {{0}};
    ph_put_be32(id.b, n);
    return id;
}

/* Every edge of the table and no other; a wrong one aborts, so only the right ones are walked here.
 */
static void test_session__moves_along_its_edges(void **state)
{
    (void)state;
    static const enum ph__state caller[] = {PH__HELLO, PH__TRUST, PH__LIVE,
                                            PH__TRUST, PH__LIVE,  PH__CLOSING};
    static const enum ph__state called[] = {PH__PROVING, PH__HELLO, PH__LIVE, PH__CLOSING};
    struct ph__session s = {.state = PH__GREETING};
    assert_true(ph__session_is_half_open(&s));
    for (size_t i = 0; i < PH_LEN(caller); i++)
        ph__session_move(&s, caller[i]);
    assert_int_equal(s.state, PH__CLOSING);
    s.state = PH__GREETING;
    for (size_t i = 0; i < PH_LEN(called); i++) {
        ph__session_move(&s, called[i]);
        assert_int_equal(ph__session_is_half_open(&s), called[i] == PH__PROVING);
        assert_int_equal(ph__session_is_up(&s), called[i] == PH__HELLO || called[i] == PH__LIVE);
    }
    assert_string_equal(ph__state_name(PH__LIVE), "live");
}

static void test_session__lists_of_ids_keep_order_and_limit(void **state)
{
    (void)state;
    struct ph__ids ids = ph__ids(100);
    uint32_t in = 0, out = 0;
    assert_int_equal(ph__ids_front(&ids, 10).n, 0);
    for (int round = 0; round < 50; round++) {
        for (int k = 0; k < 7; k++) {
            struct ph_id id = id_of(in);
            enum ph_err err = ph__ids_add(&ids, &id);
            assert_int_equal(err, ids.n == 100 && in - out == 100 ? PH_ERR_LIMIT : PH_OK);
            in += err == PH_OK;
        }
        struct ph_ids front = ph__ids_front(&ids, 5);
        assert_int_equal(front.n, 5);
        for (size_t k = 0; k < front.n; k++) {
            struct ph_id expected = id_of(out + (uint32_t)k);
            assert_true(ph_id_equal(&front.ids[k], &expected));
        }
        ph__ids_drop(&ids, 5);
        out += 5;
    }
    assert_int_equal(ids.n, in - out);
    ph__ids_done(&ids);
}

static void test_session__a_full_list_takes_no_more(void **state)
{
    (void)state;
    struct ph__ids ids = ph__ids(3);
    struct ph_id id = id_of(1);
    for (int i = 0; i < 3; i++)
        assert_int_equal(ph__ids_add(&ids, &id), PH_OK);
    assert_int_equal(ph__ids_add(&ids, &id), PH_ERR_LIMIT);
    ph__ids_drop(&ids, 1);
    assert_int_equal(ph__ids_add(&ids, &id), PH_OK);
    ph__ids_done(&ids);
    assert_int_equal(ids.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_session__moves_along_its_edges),
        cmocka_unit_test(test_session__lists_of_ids_keep_order_and_limit),
        cmocka_unit_test(test_session__a_full_list_takes_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
