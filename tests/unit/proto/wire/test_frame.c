/* SPDX-License-Identifier: Apache-2.0
 *
 * (long file: one test file for one source file, refusal by refusal.) */
#include <stdlib.h>

#include "proto/wire/frame.h"
#include "tests/lib/fail.h"
#include "tests/lib/test.h"

#define OUT_MAX (8 * 1024 * 1024)

static const uint8_t KEY[32] = {9, 8, 7};

/* xorshift64*: the same frames on every run. */
static uint64_t draw(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * UINT64_C(0x2545f4914f6cdd1d);
}

static struct ph_tx new_tx(void)
{
    struct ph_tx tx = ph_tx(OUT_MAX);
    struct ph_cipher cipher;

    ph_cipher_init(&cipher, KEY);
    ph_tx_open(&tx, &cipher);
    return tx;
}

static struct ph_rx new_rx(void)
{
    struct ph_rx rx = ph_rx(PH_NOISE_MAX);
    struct ph_cipher cipher;

    ph_cipher_init(&cipher, KEY);
    ph_rx_open(&rx, &cipher);
    return rx;
}

static enum ph_err send_bytes(struct ph_tx *tx, const void *p, size_t n)
{
    struct ph_bytes piece = ph_bytes(p, n);

    return ph_tx_frame(tx, &piece, 1);
}

static struct ph_buf take(struct ph_tx *tx)
{
    struct ph_buf out;

    assert_int_equal(ph_tx_take(tx, &out), PH_OK);
    return out;
}

/* Seal @plain as one Noise message behind what is in @out. */
static void seal_raw(struct ph_cipher *cipher, struct ph_buf *out, const void *plain, size_t n)
{
    uint8_t *p;

    assert_int_equal(ph_buf_extend(out, 2 + n + PH_NOISE_TAG, &p), PH_OK);
    ph_put_be16(p, (uint16_t)(n + PH_NOISE_TAG));
    assert_int_equal(ph_cipher_encrypt(cipher, p + 2, ph_bytes(plain, n)), PH_OK);
}

static size_t count_messages(struct ph_bytes wire)
{
    size_t n = 0;

    while (wire.n > 0) {
        size_t len = 2 + (size_t)ph_get_be16(wire.p);

        assert_true(len <= wire.n);
        wire.p += len;
        wire.n -= len;
        n++;
    }
    return n;
}

/* All frames that come out of @wire, given in parts of up to @part bytes; the first error. */
static enum ph_err drain(struct ph_rx *rx, struct ph_bytes wire, size_t part, size_t *out_frames)
{
    *out_frames = 0;
    while (wire.n > 0) {
        struct ph_bytes in = ph_bytes(wire.p, PH_MIN(part, wire.n));
        struct ph_bytes frame;
        bool got;
        enum ph_err err;

        wire.p += in.n;
        wire.n -= in.n;
        while (!(err = ph_rx_next(rx, &in, &frame, &got, NULL)) && got)
            ++*out_frames;
        if (err)
            return err;
        assert_int_equal(in.n, 0);
    }
    return PH_OK;
}

static void test_frame__gives_back_any_frames_however_the_stream_is_cut(void **state)
{
    uint8_t *data = malloc(PH_FRAME_MAX);

    (void)state;
    assert_non_null(data);
    for (size_t i = 0; i < PH_FRAME_MAX; i++)
        data[i] = (uint8_t)(i * 7 + i / 251);
    for (uint64_t round = 1; round <= 60; round++) {
        uint64_t seed = round * UINT64_C(0x9e3779b97f4a7c15);
        struct ph_tx tx = new_tx();
        struct ph_rx rx = new_rx();
        size_t sizes[40];
        size_t seen = 0;
        struct ph_bytes wire;
        struct ph_buf out;

        for (size_t i = 0; i < PH_LEN(sizes); i++) {
            size_t most = draw(&seed) % 8 == 0 ? 200000 : 300;

            sizes[i] = 1 + draw(&seed) % most;
            assert_int_equal(send_bytes(&tx, data + i, sizes[i]), PH_OK);
            if (draw(&seed) % 10 == 0)
                assert_int_equal(ph_tx_rekey(&tx), PH_OK);
        }
        out = take(&tx);
        wire = ph_buf_bytes(&out);
        while (wire.n > 0) {
            size_t part = 1 + draw(&seed) % (round % 3 == 0 ? 40 : 100000);
            struct ph_bytes in = ph_bytes(wire.p, PH_MIN(part, wire.n));
            struct ph_bytes frame;
            bool got;

            wire.p += in.n;
            wire.n -= in.n;
            for (;;) {
                assert_int_equal(ph_rx_next(&rx, &in, &frame, &got, NULL), PH_OK);
                if (!got)
                    break;
                assert_true(seen < PH_LEN(sizes));
                assert_int_equal(frame.n, sizes[seen]);
                assert_memory_equal(frame.p, data + seen, frame.n);
                seen++;
            }
        }
        assert_int_equal(seen, PH_LEN(sizes));
        assert_int_equal(ph_rx_end(&rx), PH_OK);
        assert_int_equal(
            ph_rx_next(&rx, &(struct ph_bytes){.p = NULL}, &wire, &(bool){false}, NULL), PH_OK);
        assert_memory_equal(tx.cipher.key, rx.cipher.key, 32);
        ph_buf_done(&out);
        ph_tx_done(&tx);
        ph_rx_done(&rx);
    }
    free(data);
}

static void test_frame__seals_a_queue_into_as_few_messages_as_it_can(void **state)
{
    struct ph_tx tx = new_tx();
    struct ph_buf out;
    uint8_t data[1000] = {1};

    (void)state;
    for (int i = 0; i < 60; i++)
        assert_int_equal(send_bytes(&tx, data, sizeof(data)), PH_OK);
    out = take(&tx); /* 60,240 bytes of plain text */
    assert_int_equal(count_messages(ph_buf_bytes(&out)), 1);
    assert_int_equal(out.n, 2 + 60 * 1004 + PH_NOISE_TAG);
    ph_buf_done(&out);
    for (int i = 0; i < 600; i++)
        assert_int_equal(send_bytes(&tx, data, sizeof(data)), PH_OK);
    out = take(&tx); /* 602,400 / 65,519 */
    assert_int_equal(count_messages(ph_buf_bytes(&out)), 10);
    ph_buf_done(&out);
    out = take(&tx);
    assert_int_equal(out.n, 0);
    ph_buf_done(&out);
    ph_tx_done(&tx);
}

static void test_frame__joins_pieces(void **state)
{
    struct ph_bytes pieces[] = {ph_bytes_str("head"), ph_bytes(NULL, 0), ph_bytes_str("er"),
                                ph_bytes_str(" body")};
    struct ph_tx tx = new_tx();
    struct ph_rx rx = new_rx();
    struct ph_bytes frame;
    struct ph_bytes in;
    struct ph_buf out;
    bool got;

    (void)state;
    assert_int_equal(ph_tx_frame(&tx, pieces, PH_LEN(pieces)), PH_OK);
    out = take(&tx);
    in = ph_buf_bytes(&out);
    assert_int_equal(ph_rx_next(&rx, &in, &frame, &got, NULL), PH_OK);
    assert_true(got);
    assert_true(ph_bytes_equal(frame, ph_bytes_str("header body")));
    ph_buf_done(&out);
    ph_tx_done(&tx);
    ph_rx_done(&rx);
}

/* T8 */
static void test_frame__judges_a_length_before_it_takes_memory(void **state)
{
    static const struct {
        uint32_t length;
        enum ph_err err;
    } cases[] = {
        {0, PH_ERR_FORMAT},
        {1, PH_OK},
        {PH_FRAME_MAX, PH_OK},
        {PH_FRAME_MAX + 1, PH_ERR_LIMIT},
        {UINT32_C(1) << 31, PH_ERR_LIMIT},
        {UINT32_MAX, PH_ERR_LIMIT},
    };

    (void)state;
    for (size_t i = 0; i < PH_LEN(cases); i++) {
        struct ph_rx rx = new_rx();
        struct ph_cipher cipher;
        struct ph_buf wire = ph_buf(1000);
        uint8_t head[4];
        struct ph_bytes frame;
        struct ph_bytes in;
        bool got;

        ph_cipher_init(&cipher, KEY);
        ph_put_be32(head, cases[i].length);
        seal_raw(&cipher, &wire, head, sizeof(head));
        in = ph_buf_bytes(&wire);
        assert_int_equal(ph_rx_next(&rx, &in, &frame, &got, NULL), cases[i].err);
        assert_false(got);
        assert_true(rx.plain.cap <= 4096 && rx.sealed.cap <= 4096);
        if (cases[i].err) { /* dead, and it says so again */
            assert_int_equal(ph_rx_next(&rx, &in, &frame, &got, NULL), cases[i].err);
            assert_int_equal(ph_rx_end(&rx), cases[i].err);
        } else {
            assert_int_equal(ph_rx_end(&rx), PH_ERR_TRUNCATED);
        }
        ph_buf_done(&wire);
        ph_rx_done(&rx);
    }
}

static void test_frame__carries_a_frame_of_the_largest_size_and_no_larger(void **state)
{
    uint8_t *data = calloc(1, PH_FRAME_MAX + 1);
    struct ph_tx tx = new_tx();
    struct ph_rx rx = new_rx();
    struct ph_bytes frame;
    struct ph_bytes in;
    struct ph_buf out;
    bool got;

    (void)state;
    assert_non_null(data);
    assert_int_equal(send_bytes(&tx, data, PH_FRAME_MAX + 1), PH_ERR_LIMIT);
    assert_int_equal(send_bytes(&tx, data, 0), PH_ERR_LIMIT);
    assert_int_equal(ph_tx_frame(&tx, NULL, 0), PH_ERR_LIMIT);
    assert_int_equal(ph_tx_pending(&tx), 0);
    assert_int_equal(send_bytes(&tx, data, PH_FRAME_MAX), PH_OK);
    assert_int_equal(send_bytes(&tx, "next", 4), PH_OK);
    out = take(&tx);
    in = ph_buf_bytes(&out);
    assert_int_equal(ph_rx_next(&rx, &in, &frame, &got, NULL), PH_OK);
    assert_true(got);
    assert_int_equal(frame.n, PH_FRAME_MAX);
    assert_int_equal(ph_rx_next(&rx, &in, &frame, &got, NULL), PH_OK);
    assert_true(got);
    assert_int_equal(frame.n, 4);
    assert_int_equal(ph_rx_next(&rx, &in, &frame, &got, NULL), PH_OK);
    assert_false(got);
    assert_true(rx.plain.cap <= 256 * 1024); /* what the large frame took is given back */
    ph_buf_done(&out);
    ph_tx_done(&tx);
    ph_rx_done(&rx);
    free(data);
}

/* T7 */
static void test_frame__knows_a_stream_that_ends_inside_a_frame(void **state)
{
    struct ph_tx tx = new_tx();
    size_t ends[12]; /* offsets at which a frame and its Noise message are complete */
    size_t n_ends = 0;
    struct ph_buf out = ph_buf(OUT_MAX);

    (void)state;
    for (size_t i = 0; i < PH_LEN(ends); i++) {
        struct ph_buf part;
        uint8_t data[60] = {1};

        assert_int_equal(send_bytes(&tx, data, 1 + 5 * i), PH_OK);
        part = take(&tx);
        assert_int_equal(ph_buf_add(&out, ph_buf_bytes(&part)), PH_OK);
        ends[n_ends++] = out.n;
        ph_buf_done(&part);
    }
    for (size_t cut = 0; cut <= out.n; cut++) {
        struct ph_rx rx = new_rx();
        size_t whole = 0;
        size_t frames;

        while (whole < n_ends && ends[whole] <= cut)
            whole++;
        assert_int_equal(drain(&rx, ph_bytes(out.p, cut), 17, &frames), PH_OK);
        assert_int_equal(frames, whole);
        assert_int_equal(ph_rx_end(&rx), cut == 0 || (whole > 0 && ends[whole - 1] == cut)
                                             ? PH_OK
                                             : PH_ERR_TRUNCATED);
        ph_rx_done(&rx);
    }
    ph_buf_done(&out);
    ph_tx_done(&tx);
}

/* T9 */
static void test_frame__gives_nothing_of_an_altered_message(void **state)
{
    struct ph_tx tx = new_tx();
    struct ph_buf out;

    (void)state;
    assert_int_equal(send_bytes(&tx, "a warning", 9), PH_OK);
    out = take(&tx);
    for (size_t bit = 8 * 2; bit < 8 * out.n; bit++) {
        struct ph_rx rx = new_rx();
        size_t frames;

        out.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(drain(&rx, ph_buf_bytes(&out), out.n, &frames), PH_ERR_FORGED);
        assert_int_equal(frames, 0);
        assert_int_equal(rx.plain.n, 0);
        out.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ph_rx_done(&rx);
    }
    ph_buf_done(&out);
    ph_tx_done(&tx);
}

static void test_frame__notices_messages_dropped_swapped_or_repeated(void **state)
{
    static const int orders[][3] = {{1, 2, 2}, {1, 0, 2}, {0, 0, 1}, {0, 2, 1}};
    struct ph_tx tx = new_tx();
    struct ph_buf parts[3];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(send_bytes(&tx, "a warning", 9), PH_OK);
        parts[i] = take(&tx);
    }
    for (size_t k = 0; k < PH_LEN(orders); k++) {
        struct ph_rx rx = new_rx();
        enum ph_err err = PH_OK;
        size_t frames = 0;
        size_t good = 0;

        for (size_t i = 0; i < 3 && !err; i++) {
            err = drain(&rx, ph_buf_bytes(&parts[orders[k][i]]), 1000, &frames);
            good += frames;
        }
        assert_int_equal(err, PH_ERR_FORGED);
        assert_int_equal(good, orders[k][0] == 0 ? 1 : 0);
        ph_rx_done(&rx);
    }
    for (size_t i = 0; i < 3; i++)
        ph_buf_done(&parts[i]);
    ph_tx_done(&tx);
}

static void test_frame__refuses_messages_that_carry_nothing(void **state)
{
    static const uint8_t empty[] = {0, 0};
    static const uint8_t shorter[] = {0, 15, 0};
    struct ph_buf wire = ph_buf(100);
    struct ph_cipher cipher;
    struct ph_rx rx = new_rx();
    size_t frames;

    (void)state;
    assert_int_equal(drain(&rx, ph_bytes(empty, sizeof(empty)), 1, &frames), PH_ERR_FORMAT);
    ph_rx_done(&rx);
    rx = new_rx();
    assert_int_equal(drain(&rx, ph_bytes(shorter, sizeof(shorter)), 9, &frames), PH_ERR_TRUNCATED);
    ph_rx_done(&rx);
    rx = new_rx();
    ph_cipher_init(&cipher, KEY);
    seal_raw(&cipher, &wire, "", 0);
    assert_int_equal(drain(&rx, ph_buf_bytes(&wire), 9, &frames), PH_ERR_FORMAT);
    ph_rx_done(&rx);
    ph_buf_done(&wire);
}

/* T10: what stands in a Noise message with, before or behind a REKEY frame. */
static void test_frame__takes_rekey_only_as_the_last_whole_frame_of_a_message(void **state)
{
    static const uint8_t rekey[] = {0, 0, 0, 2, 0x91, 0x08};
    static const struct {
        size_t n;
        uint8_t plain[16];
        enum ph_err err;
    } cases[] = {
        {6, {0, 0, 0, 2, 0x91, 0x08}, PH_OK},
        {11, {0, 0, 0, 1, 5, 0, 0, 0, 2, 0x91, 0x08}, PH_OK},
        {7, {0, 0, 0, 2, 0x91, 0x08, 0}, PH_ERR_PROTOCOL},
        {11, {0, 0, 0, 2, 0x91, 0x08, 0, 0, 0, 1, 5}, PH_ERR_PROTOCOL},
        {12, {0, 0, 0, 2, 0x91, 0x08, 0, 0, 0, 2, 0x91, 0x08}, PH_ERR_PROTOCOL},
    };
    struct ph_cipher cipher;
    struct ph_buf wire = ph_buf(1000);
    size_t frames;

    (void)state;
    for (size_t i = 0; i < PH_LEN(cases); i++) {
        struct ph_rx rx = new_rx();

        ph_cipher_init(&cipher, KEY);
        ph_buf_clear(&wire);
        seal_raw(&cipher, &wire, cases[i].plain, cases[i].n);
        assert_int_equal(drain(&rx, ph_buf_bytes(&wire), 9, &frames), cases[i].err);
        if (!cases[i].err) {
            ph_cipher_rekey(&cipher);
            assert_memory_equal(rx.cipher.key, cipher.key, 32);
            assert_int_equal(frames, cases[i].n == 6 ? 0 : 1); /* REKEY itself is not given out */
            assert_int_equal(ph_rx_end(&rx), PH_OK);
        }
        ph_rx_done(&rx);
    }
    for (size_t cut = 1; cut < sizeof(rekey); cut++) { /* over two messages */
        struct ph_rx rx = new_rx();

        ph_cipher_init(&cipher, KEY);
        ph_buf_clear(&wire);
        seal_raw(&cipher, &wire, rekey, cut);
        seal_raw(&cipher, &wire, rekey + cut, sizeof(rekey) - cut);
        assert_int_equal(drain(&rx, ph_buf_bytes(&wire), 9, &frames), PH_ERR_PROTOCOL);
        ph_rx_done(&rx);
    }
    ph_buf_done(&wire);
}

static void test_frame__puts_rekey_whole_into_one_message_at_every_fill(void **state)
{
    uint8_t *data = calloc(1, PH_NOISE_PLAIN_MAX);

    (void)state;
    assert_non_null(data);
    for (size_t left = 0; left < 9; left++) { /* bytes left in the open message */
        struct ph_tx tx = new_tx();
        struct ph_rx rx = new_rx();
        struct ph_buf out;
        size_t frames;

        assert_int_equal(send_bytes(&tx, data, PH_NOISE_PLAIN_MAX - 4 - left), PH_OK);
        assert_int_equal(ph_tx_rekey(&tx), PH_OK);
        assert_int_equal(send_bytes(&tx, "after", 5), PH_OK);
        out = take(&tx);
        assert_int_equal(count_messages(ph_buf_bytes(&out)), left < 6 ? 3 : 2);
        assert_int_equal(drain(&rx, ph_buf_bytes(&out), 1000, &frames), PH_OK);
        assert_int_equal(frames, 2);
        assert_memory_equal(tx.cipher.key, rx.cipher.key, 32);
        assert_int_equal(rx.cipher.nonce, left < 6 ? 3 : 2); /* rekeying does not reset it */
        ph_buf_done(&out);
        ph_tx_done(&tx);
        ph_rx_done(&rx);
    }
    free(data);
}

static void test_frame__keeps_step_over_many_rekeys(void **state)
{
    struct ph_tx tx = new_tx();
    struct ph_rx rx = new_rx();

    (void)state;
    for (int i = 0; i < 200; i++) {
        struct ph_buf out;
        size_t frames;

        assert_int_equal(send_bytes(&tx, "before", 6), PH_OK);
        assert_int_equal(ph_tx_rekey(&tx), PH_OK);
        if (i % 3 == 0)
            assert_int_equal(ph_tx_rekey(&tx), PH_OK);
        assert_int_equal(send_bytes(&tx, "after", 5), PH_OK);
        out = take(&tx);
        assert_int_equal(drain(&rx, ph_buf_bytes(&out), 3, &frames), PH_OK);
        assert_int_equal(frames, 2);
        ph_buf_done(&out);
    }
    ph_tx_done(&tx);
    ph_rx_done(&rx);
}

static void test_frame__rekeys_by_itself_before_its_messages_run_out(void **state)
{
    uint8_t *data = calloc(1, PH_FRAME_MAX);
    uint64_t most = 0;

    (void)state;
    assert_non_null(data);
    for (uint64_t before = 20; before > 0; before--) {
        struct ph_tx tx = new_tx();
        struct ph_rx rx = new_rx();

        tx.under_key = rx.under_key = PH_REKEY_MESSAGES - before;
        for (int i = 0; i < 3; i++) {
            struct ph_buf out;
            size_t frames;

            assert_int_equal(send_bytes(&tx, data, i == 1 ? PH_FRAME_MAX : 10), PH_OK);
            most = PH_MAX(most, tx.under_key);
            out = take(&tx);
            most = PH_MAX(most, tx.under_key);
            assert_int_equal(drain(&rx, ph_buf_bytes(&out), out.n, &frames), PH_OK);
            assert_int_equal(frames, 1);
            assert_int_equal(rx.under_key, tx.under_key);
            ph_buf_done(&out);
        }
        assert_true(tx.under_key < 100); /* it did rekey */
        ph_tx_done(&tx);
        ph_rx_done(&rx);
    }
    assert_true(most < PH_REKEY_MESSAGES);
    free(data);
}

static void test_frame__leaves_a_peer_that_does_not_rekey(void **state)
{
    static const uint8_t plain[] = {0, 0, 0, 1, 5};
    struct ph_rx rx = new_rx();
    struct ph_cipher cipher;
    struct ph_buf wire = ph_buf(10000);
    size_t frames;

    (void)state;
    ph_cipher_init(&cipher, KEY);
    rx.under_key = PH_REKEY_MESSAGES;
    for (size_t i = 0; i <= PH_REKEY_GRACE; i++)
        seal_raw(&cipher, &wire, plain, sizeof(plain));
    assert_int_equal(drain(&rx, ph_buf_bytes(&wire), wire.n, &frames), PH_ERR_PROTOCOL);
    assert_int_equal(frames, PH_REKEY_GRACE);
    ph_buf_done(&wire);
    ph_rx_done(&rx);
}

static void test_frame__does_not_take_a_rekey_message_as_a_frame(void **state)
{
    static const uint8_t rekey[] = {0x91, 0x08};
    struct ph_bytes halves[] = {ph_bytes(rekey, 1), ph_bytes(rekey + 1, 1)};
    struct ph_tx tx = new_tx();

    (void)state;
    assert_int_equal(send_bytes(&tx, rekey, sizeof(rekey)), PH_ERR_PROTOCOL);
    assert_int_equal(ph_tx_frame(&tx, halves, 2), PH_ERR_PROTOCOL);
    assert_int_equal(ph_tx_pending(&tx), 0);
    assert_int_equal(send_bytes(&tx, "\x91\x09", 2), PH_OK);
    ph_tx_done(&tx);
}

static void test_frame__ends_when_the_nonce_runs_out(void **state)
{
    struct ph_tx tx = new_tx();
    struct ph_rx rx = new_rx();
    struct ph_buf out;
    size_t frames;

    (void)state;
    tx.cipher.nonce = rx.cipher.nonce = UINT64_MAX - 1;
    assert_int_equal(send_bytes(&tx, "last", 4), PH_OK);
    out = take(&tx);
    assert_int_equal(drain(&rx, ph_buf_bytes(&out), out.n, &frames), PH_OK);
    assert_int_equal(frames, 1);
    assert_int_equal(send_bytes(&tx, "over", 4), PH_OK);
    ph_buf_done(&out);
    assert_int_equal(ph_tx_take(&tx, &out), PH_ERR_LIMIT);
    assert_int_equal(send_bytes(&tx, "over", 4), PH_ERR_LIMIT);
    assert_int_equal(ph_tx_rekey(&tx), PH_ERR_LIMIT);
    ph_tx_done(&tx);
    ph_rx_done(&rx);
}

static void test_frame__queues_all_of_a_frame_or_nothing(void **state)
{
    struct ph_tx tx = ph_tx(1000);
    struct ph_rx rx = new_rx();
    struct ph_cipher cipher;
    uint8_t data[700] = {1};
    struct ph_buf out;
    size_t frames;

    (void)state;
    ph_cipher_init(&cipher, KEY);
    ph_tx_open(&tx, &cipher);
    assert_int_equal(send_bytes(&tx, data, sizeof(data)), PH_OK);
    assert_int_equal(send_bytes(&tx, data, sizeof(data)), PH_ERR_LIMIT);
    assert_int_equal(ph_tx_pending(&tx), 2 + 4 + sizeof(data));
    assert_int_equal(send_bytes(&tx, data, 100), PH_OK); /* still usable */
    out = take(&tx);
    assert_true(out.n <= 1000);
    assert_int_equal(drain(&rx, ph_buf_bytes(&out), out.n, &frames), PH_OK);
    assert_int_equal(frames, 2);
    ph_buf_done(&out);
    ph_tx_done(&tx);
    ph_rx_done(&rx);
}

static void test_frame__survives_memory_running_out(void **state)
{
    bool through = false;

    (void)state;
    for (size_t n = 1; !through && n < 100; n++) {
        struct ph_tx tx = new_tx();
        struct ph_rx rx = new_rx();
        struct ph_buf out = ph_buf(0);
        uint8_t data[3000] = {1};
        size_t frames = 0;
        enum ph_err err;

        ph_test_fail_at(n);
        err = send_bytes(&tx, data, sizeof(data));
        if (!err)
            err = ph_tx_take(&tx, &out);
        if (!err)
            err = drain(&rx, ph_buf_bytes(&out), 100, &frames);
        ph_test_fail_at(0);
        through = !err;
        assert_true(err == PH_ERR_NOMEM || (!err && frames == 1));
        ph_buf_done(&out);
        ph_tx_done(&tx);
        ph_rx_done(&rx);
    }
    assert_true(through);
}

static void test_frame__cuts_handshake_messages_and_keeps_their_limit(void **state)
{
    struct ph_tx tx = ph_tx(1000);
    struct ph_rx rx = ph_rx(100);
    uint8_t data[101] = {1, 2, 3};
    struct ph_bytes message;
    struct ph_buf out;
    struct ph_bytes in;
    bool got;

    (void)state;
    assert_int_equal(ph_tx_handshake(&tx, ph_bytes(data, 100)), PH_OK);
    assert_int_equal(ph_tx_handshake(&tx, ph_bytes(data, 101)), PH_OK);
    out = take(&tx);
    for (size_t i = 0; i + 1 < 102; i++) { /* byte by byte */
        in = ph_bytes(out.p + i, 1);
        assert_int_equal(ph_rx_handshake(&rx, &in, &message, &got, NULL), PH_OK);
        assert_false(got);
        assert_int_equal(ph_rx_end(&rx), PH_ERR_TRUNCATED);
    }
    in = ph_bytes(out.p + 101, out.n - 101);
    assert_int_equal(ph_rx_handshake(&rx, &in, &message, &got, NULL), PH_OK);
    assert_true(got && message.n == 100);
    assert_memory_equal(message.p, data, 100);
    assert_int_equal(ph_rx_end(&rx), PH_OK);
    assert_int_equal(ph_rx_handshake(&rx, &in, &message, &got, NULL), PH_ERR_LIMIT);
    assert_false(got);
    ph_buf_done(&out);
    ph_tx_done(&tx);
    ph_rx_done(&rx);
}

/* Bytes behind the last handshake message belong to the session. */
static void test_frame__goes_from_handshake_to_frames_inside_one_read(void **state)
{
    struct ph_tx tx = ph_tx(1000);
    struct ph_rx rx = ph_rx(100);
    struct ph_cipher cipher;
    struct ph_bytes view;
    struct ph_buf out;
    struct ph_bytes in;
    bool got;

    (void)state;
    assert_int_equal(ph_tx_handshake(&tx, ph_bytes_str("hello")), PH_OK);
    ph_cipher_init(&cipher, KEY);
    ph_tx_open(&tx, &cipher);
    assert_int_equal(send_bytes(&tx, "frame", 5), PH_OK);
    out = take(&tx);
    in = ph_buf_bytes(&out);
    assert_int_equal(ph_rx_handshake(&rx, &in, &view, &got, NULL), PH_OK);
    assert_true(got && ph_bytes_equal(view, ph_bytes_str("hello")));
    ph_cipher_init(&cipher, KEY);
    ph_rx_open(&rx, &cipher);
    assert_int_equal(cipher.key[0], 0);
    assert_int_equal(ph_rx_next(&rx, &in, &view, &got, NULL), PH_OK);
    assert_true(got && ph_bytes_equal(view, ph_bytes_str("frame")));
    ph_buf_done(&out);
    ph_tx_done(&tx);
    ph_rx_done(&rx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frame__gives_back_any_frames_however_the_stream_is_cut),
        cmocka_unit_test(test_frame__seals_a_queue_into_as_few_messages_as_it_can),
        cmocka_unit_test(test_frame__joins_pieces),
        cmocka_unit_test(test_frame__judges_a_length_before_it_takes_memory),
        cmocka_unit_test(test_frame__carries_a_frame_of_the_largest_size_and_no_larger),
        cmocka_unit_test(test_frame__knows_a_stream_that_ends_inside_a_frame),
        cmocka_unit_test(test_frame__gives_nothing_of_an_altered_message),
        cmocka_unit_test(test_frame__notices_messages_dropped_swapped_or_repeated),
        cmocka_unit_test(test_frame__refuses_messages_that_carry_nothing),
        cmocka_unit_test(test_frame__takes_rekey_only_as_the_last_whole_frame_of_a_message),
        cmocka_unit_test(test_frame__puts_rekey_whole_into_one_message_at_every_fill),
        cmocka_unit_test(test_frame__keeps_step_over_many_rekeys),
        cmocka_unit_test(test_frame__rekeys_by_itself_before_its_messages_run_out),
        cmocka_unit_test(test_frame__leaves_a_peer_that_does_not_rekey),
        cmocka_unit_test(test_frame__does_not_take_a_rekey_message_as_a_frame),
        cmocka_unit_test(test_frame__ends_when_the_nonce_runs_out),
        cmocka_unit_test(test_frame__queues_all_of_a_frame_or_nothing),
        cmocka_unit_test(test_frame__survives_memory_running_out),
        cmocka_unit_test(test_frame__cuts_handshake_messages_and_keeps_their_limit),
        cmocka_unit_test(test_frame__goes_from_handshake_to_frames_inside_one_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
