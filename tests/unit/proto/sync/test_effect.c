/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "proto/sync/effect.h"
#include "proto/sync/engine_priv.h"
#include "tests/lib/test.h"

static struct ph_effect close_of(ph_conn conn)
{
    return (struct ph_effect){.kind = PH_EFFECT_CLOSE, .conn = conn};
}

static void test_effect__come_out_in_the_order_they_went_in(void **state)
{
    (void)state;
    struct ph__effects effects = {.n = 0};
    struct ph_effect effect;
    ph_conn in = 0, out = 0;
    /* Two in, one out: the ring grows while its start wanders. */
    for (int i = 0; i < 1000; i++) {
        for (int k = 0; k < 2; k++) {
            effect = close_of(++in);
            assert_int_equal(ph__effects_push(&effects, &effect), PH_OK);
        }
        assert_true(ph__effects_pop(&effects, &effect));
        assert_int_equal(effect.conn, ++out);
    }
    while (ph__effects_pop(&effects, &effect))
        assert_int_equal(effect.conn, ++out);
    assert_int_equal(out, in);
    ph__effects_done(&effects);
}

static void test_effect__the_queue_ends_at_its_limit(void **state)
{
    (void)state;
    struct ph__effects effects = {.n = 0};
    struct ph_effect effect = close_of(1);
    for (int i = 0; i < PH__EFFECTS_MAX; i++)
        assert_int_equal(ph__effects_push(&effects, &effect), PH_OK);
    assert_int_equal(ph__effects_push(&effects, &effect), PH_ERR_LIMIT);
    assert_true(ph__effects_pop(&effects, &effect));
    assert_int_equal(ph__effects_push(&effects, &effect), PH_OK);
    ph__effects_done(&effects);
}

static void test_effect__news_never_crowds_out_work(void **state)
{
    (void)state;
    struct ph__effects effects = {.n = 0};
    struct ph_effect news = {.kind = PH_EFFECT_EVENT}, work = close_of(1);
    for (int i = 0; i < PH__EVENTS_MAX; i++)
        assert_int_equal(ph__effects_push(&effects, &news), PH_OK);
    assert_int_equal(ph__effects_push(&effects, &news), PH_ERR_LIMIT);
    assert_int_equal(ph__effects_push(&effects, &work), PH_OK);
    assert_true(ph__effects_pop(&effects, &news));
    assert_int_equal(ph__effects_push(&effects, &news), PH_OK);
    ph__effects_done(&effects);
}

/* Whatever a host drops is freed with it; the sanitizer looks for the rest. */
static void test_effect__each_kind_frees_what_it_owns(void **state)
{
    (void)state;
    struct ph_effect send = {.kind = PH_EFFECT_SEND, .send = ph_buf(16)};
    assert_int_equal(ph_buf_add(&send.send, ph_bytes_str("bytes")), PH_OK);
    ph_effect_done(&send);
    assert_null(send.send.p);

    struct ph_effect trust = {.kind = PH_EFFECT_TRUST};
    trust.trust.rosters = calloc(1, sizeof(struct ph_buf));
    trust.trust.cards = calloc(1, sizeof(struct ph_buf));
    trust.trust.n_rosters = trust.trust.n_cards = 1;
    trust.trust.rosters[0] = trust.trust.cards[0] = ph_buf(16);
    assert_int_equal(ph_buf_add(&trust.trust.rosters[0], ph_bytes_str("roster")), PH_OK);
    assert_int_equal(ph_buf_add(&trust.trust.cards[0], ph_bytes_str("card")), PH_OK);
    ph_effect_done(&trust);
    assert_null(trust.trust.rosters);

    struct ph_effect verify = {.kind = PH_EFFECT_VERIFY,
                               .batch = calloc(1, sizeof(struct ph_batch))};
    ph_effect_done(&verify);
    assert_null(verify.batch);
    ph_batch_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_effect__come_out_in_the_order_they_went_in),
        cmocka_unit_test(test_effect__the_queue_ends_at_its_limit),
        cmocka_unit_test(test_effect__news_never_crowds_out_work),
        cmocka_unit_test(test_effect__each_kind_frees_what_it_owns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
