/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "proto/base/random.h"
#include "proto/base/reader.h"
#include "proto/base/writer.h"
#include "tests/lib/fail.h"
#include "tests/lib/test.h"

static void test_writer__writes_what_the_reader_reads(void **state)
{
    (void)state;
    struct ph_buf buf = ph_buf(1000);
    struct ph_writer w = ph_writer(&buf);
    static const uint8_t key[4] = {1, 2, 3, 4};
    ph_write_array(&w, 9);
    ph_write_nil(&w);
    ph_write_bool(&w, true);
    ph_write_bool(&w, false);
    ph_write_uint(&w, UINT64_MAX);
    ph_write_int(&w, INT64_MIN);
    ph_write_double(&w, -0.1);
    ph_write_bin(&w, ph_bytes(key, sizeof(key)));
    ph_write_str(&w, "caf\xc3\xa9");
    ph_write_map(&w, 1);
    ph_write_text(&w, ph_bytes_str("k"));
    ph_write_raw(&w, ph_bytes("\x90", 1));
    assert_int_equal(ph_writer_end(&w), PH_OK);

    struct ph_reader r = ph_reader(ph_buf_bytes(&buf));
    ph_read_array_exact(&r, 9);
    assert_true(ph_read_nil(&r));
    assert_true(ph_read_bool(&r));
    assert_false(ph_read_bool(&r));
    assert_true(ph_read_uint(&r, UINT64_MAX) == UINT64_MAX);
    assert_true(ph_read_int(&r) == INT64_MIN);
    double want = -0.1;
    double got = ph_read_double(&r);
    assert_memory_equal(&got, &want, sizeof(got));
    uint8_t out[4];
    ph_read_bin_exact(&r, out, 4);
    assert_memory_equal(out, key, 4);
    assert_true(ph_bytes_equal(ph_read_text(&r, 5), ph_bytes_str("caf\xc3\xa9")));
    assert_int_equal(ph_read_map(&r, 1), 1);
    assert_true(ph_bytes_equal(ph_read_text(&r, 1), ph_bytes_str("k")));
    assert_int_equal(ph_read_array(&r, 0), 0);
    assert_int_equal(ph_reader_end(&r, NULL), PH_OK);
    ph_buf_done(&buf);
}

/* Around each power of two, both signs: the reader takes the shortest form only. */
static void test_writer__writes_integers_in_their_shortest_form(void **state)
{
    (void)state;
    struct ph_buf buf = ph_buf(100);
    for (unsigned bit = 0; bit < 64; bit++) {
        for (uint64_t d = 0; d < 3; d++) {
            uint64_t v = (UINT64_C(1) << bit) - 1 + d;
            struct ph_writer w = ph_writer(&buf);
            ph_buf_clear(&buf);
            ph_write_uint(&w, v);
            ph_write_int(&w, (int64_t)v);
            ph_write_int(&w, -(int64_t)(v & INT64_MAX));
            assert_int_equal(ph_writer_end(&w), PH_OK);
            struct ph_reader r = ph_reader(ph_buf_bytes(&buf));
            assert_true(ph_read_uint(&r, UINT64_MAX) == v);
            assert_true(ph_read_int(&r) == (int64_t)v);
            assert_true(ph_read_int(&r) == -(int64_t)(v & INT64_MAX));
            assert_int_equal(ph_reader_end(&r, NULL), PH_OK);
        }
    }
    ph_buf_done(&buf);
}

static void test_writer__writes_lengths_in_their_shortest_form(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 15, 16, 31, 32, 255, 256, 65535, 65536};
    static uint8_t filler[65536];
    memset(filler, 'x', sizeof(filler));
    for (size_t i = 0; i < PH_LEN(lengths); i++) {
        size_t n = lengths[i];
        struct ph_buf buf = ph_buf(400000);
        struct ph_writer w = ph_writer(&buf);
        ph_write_text(&w, ph_bytes(filler, n));
        ph_write_bin(&w, ph_bytes(filler, n));
        ph_write_array(&w, n);
        ph_write_raw(&w, ph_bytes(filler, n)); /* 'x' is the integer 120 */
        ph_write_map(&w, n);
        for (size_t j = 0; j < n; j++) {
            ph_write_str(&w, "");
            ph_write_nil(&w);
        }
        assert_int_equal(ph_writer_end(&w), PH_OK);
        struct ph_reader r = ph_reader(ph_buf_bytes(&buf));
        for (size_t j = 0; j < 4; j++)
            assert_non_null(ph_read_raw(&r).p);
        assert_int_equal(ph_reader_end(&r, NULL), PH_OK);
        ph_buf_done(&buf);
    }
}

static void test_writer__says_when_the_buffer_is_full(void **state)
{
    (void)state;
    for (size_t max = 0; max <= 6; max++) {
        struct ph_buf buf = ph_buf(max);
        struct ph_writer w = ph_writer(&buf);
        ph_write_array(&w, 1);
        ph_write_str(&w, "abc");
        assert_int_equal(ph_writer_end(&w), max < 5 ? PH_ERR_LIMIT : PH_OK);
        if (max < 5) { /* and it sticks, whatever would still fit */
            size_t n = buf.n;
            ph_write_raw(&w, ph_bytes(NULL, 0));
            ph_write_nil(&w);
            assert_int_equal(buf.n, n);
            assert_int_equal(ph_writer_end(&w), PH_ERR_LIMIT);
        }
        ph_buf_done(&buf);
    }
}

static void test_writer__says_when_memory_runs_out(void **state)
{
    (void)state;
    struct ph_buf buf = ph_buf(1000);
    struct ph_writer w = ph_writer(&buf);
    ph_test_fail_at(1);
    ph_write_uint(&w, 1);
    ph_test_fail_at(0);
    ph_write_uint(&w, 2);
    assert_int_equal(ph_writer_end(&w), PH_ERR_NOMEM);
    ph_buf_done(&buf);
}

static void test_writer__refuses_counts_past_32_bits(void **state)
{
    (void)state;
    struct ph_buf buf = ph_buf(1000);
    struct ph_writer w = ph_writer(&buf);
    ph_write_array(&w, UINT32_MAX);
    assert_int_equal(ph_writer_end(&w), PH_OK);
    ph_write_array(&w, (size_t)UINT32_MAX + 1);
    assert_int_equal(ph_writer_end(&w), PH_ERR_LIMIT);
    w = ph_writer(&buf);
    ph_write_map(&w, (size_t)UINT32_MAX + 1);
    assert_int_equal(ph_writer_end(&w), PH_ERR_LIMIT);
    w = ph_writer(&buf);
    ph_write_bin(&w, ph_bytes("", (size_t)UINT32_MAX + 1));
    assert_int_equal(ph_writer_end(&w), PH_ERR_LIMIT);
    w = ph_writer(&buf);
    ph_write_text(&w, ph_bytes("", (size_t)UINT32_MAX + 1));
    assert_int_equal(ph_writer_end(&w), PH_ERR_LIMIT);
    assert_int_equal(buf.n, 5);
    ph_buf_done(&buf);
}

static void test_writer__refuses_doubles_that_are_no_value(void **state)
{
    (void)state;
    struct ph_buf buf = ph_buf(1000);
    const double refused[] = {(double)NAN, (double)INFINITY, -(double)INFINITY};
    for (size_t i = 0; i < PH_LEN(refused); i++) {
        struct ph_writer w = ph_writer(&buf);
        ph_write_double(&w, refused[i]);
        assert_int_equal(ph_writer_end(&w), PH_ERR_RANGE);
        assert_int_equal(buf.n, 0);
    }
    ph_buf_done(&buf);
}

/* A random tree of values, at most @depth deep. */
static void write_tree(struct ph_writer *w, struct ph_random *random, unsigned depth)
{
    static const uint8_t filler[300] = {'x'};
    size_t n = ph_random_below(random, depth ? 5 : 300);
    uint64_t v = ph_random_u64(random) >> ph_random_below(random, 64);
    double d = (double)(int64_t)v / 7.0;
    switch (ph_random_below(random, depth ? 10 : 8)) {
    case 0:
        ph_write_nil(w);
        return;
    case 1:
        ph_write_bool(w, v & 1);
        return;
    case 2:
        ph_write_uint(w, v);
        return;
    case 3:
    case 4:
        ph_write_int(w, (int64_t)v * -1);
        return;
    case 5:
        ph_write_double(w, d);
        return;
    case 6:
        ph_write_bin(w, ph_bytes(filler, n));
        return;
    case 7:
        ph_write_text(w, ph_bytes(filler, n ? 1 : 0));
        return;
    case 8:
        ph_write_array(w, n);
        for (size_t i = 0; i < n; i++)
            write_tree(w, random, depth - 1);
        return;
    default:
        ph_write_map(w, n);
        for (size_t i = 0; i < n; i++) {
            ph_write_str(w, "key");
            write_tree(w, random, depth - 1);
        }
        return;
    }
}

/* Read one value and write it again. */
static void copy_tree(struct ph_writer *w, struct ph_reader *r)
{
    uint32_t n = 0;
    switch (ph_read_peek(r)) {
    case PH_KIND_END:
        ph_read_fail(r, PH_ERR_FORMAT, "no value");
        return;
    case PH_KIND_NIL:
        (void)ph_read_nil(r);
        ph_write_nil(w);
        return;
    case PH_KIND_BOOL:
        ph_write_bool(w, ph_read_bool(r));
        return;
    case PH_KIND_UINT:
        ph_write_uint(w, ph_read_uint(r, UINT64_MAX));
        return;
    case PH_KIND_INT:
        ph_write_int(w, ph_read_int(r));
        return;
    case PH_KIND_DOUBLE:
        ph_write_double(w, ph_read_double(r));
        return;
    case PH_KIND_TEXT:
        ph_write_text(w, ph_read_text(r, SIZE_MAX));
        return;
    case PH_KIND_BIN:
        ph_write_bin(w, ph_read_bin(r, SIZE_MAX));
        return;
    case PH_KIND_ARRAY:
        n = ph_read_array(r, UINT32_MAX);
        ph_write_array(w, n);
        break;
    case PH_KIND_MAP:
        n = 2 * ph_read_map(r, UINT32_MAX);
        ph_write_map(w, n / 2);
        break;
    }
    for (uint32_t i = 0; i < n && !r->err; i++)
        copy_tree(w, r);
}

static void test_writer__makes_the_same_bytes_of_what_was_read(void **state)
{
    (void)state;
    static const uint8_t seed[32] = "writer";
    struct ph_random random;
    ph_random_init(&random, seed);
    struct ph_buf first = ph_buf(1 << 20);
    struct ph_buf second = ph_buf(1 << 20);
    for (size_t i = 0; i < 500; i++) {
        ph_buf_clear(&first);
        ph_buf_clear(&second);
        struct ph_writer w = ph_writer(&first);
        write_tree(&w, &random, 5);
        assert_int_equal(ph_writer_end(&w), PH_OK);

        struct ph_reader r = ph_reader(ph_buf_bytes(&first));
        w = ph_writer(&second);
        copy_tree(&w, &r);
        assert_int_equal(ph_writer_end(&w), PH_OK);
        assert_int_equal(ph_reader_end(&r, NULL), PH_OK);
        assert_true(ph_bytes_equal(ph_buf_bytes(&first), ph_buf_bytes(&second)));
    }
    ph_buf_done(&first);
    ph_buf_done(&second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writer__writes_what_the_reader_reads),
        cmocka_unit_test(test_writer__writes_integers_in_their_shortest_form),
        cmocka_unit_test(test_writer__writes_lengths_in_their_shortest_form),
        cmocka_unit_test(test_writer__says_when_the_buffer_is_full),
        cmocka_unit_test(test_writer__says_when_memory_runs_out),
        cmocka_unit_test(test_writer__refuses_counts_past_32_bits),
        cmocka_unit_test(test_writer__refuses_doubles_that_are_no_value),
        cmocka_unit_test(test_writer__makes_the_same_bytes_of_what_was_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
