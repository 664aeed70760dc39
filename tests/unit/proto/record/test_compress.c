/* SPDX-License-Identifier: Apache-2.0
 *
 * Hostile frames are written by hand here, from RFC 8878, so that they are what no encoder makes.
 */
#include <stdlib.h>

#include "proto/base/limits.h"
#include "proto/record/compress.h"
#include "tests/lib/fail.h"
#include "tests/lib/test.h"

/* A frame under construction. */
struct frame {
    uint8_t b[4096];
    size_t n;
};

static void add(struct frame *f, const void *bytes, size_t n)
{
    assert_true(f->n + n <= sizeof(f->b));
    memcpy(f->b + f->n, bytes, n);
    f->n += n;
}

static void add_number(struct frame *f, uint64_t v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t byte = (uint8_t)(v >> (8 * i));
        add(f, &byte, 1);
    }
}

/* Magic, single segment, content size in 8 bytes. */
static struct frame begin(uint64_t content)
{
    struct frame f = {.n = 0};
    add(&f, "\x28\xb5\x2f\xfd\xe0", 5);
    add_number(&f, content, 8);
    return f;
}

enum {
    RAW = 0,
    RLE = 1
};

static void add_block(struct frame *f, unsigned type, size_t size, bool is_last)
{
    add_number(f, (uint64_t)size << 3 | type << 1 | (is_last ? 1 : 0), 3);
}

static void add_raw(struct frame *f, const char *text, bool is_last)
{
    add_block(f, RAW, strlen(text), is_last);
    add(f, text, strlen(text));
}

static struct ph_bytes bytes(const struct frame *f)
{
    return ph_bytes(f->b, f->n);
}

/* Opens with a context of its own, from memory that ends where the frame does; on failure nothing
 * may have changed. */
static enum ph_err open_frame(struct ph_buf *out, const struct frame *f, uint32_t plain_size)
{
    struct ph_zstd zstd = {0};
    struct ph_why why = {0};
    size_t before = out->n;
    size_t max = out->max;
    uint8_t *copy = malloc(f->n + 1);
    assert_non_null(copy);
    memcpy(copy + 1, f->b, f->n);
    enum ph_err err = ph_decompress(out, &zstd, ph_bytes(copy + 1, f->n), plain_size, &why);
    free(copy);
    assert_true(out->max == max);
    if (err) {
        assert_int_equal(out->n, before);
        assert_true(why.code == err && why.what[0] != '\0');
    }
    ph_zstd_done(&zstd);
    return err;
}

static enum ph_err refused(const struct frame *f, uint32_t plain_size)
{
    struct ph_buf out = ph_buf(PH_PLAIN_MAX);
    enum ph_err err = open_frame(&out, f, plain_size);
    ph_buf_done(&out);
    return err;
}

static void test_compress__takes_a_frame_written_by_hand(void **state)
{
    (void)state;
    struct frame f = begin(11);
    struct ph_buf out = ph_buf(11);
    add_raw(&f, "hello ", false);
    add_raw(&f, "world", true);
    assert_int_equal(open_frame(&out, &f, 11), PH_OK);
    assert_memory_equal(out.p, "hello world", 11);
    assert_int_equal(out.cap, 11); /* memory of exactly the declared size */
    ph_buf_done(&out);
}

static void test_compress__appends(void **state)
{
    (void)state;
    struct frame f = begin(5);
    struct ph_buf out = ph_buf(11);
    add_raw(&f, "world", true);
    assert_int_equal(ph_buf_add(&out, ph_bytes_str("hello ")), PH_OK);
    assert_int_equal(open_frame(&out, &f, 5), PH_OK);
    assert_true(ph_bytes_equal(ph_buf_bytes(&out), ph_bytes_str("hello world")));
    assert_int_equal(open_frame(&out, &f, 5), PH_ERR_LIMIT);
    ph_buf_done(&out);
}

static void test_compress__gives_back_what_it_took(void **state)
{
    (void)state;
    static const size_t sizes[] = {0,     1,      2,      200,       255,         256,
                                   257,   65535,  65536,  65537,     65791,       65792,
                                   65793, 131072, 131073, PH_MIB(1), PH_PLAIN_MAX};
    struct ph_zstd zstd = {0};
    uint8_t *plain = malloc(PH_PLAIN_MAX);
    assert_non_null(plain);
    for (size_t i = 0; i < PH_PLAIN_MAX; i++)
        plain[i] = (uint8_t)("0123456789abcdef"[(i * i >> 7) & 15]);
    for (size_t i = 0; i < PH_LEN(sizes); i++) {
        struct ph_buf frame = ph_buf(2 * PH_PLAIN_MAX);
        struct ph_buf out = ph_buf(PH_PLAIN_MAX);
        assert_int_equal(ph_compress(&frame, &zstd, ph_bytes(plain, sizes[i])), PH_OK);
        assert_int_equal(ph_decompress(&out, &zstd, ph_buf_bytes(&frame), (uint32_t)sizes[i], NULL),
                         PH_OK);
        assert_true(ph_bytes_equal(ph_buf_bytes(&out), ph_bytes(plain, sizes[i])));
        ph_buf_done(&out);
        ph_buf_done(&frame);
    }
    free(plain);
    ph_zstd_done(&zstd);
}

/* An honest author's body that compresses too well must still be taken by every reader, ours and
 * any other zstd. */
static void test_compress__keeps_what_compresses_too_well_within_the_ratio(void **state)
{
    (void)state;
    static const size_t sizes[] = {3000, 4000, 100000, PH_PLAIN_MAX};
    struct ph_zstd zstd = {0};
    uint8_t *zeros = calloc(2, PH_PLAIN_MAX);
    assert_non_null(zeros);
    for (size_t i = 0; i < PH_LEN(sizes); i++) {
        size_t n = sizes[i];
        struct ph_buf frame = ph_buf(PH_BODY_MAX);
        struct ph_buf out = ph_buf(PH_PLAIN_MAX);
        assert_int_equal(ph_buf_add(&frame, ph_bytes_str("before")), PH_OK);
        assert_int_equal(ph_compress(&frame, &zstd, ph_bytes(zeros, n)), PH_OK);
        struct ph_bytes made = ph_bytes(frame.p + 6, frame.n - 6);
        assert_true(n <= made.n * PH_ZSTD_RATIO_MAX);
        assert_true(made.n <= n / PH_ZSTD_RATIO_MAX + 40);
        assert_int_equal(ph_decompress(&out, &zstd, made, (uint32_t)n, NULL), PH_OK);
        assert_true(ph_bytes_equal(ph_buf_bytes(&out), ph_bytes(zeros, n)));
        /* libzstd's plain interface agrees. */
        memset(zeros + PH_PLAIN_MAX, 1, n);
        assert_int_equal(ZSTD_decompress(zeros + PH_PLAIN_MAX, n, made.p, made.n), n);
        assert_memory_equal(zeros + PH_PLAIN_MAX, zeros, n);
        ph_buf_done(&out);
        ph_buf_done(&frame);
    }
    free(zeros);
    ph_zstd_done(&zstd);
}

/* At every length around which one more byte is needed. */
static void test_compress__keeps_the_ratio_to_the_byte(void **state)
{
    (void)state;
    static const uint8_t zeros[30000];
    struct ph_zstd zstd = {0};
    for (size_t n = 20 * PH_ZSTD_RATIO_MAX; n < sizeof(zeros); n += PH_ZSTD_RATIO_MAX / 2 - 1) {
        for (size_t m = n - n % PH_ZSTD_RATIO_MAX; m <= n - n % PH_ZSTD_RATIO_MAX + 1; m++) {
            struct ph_buf frame = ph_buf(PH_BODY_MAX);
            assert_int_equal(ph_compress(&frame, &zstd, ph_bytes(zeros, m)), PH_OK);
            assert_true(m <= frame.n * PH_ZSTD_RATIO_MAX);
            ph_buf_done(&frame);
        }
    }
    ph_zstd_done(&zstd);
}

static void test_compress__does_not_lengthen_past_a_maximum(void **state)
{
    (void)state;
    static const uint8_t zeros[PH_MIB(1)];
    struct ph_zstd zstd = {0};
    struct ph_buf out = ph_buf(2000); /* compressed it would fit, lengthened not */
    assert_int_equal(ph_buf_add(&out, ph_bytes_str("kept")), PH_OK);
    assert_int_equal(ph_compress(&out, &zstd, ph_bytes(zeros, sizeof(zeros))), PH_ERR_LIMIT);
    assert_int_equal(out.n, 4);
    ph_buf_done(&out);
    ph_zstd_done(&zstd);
}

static void test_compress__does_not_write_past_a_maximum(void **state)
{
    (void)state;
    struct ph_zstd zstd = {0};
    uint8_t noise[1000];
    for (size_t i = 0; i < sizeof(noise); i++)
        noise[i] = (uint8_t)(i * i * 2654435761u >> 13);
    struct ph_buf out = ph_buf(500);
    assert_int_equal(ph_buf_add(&out, ph_bytes_str("kept")), PH_OK);
    assert_int_equal(ph_compress(&out, &zstd, ph_bytes(noise, sizeof(noise))), PH_ERR_LIMIT);
    assert_int_equal(out.n, 4);
    assert_memory_equal(out.p, "kept", 4);
    ph_buf_done(&out);
    ph_zstd_done(&zstd);
}

/* R14: 4 MiB out of 141 bytes. */
static void test_compress__refuses_a_bomb_before_it_takes_memory(void **state)
{
    (void)state;
    struct frame f = begin(PH_PLAIN_MAX);
    for (unsigned i = 0; i < 32; i++) {
        add_block(&f, RLE, PH_KIB(128), i == 31);
        add(&f, "\0", 1);
    }
    struct ph_buf out = ph_buf(PH_PLAIN_MAX);
    struct ph_zstd zstd = {0};
    ph_test_fail_at(0);
    assert_int_equal(ph_decompress(&out, &zstd, bytes(&f), PH_PLAIN_MAX, NULL), PH_ERR_LIMIT);
    assert_int_equal(ph_test_allocations(), 0);
    assert_null(out.p);
    ph_zstd_done(&zstd);
}

static void test_compress__holds_the_ratio_to_the_byte(void **state)
{
    (void)state;
    /* 13 bytes of header, then blocks: 13 + 4 + 3 * empty. */
    for (int extra = -1; extra <= 1; extra++) {
        uint32_t plain = (uint32_t)((13 + 4 + 3) * PH_ZSTD_RATIO_MAX + extra);
        struct frame f = begin(plain);
        struct ph_buf out = ph_buf(PH_PLAIN_MAX);
        add_block(&f, RAW, 0, false);
        add_block(&f, RLE, plain, true);
        add(&f, "z", 1);
        assert_int_equal(open_frame(&out, &f, plain), extra > 0 ? PH_ERR_LIMIT : PH_OK);
        ph_buf_done(&out);
    }
}

/* A frame that holds more, or less, than it and the body say. */
static void test_compress__refuses_lies_about_the_size(void **state)
{
    (void)state;
    struct frame f = begin(11);
    add_raw(&f, "hello world", true);
    assert_int_equal(refused(&f, 10), PH_ERR_FORMAT);
    assert_int_equal(refused(&f, 12), PH_ERR_FORMAT);
    assert_int_equal(refused(&f, 0), PH_ERR_FORMAT);
    struct frame more = begin(10);
    add_raw(&more, "hello world", true);
    assert_int_equal(refused(&more, 10), PH_ERR_FORMAT);
    struct frame fewer = begin(12);
    add_raw(&fewer, "hello world", true);
    assert_int_equal(refused(&fewer, 12), PH_ERR_FORMAT);
    struct frame huge = begin(UINT64_C(4) << 30);
    add_raw(&huge, "hello world", true);
    assert_int_equal(refused(&huge, 0), PH_ERR_FORMAT); /* 2^32 is 0 in 32 bits */
    assert_int_equal(refused(&huge, UINT32_MAX), PH_ERR_FORMAT);
    struct frame endless = begin(UINT64_MAX);
    add_raw(&endless, "hello world", true);
    assert_int_equal(refused(&endless, UINT32_MAX), PH_ERR_FORMAT);
    struct frame unsaid = {.n = 0}; /* no content size at all */
    add(&unsaid, "\x28\xb5\x2f\xfd\x00\x00", 6);
    add_raw(&unsaid, "hello world", true);
    assert_int_equal(refused(&unsaid, 11), PH_ERR_FORMAT);
}

/* The window of a frame that is no single segment: exponent and mantissa in one byte. */
static struct frame windowed(uint8_t window, uint32_t content)
{
    struct frame f = {.n = 0};
    add(&f, "\x28\xb5\x2f\xfd\x80", 5);
    add(&f, &window, 1);
    add_number(&f, content, 4);
    return f;
}

static void test_compress__bounds_the_window_by_the_content(void **state)
{
    (void)state;
    static char text[1300];
    memset(text, 'w', sizeof(text) - 1);
    struct frame fits = windowed(0x00, 1024); /* 1 KiB */
    text[1024] = '\0';
    add_raw(&fits, text, true);
    assert_int_equal(refused(&fits, 1024), PH_OK);
    struct frame over = windowed(0x01, 1024); /* 1 KiB and an eighth */
    add_raw(&over, text, true);
    assert_int_equal(refused(&over, 1024), PH_ERR_LIMIT);
    struct frame larger = windowed(0x01, 1152);
    text[1024] = 'w';
    text[1152] = '\0';
    add_raw(&larger, text, true);
    assert_int_equal(refused(&larger, 1152), PH_OK);
    struct frame huge = windowed(0xa8, 1152); /* 2 GiB */
    add_raw(&huge, text, true);
    assert_int_equal(refused(&huge, 1152), PH_ERR_LIMIT);
    struct frame largest = windowed(0xff, 1152); /* 3.75 TiB */
    add_raw(&largest, text, true);
    assert_int_equal(refused(&largest, 1152), PH_ERR_LIMIT);
}

static void test_compress__wants_exactly_one_frame(void **state)
{
    (void)state;
    struct frame one = begin(11);
    add_raw(&one, "hello world", true);

    struct frame twice = one;
    add(&twice, one.b, one.n);
    assert_int_equal(refused(&twice, 11), PH_ERR_FORMAT);
    assert_int_equal(refused(&twice, 22), PH_ERR_FORMAT);

    struct frame skippable_after = one;
    add(&skippable_after, "\x50\x2a\x4d\x18\x01\0\0\0x", 9);
    assert_int_equal(refused(&skippable_after, 11), PH_ERR_FORMAT);

    struct frame skippable_before = {.n = 0};
    add(&skippable_before, "\x50\x2a\x4d\x18\x01\0\0\0x", 9);
    add(&skippable_before, one.b, one.n);
    assert_int_equal(refused(&skippable_before, 11), PH_ERR_FORMAT);

    struct frame trailing = one;
    add(&trailing, "\0", 1);
    assert_int_equal(refused(&trailing, 11), PH_ERR_FORMAT);

    struct frame empty = {.n = 0};
    assert_int_equal(refused(&empty, 0), PH_ERR_FORMAT);
    struct frame unended = begin(11);
    add_raw(&unended, "hello world", false);
    assert_int_equal(refused(&unended, 11), PH_ERR_FORMAT);

    for (size_t n = 0; n < one.n; n++) {
        struct frame cut = one;
        cut.n = n;
        assert_int_equal(refused(&cut, 11), PH_ERR_FORMAT);
    }
}

static void test_compress__refuses_dictionaries_and_unknown_bits(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 5; bit++) {
        struct frame f = begin(11);
        f.b[4] |= (uint8_t)(1u << bit);
        add_raw(&f, "hello world", true);
        if (bit == 2) /* a checksum: RFC 8878's, four bytes that libzstd checks */
            add(&f, "\0\0\0\0", 4);
        assert_int_equal(refused(&f, 11), PH_ERR_FORMAT);
    }
    struct frame dictionary = {.n = 0};
    add(&dictionary, "\x28\xb5\x2f\xfd\x21\x07\x0b", 7); /* dictionary 7, content 11 */
    add_raw(&dictionary, "hello world", true);
    assert_int_equal(refused(&dictionary, 11), PH_ERR_FORMAT);
}

static void test_compress__takes_no_more_than_the_buffer_may_hold(void **state)
{
    (void)state;
    struct frame f = begin(11);
    struct ph_buf out = ph_buf(10);
    add_raw(&f, "hello world", true);
    assert_int_equal(open_frame(&out, &f, 11), PH_ERR_LIMIT);
    assert_null(out.p);
}

static void test_compress__survives_every_failed_allocation(void **state)
{
    (void)state;
    struct ph_zstd zstd = {0};
    enum ph_err err = PH_ERR_NOMEM;
    size_t n;
    for (n = 1; err == PH_ERR_NOMEM; n++) {
        struct ph_buf frame = ph_buf(PH_BODY_MAX);
        struct ph_buf out = ph_buf(5);
        ph_test_fail_at(n);
        err = ph_compress(&frame, &zstd, ph_bytes_str("hello"));
        if (!err)
            err = ph_decompress(&out, &zstd, ph_buf_bytes(&frame), 5, NULL);
        ph_test_fail_at(0);
        ph_buf_done(&frame);
        ph_buf_done(&out);
    }
    assert_int_equal(err, PH_OK);
    assert_true(n > 2);
    ph_zstd_done(&zstd);
    ph_zstd_done(&zstd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compress__takes_a_frame_written_by_hand),
        cmocka_unit_test(test_compress__appends),
        cmocka_unit_test(test_compress__gives_back_what_it_took),
        cmocka_unit_test(test_compress__keeps_what_compresses_too_well_within_the_ratio),
        cmocka_unit_test(test_compress__keeps_the_ratio_to_the_byte),
        cmocka_unit_test(test_compress__does_not_lengthen_past_a_maximum),
        cmocka_unit_test(test_compress__does_not_write_past_a_maximum),
        cmocka_unit_test(test_compress__refuses_a_bomb_before_it_takes_memory),
        cmocka_unit_test(test_compress__holds_the_ratio_to_the_byte),
        cmocka_unit_test(test_compress__refuses_lies_about_the_size),
        cmocka_unit_test(test_compress__bounds_the_window_by_the_content),
        cmocka_unit_test(test_compress__wants_exactly_one_frame),
        cmocka_unit_test(test_compress__refuses_dictionaries_and_unknown_bits),
        cmocka_unit_test(test_compress__takes_no_more_than_the_buffer_may_hold),
        cmocka_unit_test(test_compress__survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
