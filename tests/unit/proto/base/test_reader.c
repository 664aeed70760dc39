/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>

#include "proto/base/limits.h"
#include "proto/base/reader.h"
#include "tests/lib/fail.h"
#include "tests/lib/test.h"

/* One value as some encoder might spell it. */
struct spelling {
    uint8_t b[16];
    size_t n;
};

static struct spelling spell(uint8_t first, uint64_t v, size_t size)
{
    struct spelling s = {.n = 1 + size};
    s.b[0] = first;
    for (size_t i = 0; i < size; i++)
        s.b[1 + i] = (uint8_t)(v >> (8 * (size - 1 - i)));
    return s;
}

static struct ph_bytes bytes_of(const struct spelling *s)
{
    return ph_bytes(s->b, s->n);
}

static bool reads_as_raw(struct ph_bytes bytes)
{
    struct ph_reader r = ph_reader(bytes);
    struct ph_bytes raw = ph_read_raw(&r);
    enum ph_err err = ph_reader_end(&r, NULL);
    if (err == PH_OK)
        assert_true(ph_bytes_equal(raw, bytes));
    return err == PH_OK;
}

static struct spelling spell_double(double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof(bits));
    return spell(0xcb, bits, 8);
}

static void test_reader__takes_finite_doubles_bit_for_bit(void **state)
{
    (void)state;
    static const double values[] = {0.0, -0.0, 1.0, -1.5, 0.1, 1e308, -1e308, 5e-324};
    for (size_t i = 0; i < PH_LEN(values); i++) {
        struct spelling s = spell_double(values[i]);
        struct ph_reader r = ph_reader(bytes_of(&s));
        assert_int_equal(ph_read_peek(&r), PH_KIND_DOUBLE);
        double v = ph_read_double(&r);
        assert_int_equal(ph_reader_end(&r, NULL), PH_OK);
        assert_memory_equal(&v, &values[i], sizeof(v));
        assert_true(reads_as_raw(bytes_of(&s)));
    }
    const double refused[] = {(double)NAN, -(double)NAN, (double)INFINITY, -(double)INFINITY};
    for (size_t i = 0; i < PH_LEN(refused); i++) {
        struct spelling s = spell_double(refused[i]);
        struct ph_reader r = ph_reader(bytes_of(&s));
        assert_true(ph_read_double(&r) >= 0);
        assert_int_equal(ph_reader_end(&r, NULL), PH_ERR_FORMAT);
        assert_false(reads_as_raw(bytes_of(&s)));
    }
}

static void test_reader__refuses_text_that_is_not_utf8(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\x80",             /* continuation alone */
        "\xc0\x80",         /* NUL, overlong */
        "\xc1\xbf",         /* overlong of 7f */
        "\xe0\x80\x80",     /* overlong in three */
        "\xe0\x9f\xbf",     /* overlong of 7ff */
        "\xf0\x8f\xbf\xbf", /* overlong of ffff */
        "\xed\xa0\x80",     /* first surrogate */
        "\xed\xbf\xbf",     /* last surrogate */
        "\xf4\x90\x80\x80", /* 110000 */
        "\xf5\x80\x80\x80", /* beyond */
        "\xff",             /* never a byte of UTF-8 */
        "\xc3",             /* cut off */
        "\xe2\x82",         /* cut off */
        "\xf0\x9f\x93",     /* cut off */
        "\xc3x",            /* continuation is none */
        "ok \xe2\x28\xa1",  /* the same inside */
    };
    for (size_t i = 0; i < PH_LEN(bad); i++) {
        size_t n = strlen(bad[i]);
        struct spelling s = spell((uint8_t)(0xa0 | n), 0, 0);
        memcpy(s.b + 1, bad[i], n);
        s.n += n;
        struct ph_reader r = ph_reader(bytes_of(&s));
        assert_int_equal(ph_read_text(&r, 100).n, 0);
        assert_int_equal(ph_reader_end(&r, NULL), PH_ERR_FORMAT);
        assert_false(reads_as_raw(bytes_of(&s)));
    }
    static const uint8_t with_nul[] = {0xa3, 'a', 0, 'b'};
    assert_false(reads_as_raw(ph_bytes(with_nul, sizeof(with_nul))));
}

/* Each kind of value, and whether each way of reading takes it. */
static void test_reader__tells_kinds_apart(void **state)
{
    (void)state;
    static const struct {
        enum ph_kind kind;
        struct spelling s;
    } values[] = {
        {PH_KIND_NIL, {{0xc0}, 1}},         {PH_KIND_BOOL, {{0xc3}, 1}},
        {PH_KIND_UINT, {{5}, 1}},           {PH_KIND_INT, {{0xff}, 1}},
        {PH_KIND_DOUBLE, {{0xcb}, 9}},      {PH_KIND_TEXT, {{0xa1, 'x'}, 2}},
        {PH_KIND_BIN, {{0xc4, 1, 'x'}, 3}}, {PH_KIND_ARRAY, {{0x90}, 1}},
        {PH_KIND_MAP, {{0x80}, 1}},
    };
    for (size_t i = 0; i < PH_LEN(values); i++) {
        for (enum ph_kind as = PH_KIND_NIL; as <= PH_KIND_MAP; as++) {
            struct ph_reader r = ph_reader(bytes_of(&values[i].s));
            assert_int_equal(ph_read_peek(&r), values[i].kind);
            bool nil_taken = false;
            if (as == PH_KIND_NIL)
                nil_taken = ph_read_nil(&r);
            if (as == PH_KIND_BOOL)
                (void)ph_read_bool(&r);
            if (as == PH_KIND_UINT)
                (void)ph_read_uint(&r, UINT64_MAX);
            if (as == PH_KIND_INT)
                (void)ph_read_int(&r);
            if (as == PH_KIND_DOUBLE)
                (void)ph_read_double(&r);
            if (as == PH_KIND_TEXT)
                (void)ph_read_text(&r, 9);
            if (as == PH_KIND_BIN)
                (void)ph_read_bin(&r, 9);
            if (as == PH_KIND_ARRAY)
                (void)ph_read_array(&r, 9);
            if (as == PH_KIND_MAP)
                (void)ph_read_map(&r, 9);
            bool taken = as == PH_KIND_NIL ? nil_taken : r.err == PH_OK;
            bool uint_as_int = as == PH_KIND_INT && values[i].kind == PH_KIND_UINT;
            assert_int_equal(taken, as == values[i].kind || uint_as_int);
            if (!taken)
                assert_ptr_equal(r.p, r.start);
        }
    }
}

static void test_reader__finds_every_first_byte_either_known_or_refused(void **state)
{
    (void)state;
    for (unsigned first = 0; first <= 0xff; first++) {
        uint8_t bytes[600] = {(uint8_t)first};
        struct ph_reader r = ph_reader(ph_bytes(bytes, sizeof(bytes)));
        bool known = ph_read_peek(&r) != PH_KIND_END;
        bool ours =
            first != 0xc1 && !(first >= 0xc7 && first <= 0xca) && !(first >= 0xd4 && first <= 0xd8);
        assert_int_equal(known, ours);
        (void)ph_read_raw(&r);
        if (!ours)
            assert_int_equal(r.err, PH_ERR_FORMAT);
    }
}

static void test_reader__reads_binary_of_exact_size_or_zeroes(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0xc4, 4, 1, 2, 3, 4};
    uint8_t out[5];
    for (size_t n = 3; n <= 5; n++) {
        memset(out, 0xee, sizeof(out));
        struct ph_reader r = ph_reader(ph_bytes(bytes, sizeof(bytes)));
        ph_read_bin_exact(&r, out, n);
        if (n == 4) {
            assert_int_equal(ph_reader_end(&r, NULL), PH_OK);
            assert_memory_equal(out, bytes + 2, 4);
        } else {
            static const uint8_t zero[5];
            assert_int_equal(ph_reader_end(&r, NULL), n < 4 ? PH_ERR_LIMIT : PH_ERR_FORMAT);
            assert_memory_equal(out, zero, n);
        }
    }
}

static void test_reader__reads_arrays_of_exact_size(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x92, 0xc0, 0xc0};
    for (uint32_t n = 1; n <= 3; n++) {
        struct ph_reader r = ph_reader(ph_bytes(bytes, sizeof(bytes)));
        ph_read_array_exact(&r, n);
        assert_int_equal(ph_reader_err(&r, NULL), n == 2 ? PH_OK : PH_ERR_FORMAT);
    }
}

static void test_reader__keeps_the_first_error_and_where_it_was(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x93, 1, 0xcc, 5, 0xa1, 'x'};
    struct ph_reader r = ph_reader(ph_bytes(bytes, sizeof(bytes)));
    ph_read_array_exact(&r, 3);
    assert_int_equal(ph_read_uint(&r, 9), 1);
    assert_int_equal(ph_read_uint(&r, 9), 0); /* 5 in two bytes */
    assert_int_equal(ph_read_text(&r, 9).n, 0);
    assert_null(ph_read_text(&r, 9).p);
    assert_false(ph_read_bool(&r));
    assert_false(ph_read_nil(&r));
    assert_int_equal(ph_read_peek(&r), PH_KIND_END);
    ph_read_fail(&r, PH_ERR_MISFIT, "too late");

    struct ph_why why = {.code = PH_OK};
    assert_int_equal(ph_reader_end(&r, &why), PH_ERR_FORMAT);
    assert_int_equal(why.code, PH_ERR_FORMAT);
    assert_string_equal(why.what, "byte 2: number or length is not in its shortest form");
}

static void test_reader__lets_a_caller_refuse_by_its_own_rule(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {1, 2};
    struct ph_reader r = ph_reader(ph_bytes(bytes, sizeof(bytes)));
    (void)ph_read_uint(&r, 9);
    ph_read_fail(&r, PH_ERR_MISFIT, "one is not enough");
    assert_int_equal(ph_read_uint(&r, 9), 0);
    struct ph_why why = {.code = PH_OK};
    assert_int_equal(ph_reader_err(&r, &why), PH_ERR_MISFIT);
    assert_string_equal(why.what, "byte 1: one is not enough");
}

static void test_reader__refuses_bytes_left_over(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {1, 2};
    struct ph_reader r = ph_reader(ph_bytes(bytes, sizeof(bytes)));
    (void)ph_read_uint(&r, 9);
    assert_int_equal(ph_reader_err(&r, NULL), PH_OK);
    assert_int_equal(ph_reader_end(&r, NULL), PH_ERR_FORMAT);
    assert_int_equal(r.err_at, 1);
}

static void test_reader__finds_nothing_in_nothing(void **state)
{
    (void)state;
    struct ph_reader r = ph_reader(ph_bytes(NULL, 0));
    assert_int_equal(ph_read_peek(&r), PH_KIND_END);
    assert_int_equal(ph_reader_end(&r, NULL), PH_OK);
    assert_int_equal(ph_read_raw(&r).n, 0);
    assert_int_equal(ph_reader_end(&r, NULL), PH_ERR_TRUNCATED);
}

/* [[[…[]…]]], @depth arrays. */
static bool nested_reads(size_t depth, uint8_t open)
{
    static uint8_t bytes[20001];
    size_t n = 0;
    for (size_t i = 0; i + 1 < depth; i++) {
        bytes[n++] = open;
        if (open == 0x81)
            bytes[n++] = 0xa0;
    }
    bytes[n++] = 0x90;
    return reads_as_raw(ph_bytes(bytes, n));
}

static void test_reader__refuses_values_nested_too_deeply(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        uint8_t open = i ? 0x81 : 0x91;
        assert_true(nested_reads(PH_DEPTH_MAX - 1, open));
        assert_true(nested_reads(PH_DEPTH_MAX, open));
        assert_false(nested_reads(PH_DEPTH_MAX + 1, open));
        ph_test_fail_at(0);
        assert_false(nested_reads(10000, open));
        assert_int_equal(ph_test_allocations(), 0);
    }
    static uint8_t deep[10000];
    memset(deep, 0x91, sizeof(deep));
    struct ph_reader r = ph_reader(ph_bytes(deep, sizeof(deep)));
    (void)ph_read_raw(&r);
    assert_int_equal(ph_reader_end(&r, NULL), PH_ERR_LIMIT);
    assert_int_equal(r.err_at, PH_DEPTH_MAX);
}

static void test_reader__refuses_maps_whose_keys_are_not_text(void **state)
{
    (void)state;
    static const uint8_t good[] = {0x81, 0xa1, 'k', 0x81, 0xa1, 'k', 7};
    static const uint8_t bad[] = {0x81, 7, 0xa1, 'k'};
    static const uint8_t bad_inside[] = {0x82, 0xa1, 'k', 7, 0x90, 7};
    assert_true(reads_as_raw(ph_bytes(good, sizeof(good))));
    assert_false(reads_as_raw(ph_bytes(bad, sizeof(bad))));
    assert_false(reads_as_raw(ph_bytes(bad_inside, sizeof(bad_inside))));
}

/* A document with every kind of value; cut anywhere, it is truncated and nothing else. */
static void test_reader__refuses_every_truncation(void **state)
{
    (void)state;
    static const uint8_t whole[] = {
        0x98, 0xc0, 0xc3, 0xcd, 1,   0,    0xd1, 0xff, 0,    0xcb, 1,   2,    3,    4,    5,   6,
        7,    8,    0xa2, 'h',  'i', 0xc4, 1,    9,    0x81, 0xa1, 'k', 0x92, 0xc2, 0xd9, 32,  'a',
        'b',  'c',  'd',  'e',  'f', 'g',  'h',  'i',  'j',  'k',  'l', 'm',  'n',  'o',  'p', 'q',
        'r',  's',  't',  'u',  'v', 'w',  'x',  'y',  'z',  '0',  '1', '2',  '3',  '4',  '5'};
    assert_true(reads_as_raw(ph_bytes(whole, sizeof(whole))));
    for (size_t n = 0; n < sizeof(whole); n++) {
        uint8_t *cut = malloc(n + 1); /* exactly n would be NULL for 0 */
        assert_non_null(cut);
        memcpy(cut, whole, n);
        struct ph_reader r = ph_reader(ph_bytes(cut, n));
        (void)ph_read_raw(&r);
        assert_int_equal(ph_reader_end(&r, NULL), PH_ERR_TRUNCATED);
        free(cut);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reader__takes_finite_doubles_bit_for_bit),
        cmocka_unit_test(test_reader__refuses_text_that_is_not_utf8),
        cmocka_unit_test(test_reader__tells_kinds_apart),
        cmocka_unit_test(test_reader__finds_every_first_byte_either_known_or_refused),
        cmocka_unit_test(test_reader__reads_binary_of_exact_size_or_zeroes),
        cmocka_unit_test(test_reader__reads_arrays_of_exact_size),
        cmocka_unit_test(test_reader__keeps_the_first_error_and_where_it_was),
        cmocka_unit_test(test_reader__lets_a_caller_refuse_by_its_own_rule),
        cmocka_unit_test(test_reader__refuses_bytes_left_over),
        cmocka_unit_test(test_reader__finds_nothing_in_nothing),
        cmocka_unit_test(test_reader__refuses_values_nested_too_deeply),
        cmocka_unit_test(test_reader__refuses_maps_whose_keys_are_not_text),
        cmocka_unit_test(test_reader__refuses_every_truncation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
