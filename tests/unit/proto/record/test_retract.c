/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "proto/record/retract.h"
#include "tests/lib/test.h"

#define T0   UINT64_C(1790000000000)
#define DAYS UINT64_C(86400000)

static struct ph_retraction target(ph_ms created, uint8_t tail, ph_ms expires)
{
    struct ph_retraction t = {.expires = expires};
    for (int i = 0; i < 6; i++)
        t.id.b[i] = (uint8_t)(created >> (40 - 8 * i));
    t.id.b[31] = tail;
    return t;
}

static struct ph_buf build(const struct ph_retraction *targets, size_t n)
{
    struct ph_buf out = ph_buf(PH_BODY_MAX);
    assert_int_equal(ph_retract_build(&out, targets, n), PH_OK);
    return out;
}

static enum ph_err parse(struct ph_bytes body)
{
    static struct ph_retraction out[PH_RETRACTIONS_MAX];
    struct ph_why why = {0};
    size_t n = 99999;
    enum ph_err err = ph_retract_parse(out, PH_LEN(out), &n, body, &why);
    assert_true(err ? n == 99999 && why.code == err : n <= PH_RETRACTIONS_MAX);
    return err;
}

static void test_retract__reads_what_it_writes(void **state)
{
    (void)state;
    struct ph_retraction targets[] = {target(T0, 1, T0 + DAYS), target(T0, 2, T0 + 2),
                                      target(T0 + 1, 0, T0 + 3653 * DAYS)};
    struct ph_retraction out[3];
    size_t n;
    struct ph_buf body = build(targets, 3);
    assert_int_equal(body.n, 1 + 3 * (1 + 34 + 9));
    assert_memory_equal(body.p, "\x93\x92\xc4\x20", 4);
    assert_int_equal(ph_retract_parse(out, 3, &n, ph_buf_bytes(&body), NULL), PH_OK);
    assert_int_equal(n, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_true(ph_id_equal(&out[i].id, &targets[i].id));
        assert_true(out[i].expires == targets[i].expires);
    }
    struct ph_buf small = ph_buf(100);
    assert_int_equal(ph_buf_add(&small, ph_bytes_str("kept")), PH_OK);
    assert_int_equal(ph_retract_build(&small, targets, 3), PH_ERR_LIMIT);
    assert_int_equal(small.n, 4);
    ph_buf_done(&small);
    assert_int_equal(ph_retract_parse(out, 2, &n, ph_buf_bytes(&body), NULL), PH_ERR_LIMIT);
    ph_buf_done(&body);
}

/* The same order or range broken on both sides: @targets are written without a check. */
static void test_retract__refuses_wrong_order_and_range(void **state)
{
    (void)state;
    const ph_ms longest = PH_GRANT_LIFETIME_MAX_MS;
    const struct {
        struct ph_retraction a;
        struct ph_retraction b;
        enum ph_err err;
    } rows[] = {
        {target(T0, 1, T0 + 1), target(T0, 2, T0 + 1), PH_OK},
        {target(T0, 2, T0 + 1), target(T0, 1, T0 + 1), PH_ERR_FORMAT},
        {target(T0, 1, T0 + 1), target(T0, 1, T0 + 2), PH_ERR_FORMAT}, /* one id twice */
        {target(T0, 1, T0), target(T0, 2, T0 + 1), PH_ERR_RANGE},
        {target(T0, 1, 0), target(T0, 2, T0 + 1), PH_ERR_RANGE},
        {target(T0, 1, T0 + 1), target(T0, 2, T0 + longest), PH_OK},
        {target(T0, 1, T0 + 1), target(T0, 2, T0 + longest + 1), PH_ERR_RANGE},
        {target(T0, 1, T0 + 1), target(T0, 2, UINT64_MAX), PH_ERR_RANGE},
    };
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        const struct ph_retraction pair[] = {rows[i].a, rows[i].b};
        struct ph_buf out = ph_buf(PH_BODY_MAX);
        struct ph_buf one = ph_buf(PH_BODY_MAX);
        assert_int_equal(ph_retract_build(&out, pair, 2), rows[i].err);
        assert_true(rows[i].err == PH_OK || out.n == 0);
        ph_buf_clear(&out);
        assert_int_equal(ph_buf_add(&out, ph_bytes_str("\x92")), PH_OK);
        for (size_t k = 0; k < 2; k++) { /* each encoded as if it were good */
            struct ph_retraction good = target(T0, 1, T0 + 1);
            good.expires = ph_id_created(&good.id) + 1;
            ph_buf_clear(&one);
            assert_int_equal(ph_retract_build(&one, &good, 1), PH_OK);
            memcpy(one.p + 4, pair[k].id.b, 32);
            one.n -= 9;
            if (pair[k].expires == 0) {
                assert_int_equal(ph_buf_add(&one, ph_bytes("\0", 1)), PH_OK);
            } else {
                uint8_t number[9] = {0xcf};
                ph_put_be64(number + 1, pair[k].expires);
                assert_int_equal(ph_buf_add(&one, ph_bytes(number, 9)), PH_OK);
            }
            assert_int_equal(ph_buf_add(&out, ph_bytes(one.p + 1, one.n - 1)), PH_OK);
        }
        assert_int_equal(parse(ph_buf_bytes(&out)), rows[i].err);
        ph_buf_done(&one);
        ph_buf_done(&out);
    }
}

static void test_retract__has_one_form(void **state)
{
    (void)state;
    struct ph_retraction one = target(T0, 1, T0 + 1);
    struct ph_buf body = build(&one, 1);
    for (size_t n = 0; n < body.n; n++)
        assert_int_not_equal(parse(ph_bytes(body.p, n)), PH_OK);
    assert_int_equal(parse(ph_bytes_str("\x90")), PH_ERR_FORMAT); /* nothing retracted */
    assert_int_equal(parse(ph_bytes("\xc0", 1)), PH_ERR_FORMAT);
    assert_int_equal(parse(ph_bytes("\xdd\xff\xff\xff\xff", 5)), PH_ERR_LIMIT);
    assert_int_equal(ph_buf_add(&body, ph_bytes("", 1)), PH_OK);
    assert_int_equal(parse(ph_buf_bytes(&body)), PH_ERR_FORMAT);
    ph_buf_done(&body);
}

static void test_retract__holds_4096_targets_and_no_more(void **state)
{
    (void)state;
    struct ph_retraction *many = calloc(PH_RETRACTIONS_MAX + 1, sizeof(*many));
    struct ph_buf out = ph_buf(PH_BODY_MAX);
    assert_non_null(many);
    for (size_t i = 0; i <= PH_RETRACTIONS_MAX; i++)
        many[i] = target(T0 + i, 0, T0 + i + 1);
    assert_int_equal(ph_retract_build(&out, many, 0), PH_ERR_LIMIT);
    assert_int_equal(ph_retract_build(&out, many, PH_RETRACTIONS_MAX + 1), PH_ERR_LIMIT);
    assert_int_equal(out.n, 0);
    assert_int_equal(ph_retract_build(&out, many, PH_RETRACTIONS_MAX), PH_OK);
    assert_int_equal(parse(ph_buf_bytes(&out)), PH_OK);
    ph_put_be16(out.p + 1, PH_RETRACTIONS_MAX + 1);
    assert_int_equal(parse(ph_buf_bytes(&out)), PH_ERR_LIMIT);
    ph_buf_done(&out);
    free(many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_retract__reads_what_it_writes),
        cmocka_unit_test(test_retract__refuses_wrong_order_and_range),
        cmocka_unit_test(test_retract__has_one_form),
        cmocka_unit_test(test_retract__holds_4096_targets_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
