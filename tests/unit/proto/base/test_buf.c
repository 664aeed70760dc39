/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/buf.h"
#include "tests/lib/fail.h"
#include "tests/lib/test.h"

static void test_buf__allocates_nothing_at_birth(void **state)
{
    (void)state;
    ph_test_fail_at(0);
    struct ph_buf buf = ph_buf(100);
    assert_int_equal(ph_buf_add(&buf, ph_bytes(NULL, 0)), PH_OK);
    assert_int_equal(ph_test_allocations(), 0);
    assert_null(buf.p);
    ph_buf_done(&buf);
}

static void test_buf__takes_up_to_its_maximum_and_no_more(void **state)
{
    (void)state;
    static const size_t maxima[] = {0, 1, 63, 64, 65, 100, 1000, 4096};
    static uint8_t bytes[5000];
    for (size_t i = 0; i < PH_LEN(maxima); i++) {
        size_t max = maxima[i];
        for (size_t n = max ? max - 1 : 0; n <= max + 1; n++) {
            struct ph_buf buf = ph_buf(max);
            ph_test_fail_at(0);
            enum ph_err err = ph_buf_add(&buf, ph_bytes(bytes, n));
            assert_int_equal(err, n <= max ? PH_OK : PH_ERR_LIMIT);
            assert_int_equal(buf.n, n <= max ? n : 0);
            assert_true(buf.cap <= max);
            if (err)
                assert_int_equal(ph_test_allocations(), 0);
            ph_buf_done(&buf);
        }
    }
}

static void test_buf__refuses_sizes_that_would_wrap(void **state)
{
    (void)state;
    struct ph_buf buf = ph_buf(100);
    uint8_t *out = NULL;
    assert_int_equal(ph_buf_add(&buf, ph_bytes_str("abc")), PH_OK);
    assert_int_equal(ph_buf_reserve(&buf, SIZE_MAX), PH_ERR_LIMIT);
    assert_int_equal(ph_buf_reserve(&buf, SIZE_MAX - 2), PH_ERR_LIMIT);
    assert_int_equal(ph_buf_extend(&buf, 98, &out), PH_ERR_LIMIT);
    assert_null(out);
    assert_int_equal(buf.n, 3);
    ph_buf_done(&buf);
}

static void test_buf__grows_byte_by_byte_with_few_allocations(void **state)
{
    (void)state;
    struct ph_buf buf = ph_buf(100000);
    ph_test_fail_at(0);
    for (size_t i = 0; i < 100000; i++) {
        uint8_t b = (uint8_t)(i * 7);
        assert_int_equal(ph_buf_add(&buf, ph_bytes(&b, 1)), PH_OK);
    }
    assert_true(ph_test_allocations() < 16);
    for (size_t i = 0; i < buf.n; i++)
        assert_int_equal(buf.p[i], (uint8_t)(i * 7));
    ph_buf_done(&buf);
}

static void test_buf__is_untouched_when_memory_runs_out(void **state)
{
    (void)state;
    struct ph_buf buf = ph_buf(1000);
    uint8_t *out = NULL;
    assert_int_equal(ph_buf_add(&buf, ph_bytes_str("abc")), PH_OK);
    uint8_t *before = buf.p;
    static const uint8_t zeros[500];

    ph_test_fail_at(1);
    assert_int_equal(ph_buf_add(&buf, ph_bytes(zeros, sizeof(zeros))), PH_ERR_NOMEM);
    ph_test_fail_at(1);
    assert_int_equal(ph_buf_extend(&buf, 500, &out), PH_ERR_NOMEM);
    for (size_t n = 1; n <= 2; n++) {
        ph_test_fail_at(n);
        assert_int_equal(ph_buf_printf(&buf, "%0500d", 1), PH_ERR_NOMEM);
    }
    ph_test_fail_at(0);
    assert_null(out);
    assert_ptr_equal(buf.p, before);
    assert_true(ph_bytes_equal(ph_buf_bytes(&buf), ph_bytes_str("abc")));
    ph_buf_done(&buf);
}

static void test_buf__prints_without_its_nul(void **state)
{
    (void)state;
    struct ph_buf buf = ph_buf(5);
    assert_int_equal(ph_buf_printf(&buf, "%s", ""), PH_OK);
    assert_int_equal(ph_buf_printf(&buf, "%d-%s", 12, "ab"), PH_OK);
    assert_true(ph_bytes_equal(ph_buf_bytes(&buf), ph_bytes_str("12-ab")));
    assert_int_equal(ph_buf_printf(&buf, "x"), PH_ERR_LIMIT);
    assert_int_equal(buf.n, 5);
    ph_buf_done(&buf);
}

static void test_buf__drops_from_the_front(void **state)
{
    (void)state;
    struct ph_buf buf = ph_buf(100);
    ph_buf_drop(&buf, 0);
    assert_int_equal(ph_buf_add(&buf, ph_bytes_str("abcdef")), PH_OK);
    ph_buf_drop(&buf, 0);
    ph_buf_drop(&buf, 2);
    assert_true(ph_bytes_equal(ph_buf_bytes(&buf), ph_bytes_str("cdef")));
    ph_buf_drop(&buf, 4);
    assert_int_equal(buf.n, 0);
    ph_buf_done(&buf);
}

static void test_buf__gives_room_to_write_in(void **state)
{
    (void)state;
    struct ph_buf buf = ph_buf(100);
    uint8_t *out;
    assert_int_equal(ph_buf_add(&buf, ph_bytes_str("ab")), PH_OK);
    assert_int_equal(ph_buf_extend(&buf, 3, &out), PH_OK);
    memcpy(out, "cde", 3);
    assert_true(ph_bytes_equal(ph_buf_bytes(&buf), ph_bytes_str("abcde")));
    ph_buf_clear(&buf);
    assert_int_equal(buf.n, 0);
    assert_true(buf.cap >= 5);
    ph_buf_done(&buf);
}

static void test_buf__frees_twice_and_lives_on(void **state)
{
    (void)state;
    struct ph_buf zeroed = {.n = 0};
    ph_buf_done(&zeroed);
    ph_buf_wipe(&zeroed);
    assert_int_equal(ph_buf_add(&zeroed, ph_bytes_str("a")), PH_ERR_LIMIT);

    struct ph_buf buf = ph_buf(10);
    assert_int_equal(ph_buf_add(&buf, ph_bytes_str("secret")), PH_OK);
    ph_buf_wipe(&buf);
    ph_buf_done(&buf);
    assert_int_equal(buf.max, 10);
    assert_int_equal(ph_buf_add(&buf, ph_bytes_str("again")), PH_OK);
    ph_buf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buf__allocates_nothing_at_birth),
        cmocka_unit_test(test_buf__takes_up_to_its_maximum_and_no_more),
        cmocka_unit_test(test_buf__refuses_sizes_that_would_wrap),
        cmocka_unit_test(test_buf__grows_byte_by_byte_with_few_allocations),
        cmocka_unit_test(test_buf__is_untouched_when_memory_runs_out),
        cmocka_unit_test(test_buf__prints_without_its_nul),
        cmocka_unit_test(test_buf__drops_from_the_front),
        cmocka_unit_test(test_buf__gives_room_to_write_in),
        cmocka_unit_test(test_buf__frees_twice_and_lives_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
