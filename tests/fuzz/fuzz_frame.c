/* SPDX-License-Identifier: Apache-2.0
 *
 * The byte stream. The first byte chooses: the rest raw, in the handshake or behind it; or the rest
 * as plain text, sealed as a peer would, in Noise messages and reads of sizes drawn from it. Then
 * what comes out must be what a plain reading of it gives, and buffers stay within their bounds. */
#include <stdlib.h>

#include "proto/wire/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t KEY[32] = {5};

static void need(bool ok)
{
    if (!ok)
        abort();
}

static struct ph_rx open_rx(void)
{
    struct ph_rx rx = ph_rx(PH_NOISE_MAX);
    struct ph_cipher cipher;

    ph_cipher_init(&cipher, KEY);
    ph_rx_open(&rx, &cipher);
    return rx;
}

static void raw(struct ph_bytes in, bool handshake)
{
    struct ph_rx rx = handshake ? ph_rx(300) : open_rx();
    struct ph_bytes view;
    bool got = true;

    while (got) {
        enum ph_err err = handshake ? ph_rx_handshake(&rx, &in, &view, &got, NULL)
                                    : ph_rx_next(&rx, &in, &view, &got, NULL);

        need(err || got || in.n == 0);
        need(!err || !got);
        need(!got || (handshake && view.n <= 300));
    }
    need(rx.sealed.cap <= 2 * (2 + PH_NOISE_MAX) && rx.plain.n == 0);
    ph_rx_done(&rx);
}

/* The next size that the input asks for. */
static size_t draw(struct ph_bytes *sizes)
{
    size_t n = 1;

    if (sizes->n > 0) {
        n = sizes->p[0] >= 0xf0 ? 1000 : 1 + (size_t)sizes->p[0];
        sizes->p++;
        sizes->n--;
    }
    return n;
}

/* Seal @plain as messages. A message ends where it has the size drawn; after one that ends in a
 * REKEY frame as the receiver sees it, an honest sender has rekeyed. Says what is to come out of
 * it. */
struct expected {
    enum ph_err err;
    size_t frames;
    size_t bytes;
};

/* Seal @plain in messages of the sizes drawn; after one that ends in a REKEY frame, as the receiver
 * sees it, an honest sender has rekeyed. */
static struct expected seal(struct ph_bytes plain, struct ph_bytes sizes, struct ph_buf *wire)
{
    static const uint8_t rekey[] = {0, 0, 0, 2, 0x91, 0x08};
    struct expected out = {.err = PH_OK};
    struct ph_cipher cipher;
    size_t frame = 0; /* where the frame begins that is not whole yet */

    ph_cipher_init(&cipher, KEY);
    for (size_t at = 0; at < plain.n && !out.err;) {
        size_t drawn = draw(&sizes);
        size_t n = PH_MIN(drawn, plain.n - at);
        uint8_t *p;

        need(!ph_buf_extend(wire, 2 + n + PH_NOISE_TAG, &p));
        ph_put_be16(p, (uint16_t)(n + PH_NOISE_TAG));
        need(!ph_cipher_encrypt(&cipher, p + 2, ph_bytes(plain.p + at, n)));
        while (!out.err && at + n - frame >= 4) {
            uint32_t length = ph_get_be32(plain.p + frame);

            if (length == 0)
                out.err = PH_ERR_FORMAT;
            else if (length > PH_FRAME_MAX)
                out.err = PH_ERR_LIMIT;
            if (out.err || at + n - frame - 4 < length)
                break;
            if (length == 2 && memcmp(plain.p + frame, rekey, sizeof(rekey)) == 0) {
                if (frame < at || frame + sizeof(rekey) != at + n)
                    out.err = PH_ERR_PROTOCOL;
                else
                    ph_cipher_rekey(&cipher);
            } else {
                out.frames++;
                out.bytes += length;
            }
            frame += 4 + length;
        }
        at += n;
    }
    return out;
}

static void sealed(struct ph_bytes in)
{
    size_t n_sizes = PH_MIN((size_t)in.p[0], (in.n - 1) / 2);
    struct ph_bytes sizes = ph_bytes(in.p + 1, n_sizes);
    struct ph_bytes plain = ph_bytes(in.p + 1 + n_sizes, in.n - 1 - n_sizes);
    struct ph_buf wire = ph_buf((size_t)1 << 27);
    struct ph_rx rx = open_rx();
    struct expected expected = seal(plain, sizes, &wire);
    struct ph_bytes rest = ph_buf_bytes(&wire);
    struct ph_bytes frame;
    enum ph_err err = PH_OK;
    size_t frames = 0;
    size_t bytes = 0;

    while (rest.n > 0 && !err) {
        size_t drawn = 3 * draw(&sizes);
        struct ph_bytes part = ph_bytes(rest.p, PH_MIN(drawn, rest.n));
        bool got = true;

        rest.p += part.n;
        rest.n -= part.n;
        while (!err && got) {
            err = ph_rx_next(&rx, &part, &frame, &got, NULL);
            if (!err && got) {
                frames++;
                bytes += frame.n;
            }
        }
        need(rx.plain.n <= 4 + PH_FRAME_MAX + PH_NOISE_PLAIN_MAX);
    }
    need(err == expected.err);
    /* A message that ends in an error gives none of its frames. */
    need(err ? frames <= expected.frames : frames == expected.frames && bytes == expected.bytes);
    ph_buf_done(&wire);
    ph_rx_done(&rx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    if (data[0] % 4 == 0)
        raw(ph_bytes(data + 1, size - 1), true);
    else if (data[0] % 4 == 1)
        raw(ph_bytes(data + 1, size - 1), false);
    else
        sealed(ph_bytes(data + 1, size - 1));
    return 0;
}
