/* SPDX-License-Identifier: Apache-2.0
 *
 * Every value has one encoding: the generator below makes all others that msgpack allows, and each
 * must be refused. */
#include <stdlib.h>

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

/* Does @v survive in @size bytes, with or without a sign? */
static bool fits_unsigned(uint64_t v, size_t size)
{
    return size == 8 || v >> (8 * size) == 0;
}

static bool fits_signed(int64_t v, size_t size)
{
    int64_t top = size == 8 ? INT64_MAX : ((int64_t)1 << (8 * size - 1)) - 1;
    return v <= top && v >= -top - 1;
}

/* All spellings of an integer that msgpack allows. @negative says that @v is an int64_t below 0. */
static size_t spell_int(struct spelling out[static 10], uint64_t v, bool negative)
{
    size_t n = 0;
    if (!negative && v < 128)
        out[n++] = spell((uint8_t)v, 0, 0);
    if (negative && (int64_t)v >= -32)
        out[n++] = spell((uint8_t)v, 0, 0);
    for (unsigned i = 0; i < 4; i++) {
        size_t size = (size_t)1 << i;
        if (!negative && fits_unsigned(v, size))
            out[n++] = spell((uint8_t)(0xcc + i), v, size);
        if ((negative || v <= INT64_MAX) && fits_signed((int64_t)v, size))
            out[n++] = spell((uint8_t)(0xd0 + i), v, size);
    }
    return n;
}

static bool reads_as_uint(struct ph_bytes bytes, uint64_t *out)
{
    struct ph_reader r = ph_reader(bytes);
    *out = ph_read_uint(&r, UINT64_MAX);
    return ph_reader_end(&r, NULL) == PH_OK;
}

static bool reads_as_int(struct ph_bytes bytes, int64_t *out)
{
    struct ph_reader r = ph_reader(bytes);
    *out = ph_read_int(&r);
    return ph_reader_end(&r, NULL) == PH_OK;
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

static void test_reader_spellings__takes_one_spelling_of_each_unsigned_integer(void **state)
{
    (void)state;
    static const uint64_t values[] = {0,
                                      1,
                                      31,
                                      32,
                                      126,
                                      127,
                                      128,
                                      129,
                                      254,
                                      255,
                                      256,
                                      257,
                                      32767,
                                      32768,
                                      65534,
                                      65535,
                                      65536,
                                      65537,
                                      INT32_MAX,
                                      UINT32_MAX - 1,
                                      UINT32_MAX,
                                      UINT64_C(1) << 32,
                                      (UINT64_C(1) << 32) + 1,
                                      INT64_MAX,
                                      (uint64_t)INT64_MAX + 1,
                                      UINT64_MAX};
    for (size_t i = 0; i < PH_LEN(values); i++) {
        struct spelling all[10];
        size_t n = spell_int(all, values[i], false);
        size_t shortest = 0;
        for (size_t j = 1; j < n; j++)
            shortest = all[j].n < all[shortest].n ? j : shortest;
        for (size_t j = 0; j < n; j++) {
            uint64_t v;
            bool ok = reads_as_uint(bytes_of(&all[j]), &v);
            assert_int_equal(ok, j == shortest);
            assert_int_equal(reads_as_raw(bytes_of(&all[j])), j == shortest);
            assert_true(v == (ok ? values[i] : 0));
        }
    }
}

static void test_reader_spellings__takes_one_spelling_of_each_negative_integer(void **state)
{
    (void)state;
    static const int64_t values[] = {-1,
                                     -31,
                                     -32,
                                     -33,
                                     -127,
                                     -128,
                                     -129,
                                     -255,
                                     -256,
                                     -32767,
                                     -32768,
                                     -32769,
                                     INT32_MIN,
                                     (int64_t)INT32_MIN - 1,
                                     INT64_MIN + 1,
                                     INT64_MIN};
    for (size_t i = 0; i < PH_LEN(values); i++) {
        struct spelling all[10];
        size_t n = spell_int(all, (uint64_t)values[i], true);
        size_t shortest = 0;
        for (size_t j = 1; j < n; j++)
            shortest = all[j].n < all[shortest].n ? j : shortest;
        for (size_t j = 0; j < n; j++) {
            int64_t v;
            uint64_t u;
            bool ok = reads_as_int(bytes_of(&all[j]), &v);
            assert_int_equal(ok, j == shortest);
            assert_true(v == (ok ? values[i] : 0));
            assert_false(reads_as_uint(bytes_of(&all[j]), &u));
        }
    }
}

static void test_reader_spellings__gives_signed_integers_over_the_whole_range(void **state)
{
    (void)state;
    struct spelling s = spell(0xcf, INT64_MAX, 8);
    int64_t v;
    assert_true(reads_as_int(bytes_of(&s), &v));
    assert_true(v == INT64_MAX);

    s = spell(0xcf, (uint64_t)INT64_MAX + 1, 8);
    struct ph_reader r = ph_reader(bytes_of(&s));
    assert_true(ph_read_int(&r) == 0);
    assert_int_equal(ph_reader_end(&r, NULL), PH_ERR_RANGE);
}

static void test_reader_spellings__refuses_an_integer_past_the_callers_limit(void **state)
{
    (void)state;
    struct spelling s = spell(0xcd, 1000, 2);
    for (uint64_t max = 999; max <= 1001; max++) {
        struct ph_reader r = ph_reader(bytes_of(&s));
        uint64_t v = ph_read_uint(&r, max);
        assert_int_equal(ph_reader_end(&r, NULL), max < 1000 ? PH_ERR_RANGE : PH_OK);
        assert_int_equal(v, max < 1000 ? 0 : 1000);
    }
}

/* A head for @n of text, binary, array or map in each of its forms, followed by @n elements. */
struct family {
    enum ph_kind kind;
    uint8_t short_first; /* 0: has no short form */
    uint8_t short_max;
    uint8_t first8; /* 0: has no 8-bit form */
    uint8_t first16;
    uint8_t first32;
    uint8_t filler;
    size_t filler_n; /* bytes an element takes */
};

static const struct family families[] = {
    {PH_KIND_TEXT, 0xa0, 31, 0xd9, 0xda, 0xdb, 'x', 1},
    {PH_KIND_BIN, 0, 0, 0xc4, 0xc5, 0xc6, 0xff, 1},
    {PH_KIND_ARRAY, 0x90, 15, 0, 0xdc, 0xdd, 0xc0, 1},
    {PH_KIND_MAP, 0x80, 15, 0, 0xde, 0xdf, 0xa0, 2},
};

/* Read the value behind a head of @family, asking for at most @max; returns how many it has. */
static size_t read_family(struct ph_reader *r, const struct family *family, uint32_t max)
{
    switch (family->kind) {
    case PH_KIND_TEXT:
        return ph_read_text(r, max).n;
    case PH_KIND_BIN:
        return ph_read_bin(r, max).n;
    case PH_KIND_ARRAY:
        return ph_read_array(r, max);
    case PH_KIND_MAP:
        return ph_read_map(r, max);
    case PH_KIND_END:
    case PH_KIND_NIL:
    case PH_KIND_BOOL:
    case PH_KIND_UINT:
    case PH_KIND_INT:
    case PH_KIND_DOUBLE:
        break;
    }
    fail();
    return 0;
}

static size_t spell_head(struct spelling out[static 4], const struct family *family, size_t n)
{
    size_t count = 0;
    if (family->short_first && n <= family->short_max)
        out[count++] = spell((uint8_t)(family->short_first | n), 0, 0);
    if (family->first8 && n <= UINT8_MAX)
        out[count++] = spell(family->first8, n, 1);
    if (n <= UINT16_MAX)
        out[count++] = spell(family->first16, n, 2);
    out[count++] = spell(family->first32, n, 4);
    return count;
}

static void check_family(const struct family *family, size_t n)
{
    struct spelling heads[4];
    size_t n_heads = spell_head(heads, family, n);
    for (size_t i = 0; i < n_heads; i++) {
        size_t total = heads[i].n + n * family->filler_n;
        uint8_t *all = malloc(total);
        assert_non_null(all);
        memcpy(all, heads[i].b, heads[i].n);
        memset(all + heads[i].n, family->filler, total - heads[i].n);
        enum ph_err want = i == 0 ? PH_OK : PH_ERR_FORMAT; /* the first is the shortest */

        struct ph_reader r = ph_reader(ph_bytes(all, total));
        assert_int_equal(ph_read_peek(&r), family->kind);
        assert_int_equal(read_family(&r, family, UINT32_MAX), i == 0 ? n : 0);
        assert_int_equal(ph_reader_err(&r, NULL), want);
        assert_int_equal(reads_as_raw(ph_bytes(all, total)), i == 0);

        if (i == 0 && n > 0) { /* a limit of n - 1 refuses it, n takes it; a byte less is a lie */
            r = ph_reader(ph_bytes(all, total));
            assert_int_equal(read_family(&r, family, (uint32_t)n - 1), 0);
            assert_int_equal(ph_reader_err(&r, NULL), PH_ERR_LIMIT);
            assert_int_equal(r.err_at, 0);
            r = ph_reader(ph_bytes(all, total));
            assert_int_equal(read_family(&r, family, (uint32_t)n), n);
            r = ph_reader(ph_bytes(all, total - 1));
            assert_int_equal(read_family(&r, family, (uint32_t)n), 0);
            assert_int_equal(ph_reader_err(&r, NULL), PH_ERR_TRUNCATED);
        }
        free(all);
    }
}

static void test_reader_spellings__takes_one_spelling_of_each_length(void **state)
{
    (void)state;
    static const size_t lengths[] = {0,  1,   14,  15,  16,    17,    30,    31,   32,
                                     33, 254, 255, 256, 65534, 65535, 65536, 65537};
    for (size_t i = 0; i < PH_LEN(families); i++)
        for (size_t j = 0; j < PH_LEN(lengths); j++)
            check_family(&families[i], lengths[j]);
}

static void test_reader_spellings__refuses_bombs_of_five_bytes_without_allocating(void **state)
{
    (void)state;
    for (size_t i = 0; i < PH_LEN(families); i++) {
        for (uint32_t n = UINT32_MAX; n >= 0x10000; n /= 16) {
            struct spelling bomb = spell(families[i].first32, n, 4);
            ph_test_fail_at(0);
            struct ph_reader r = ph_reader(bytes_of(&bomb));
            assert_int_equal(read_family(&r, &families[i], 10), 0);
            assert_int_equal(ph_reader_err(&r, NULL), PH_ERR_LIMIT);

            r = ph_reader(bytes_of(&bomb));
            assert_int_equal(read_family(&r, &families[i], UINT32_MAX), 0);
            assert_int_equal(ph_reader_err(&r, NULL), PH_ERR_TRUNCATED);

            r = ph_reader(bytes_of(&bomb));
            assert_int_equal(ph_read_raw(&r).n, 0);
            assert_int_equal(ph_reader_err(&r, NULL), PH_ERR_TRUNCATED);
            assert_int_equal(ph_test_allocations(), 0);
        }
    }
}

static void test_reader_spellings__refuses_forms_that_are_not_ours(void **state)
{
    (void)state;
    /* never used; ext 8 to 32; float 32; fixext 1 to 16 */
    static const uint8_t firsts[] = {0xc1, 0xc7, 0xc8, 0xc9, 0xca, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8};
    for (size_t i = 0; i < PH_LEN(firsts); i++) {
        uint8_t bytes[32] = {firsts[i], 1, 1};
        for (size_t n = 1; n <= sizeof(bytes); n++) {
            struct ph_reader r = ph_reader(ph_bytes(bytes, n));
            assert_int_equal(ph_read_peek(&r), PH_KIND_END);
            assert_int_equal(ph_read_raw(&r).n, 0);
            assert_int_equal(ph_reader_end(&r, NULL), PH_ERR_FORMAT);
            r = ph_reader(ph_bytes(bytes, n));
            assert_true(ph_read_double(&r) >= 0);
            assert_int_equal(ph_reader_end(&r, NULL), PH_ERR_FORMAT);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reader_spellings__takes_one_spelling_of_each_unsigned_integer),
        cmocka_unit_test(test_reader_spellings__takes_one_spelling_of_each_negative_integer),
        cmocka_unit_test(test_reader_spellings__gives_signed_integers_over_the_whole_range),
        cmocka_unit_test(test_reader_spellings__refuses_an_integer_past_the_callers_limit),
        cmocka_unit_test(test_reader_spellings__takes_one_spelling_of_each_length),
        cmocka_unit_test(test_reader_spellings__refuses_bombs_of_five_bytes_without_allocating),
        cmocka_unit_test(test_reader_spellings__refuses_forms_that_are_not_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
