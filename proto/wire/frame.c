/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/wire/frame.h"

#include "proto/base/assert.h"
#include "proto/base/secret.h"

#define LENGTH_LEN 2            /* in front of a Noise message */
#define FRAME_HEAD 4            /* in front of a frame */
#define KEEP_MAX   (256 * 1024) /* capacity an idle receiver keeps */

static const uint8_t REKEY_FRAME[] = {0, 0, 0, 2, 0x91, 0x08};

_Static_assert(PH_FRAME_MAX < UINT32_MAX, "a frame's length fits its four bytes");

/* ---- receiving ---- */

struct ph_rx ph_rx(size_t message_max)
{
    PH_ASSERT(message_max <= PH_NOISE_MAX);
    return (struct ph_rx){
        .message_max = message_max,
        .sealed = ph_buf(LENGTH_LEN + PH_NOISE_MAX),
        .plain = ph_buf(FRAME_HEAD + PH_FRAME_MAX + PH_NOISE_PLAIN_MAX),
    };
}

void ph_rx_done(struct ph_rx *rx)
{
    ph_cipher_done(&rx->cipher);
    ph_buf_wipe(&rx->plain);
    ph_buf_done(&rx->sealed);
    *rx = (struct ph_rx){.err = PH_ERR_CLOSED};
}

void ph_rx_open(struct ph_rx *rx, struct ph_cipher *cipher)
{
    PH_ASSERT(!rx->open);
    rx->cipher = *cipher;
    rx->open = true;
    rx->message_max = PH_NOISE_MAX;
    ph_cipher_done(cipher);
}

static enum ph_err rx_fail(struct ph_rx *rx, enum ph_err err, struct ph_why *why, const char *what)
{
    rx->err = err;
    return ph_fail(why, err, "%s", what);
}

/* True when @rx->sealed holds a whole message, which then has been handed out. */
static bool sealed_is_whole(const struct ph_rx *rx)
{
    return rx->sealed.n >= LENGTH_LEN &&
           rx->sealed.n == LENGTH_LEN + (size_t)ph_get_be16(rx->sealed.p);
}

static enum ph_err check_message_length(struct ph_rx *rx, size_t n, struct ph_why *why)
{
    if (n == 0)
        return rx_fail(rx, PH_ERR_FORMAT, why, "Noise message of length 0");
    if (n > rx->message_max)
        return rx_fail(rx, PH_ERR_LIMIT, why, "Noise message is longer than allowed here");
    if (rx->open && n < PH_NOISE_TAG)
        return rx_fail(rx, PH_ERR_TRUNCATED, why, "Noise message is shorter than its tag");
    if (rx->open && n == PH_NOISE_TAG)
        return rx_fail(rx, PH_ERR_FORMAT, why, "Noise message carries nothing");
    return PH_OK;
}

/* Move up to @n bytes from @in to the incomplete message. */
static enum ph_err gather(struct ph_rx *rx, struct ph_bytes *in, size_t n, struct ph_why *why)
{
    struct ph_bytes part = ph_bytes(in->p, PH_MIN(in->n, n));
    enum ph_err err = ph_buf_add(&rx->sealed, part);

    if (err)
        return rx_fail(rx, err, why, "no memory for a Noise message");
    in->p += part.n;
    in->n -= part.n;
    return PH_OK;
}

/* The next whole Noise message: seen in place when @in has all of it, else gathered. */
static enum ph_err take_message(struct ph_rx *rx, struct ph_bytes *in, struct ph_bytes *message,
                                bool *got, struct ph_why *why)
{
    size_t n;
    enum ph_err err;

    *got = false;
    if (sealed_is_whole(rx))
        ph_buf_clear(&rx->sealed);
    if (rx->sealed.n == 0 && in->n >= LENGTH_LEN) {
        n = ph_get_be16(in->p);
        err = check_message_length(rx, n, why);
        if (err)
            return err;
        if (in->n - LENGTH_LEN >= n) {
            *message = ph_bytes(in->p + LENGTH_LEN, n);
            in->p += LENGTH_LEN + n;
            in->n -= LENGTH_LEN + n;
            *got = true;
            return PH_OK;
        }
    }
    if (rx->sealed.n < LENGTH_LEN) {
        err = gather(rx, in, LENGTH_LEN - rx->sealed.n, why);
        if (err || rx->sealed.n < LENGTH_LEN)
            return err;
        err = check_message_length(rx, ph_get_be16(rx->sealed.p), why);
        if (err)
            return err;
    }
    n = ph_get_be16(rx->sealed.p);
    err = gather(rx, in, LENGTH_LEN + n - rx->sealed.n, why);
    if (err || !sealed_is_whole(rx))
        return err;
    *message = ph_bytes(rx->sealed.p + LENGTH_LEN, n);
    *got = true;
    return PH_OK;
}

enum ph_err ph_rx_handshake(struct ph_rx *rx, struct ph_bytes *in, struct ph_bytes *message,
                            bool *got, struct ph_why *why)
{
    PH_ASSERT(!rx->open);
    *got = false;
    if (rx->err)
        return ph_fail(why, rx->err, "receiver has failed before");
    return take_message(rx, in, message, got, why);
}

static bool is_rekey(const uint8_t *frame)
{
    return memcmp(frame, REKEY_FRAME, sizeof(REKEY_FRAME)) == 0; /* public */
}

/* Find the frames that the message opened last has completed; it begins at @message_at in @plain.
 */
static enum ph_err scan(struct ph_rx *rx, size_t message_at, struct ph_why *why)
{
    while (rx->plain.n - rx->scanned >= FRAME_HEAD) {
        const uint8_t *frame = rx->plain.p + rx->scanned;
        size_t left = rx->plain.n - rx->scanned - FRAME_HEAD;
        uint32_t n = ph_get_be32(frame);

        if (n == 0)
            return rx_fail(rx, PH_ERR_FORMAT, why, "frame of length 0");
        if (n > PH_FRAME_MAX)
            return rx_fail(rx, PH_ERR_LIMIT, why, "frame is longer than its limit");
        if (left < n)
            return PH_OK;
        if (n == sizeof(REKEY_FRAME) - FRAME_HEAD && is_rekey(frame)) {
            if (rx->scanned < message_at || left != n)
                return rx_fail(rx, PH_ERR_PROTOCOL, why,
                               "REKEY is not the last whole frame of its Noise message");
            ph_cipher_rekey(&rx->cipher);
            rx->under_key = 0;
        }
        rx->scanned += FRAME_HEAD + n;
        rx->frames++;
    }
    return PH_OK;
}

/* Forget what was given out. What is left is less than a frame. */
static void drop_given(struct ph_rx *rx)
{
    if (rx->given == 0)
        return;
    ph_buf_drop(&rx->plain, rx->given);
    rx->scanned -= rx->given;
    rx->given = 0;
    if (rx->plain.n == 0 && rx->plain.cap > KEEP_MAX)
        ph_buf_wipe(&rx->plain);
}

static enum ph_err open_message(struct ph_rx *rx, struct ph_bytes message, struct ph_why *why)
{
    size_t at = rx->plain.n;
    uint8_t *plain;
    enum ph_err err;

    if (rx->under_key >= PH_REKEY_MESSAGES + PH_REKEY_GRACE)
        return rx_fail(rx, PH_ERR_PROTOCOL, why, "peer does not rekey");
    err = ph_buf_extend(&rx->plain, message.n - PH_NOISE_TAG, &plain);
    if (err)
        return rx_fail(rx, err, why, "no room for a Noise message");
    err = ph_cipher_decrypt(&rx->cipher, plain, message);
    if (err) {
        rx->plain.n = at;
        return rx_fail(rx, err, why, "Noise message does not open");
    }
    rx->under_key++;
    return scan(rx, at, why);
}

/* The next frame found by scan() and not given out yet, REKEY left out. */
static bool give(struct ph_rx *rx, struct ph_bytes *frame)
{
    while (rx->given < rx->scanned) {
        const uint8_t *p = rx->plain.p + rx->given;
        size_t n = ph_get_be32(p);

        rx->given += FRAME_HEAD + n;
        if (n == sizeof(REKEY_FRAME) - FRAME_HEAD && is_rekey(p))
            continue;
        *frame = ph_bytes(p + FRAME_HEAD, n);
        return true;
    }
    return false;
}

enum ph_err ph_rx_next(struct ph_rx *rx, struct ph_bytes *in, struct ph_bytes *frame, bool *got,
                       struct ph_why *why)
{
    PH_ASSERT(rx->open || rx->err);
    *got = false;
    if (rx->err)
        return ph_fail(why, rx->err, "receiver has failed before");
    while (!give(rx, frame)) {
        struct ph_bytes message;
        bool whole;
        enum ph_err err;

        drop_given(rx);
        err = take_message(rx, in, &message, &whole, why);
        if (err || !whole)
            return err;
        err = open_message(rx, message, why);
        if (err)
            return err;
    }
    *got = true;
    return PH_OK;
}

enum ph_err ph_rx_end(const struct ph_rx *rx)
{
    if (rx->err)
        return rx->err;
    if (rx->sealed.n > 0 && !sealed_is_whole(rx))
        return PH_ERR_TRUNCATED;
    return rx->plain.n > rx->scanned ? PH_ERR_TRUNCATED : PH_OK;
}

/* ---- sending ---- */

struct ph_tx ph_tx(size_t out_max)
{
    return (struct ph_tx){.out = ph_buf(out_max)};
}

void ph_tx_done(struct ph_tx *tx)
{
    ph_cipher_done(&tx->cipher);
    ph_buf_wipe(&tx->out);
    *tx = (struct ph_tx){.err = PH_ERR_CLOSED};
}

void ph_tx_open(struct ph_tx *tx, struct ph_cipher *cipher)
{
    PH_ASSERT(!tx->open);
    tx->cipher = *cipher;
    tx->open = true;
    ph_cipher_done(cipher);
}

enum ph_err ph_tx_handshake(struct ph_tx *tx, struct ph_bytes message)
{
    uint8_t *p;
    enum ph_err err;

    PH_ASSERT(!tx->open);
    PH_ASSERT(message.n > 0 && message.n <= PH_NOISE_MAX);
    if (tx->err)
        return tx->err;
    err = ph_buf_extend(&tx->out, LENGTH_LEN + message.n, &p);
    if (err)
        return err;
    ph_put_be16(p, (uint16_t)message.n);
    memcpy(p + LENGTH_LEN, message.p, message.n);
    tx->open_at = tx->out.n;
    return PH_OK;
}

/* Bytes of plain text in the open message. */
static size_t open_plain(const struct ph_tx *tx)
{
    return tx->out.n > tx->open_at ? tx->out.n - tx->open_at - LENGTH_LEN : 0;
}

/* Seal the open message, if there is one, where it lies. */
static enum ph_err seal(struct ph_tx *tx)
{
    size_t n = open_plain(tx);
    uint8_t *tag;
    uint8_t *p;
    enum ph_err err;

    if (n == 0)
        return PH_OK;
    err = ph_buf_extend(&tx->out, PH_NOISE_TAG, &tag);
    if (!err) {
        p = tx->out.p + tx->open_at;
        ph_put_be16(p, (uint16_t)(n + PH_NOISE_TAG));
        err = ph_cipher_encrypt(&tx->cipher, p + LENGTH_LEN, ph_bytes(p + LENGTH_LEN, n));
    }
    if (err) {
        tx->err = err;
        return err;
    }
    tx->under_key++;
    tx->open_at = tx->out.n;
    return PH_OK;
}

/* Append plain text, sealing each message that is full. The caller has reserved the room. */
static enum ph_err append(struct ph_tx *tx, struct ph_bytes bytes)
{
    while (bytes.n > 0) {
        size_t n = PH_MIN(bytes.n, PH_NOISE_PLAIN_MAX - open_plain(tx));
        uint8_t *p;
        enum ph_err err = PH_OK;

        if (tx->out.n == tx->open_at)
            err = ph_buf_extend(&tx->out, LENGTH_LEN, &p);
        if (!err)
            err = ph_buf_add(&tx->out, ph_bytes(bytes.p, n));
        if (!err && open_plain(tx) == PH_NOISE_PLAIN_MAX)
            err = seal(tx);
        if (err) {
            tx->err = err;
            return err;
        }
        bytes.p += n;
        bytes.n -= n;
    }
    return PH_OK;
}

/* Messages that @n more bytes of plain text may touch: the open one, a last one, and those between.
 */
static size_t messages_of(size_t n)
{
    return n / PH_NOISE_PLAIN_MAX + 2;
}

/* Room for @n bytes of plain text with every length and tag that comes with them. */
static enum ph_err reserve(struct ph_tx *tx, size_t n)
{
    return ph_buf_reserve(&tx->out, n + messages_of(n) * (LENGTH_LEN + PH_NOISE_TAG));
}

/* A REKEY message is no frame like others: only ph_tx_rekey() may send it. */
static bool pieces_are_rekey(const struct ph_bytes *pieces, size_t n)
{
    uint8_t frame[sizeof(REKEY_FRAME)] = {0, 0, 0, sizeof(REKEY_FRAME) - FRAME_HEAD};
    size_t at = FRAME_HEAD;

    for (size_t i = 0; i < n && at < sizeof(frame); i++)
        for (size_t j = 0; j < pieces[i].n && at < sizeof(frame); j++)
            frame[at++] = pieces[i].p[j];
    return is_rekey(frame);
}

static enum ph_err rekey_reserved(struct ph_tx *tx)
{
    enum ph_err err = PH_OK;

    /* The six bytes lie in one message, and nothing follows them there. */
    if (PH_NOISE_PLAIN_MAX - open_plain(tx) < sizeof(REKEY_FRAME))
        err = seal(tx);
    if (!err)
        err = append(tx, ph_bytes(REKEY_FRAME, sizeof(REKEY_FRAME)));
    if (!err)
        err = seal(tx);
    if (err)
        return err;
    ph_cipher_rekey(&tx->cipher);
    tx->under_key = 0;
    return PH_OK;
}

enum ph_err ph_tx_rekey(struct ph_tx *tx)
{
    enum ph_err err;

    PH_ASSERT(tx->open || tx->err);
    if (tx->err)
        return tx->err;
    err = reserve(tx, sizeof(REKEY_FRAME));
    return err ? err : rekey_reserved(tx);
}

enum ph_err ph_tx_frame(struct ph_tx *tx, const struct ph_bytes *pieces, size_t n)
{
    uint8_t head[FRAME_HEAD];
    size_t total = 0;
    enum ph_err err;

    PH_ASSERT(tx->open || tx->err);
    if (tx->err)
        return tx->err;
    for (size_t i = 0; i < n; i++) {
        if (pieces[i].n > PH_FRAME_MAX - total)
            return PH_ERR_LIMIT;
        total += pieces[i].n;
    }
    if (total == 0)
        return PH_ERR_LIMIT;
    if (total == sizeof(REKEY_FRAME) - FRAME_HEAD && pieces_are_rekey(pieces, n))
        return PH_ERR_PROTOCOL;
    err = reserve(tx, sizeof(REKEY_FRAME) + FRAME_HEAD + total);
    if (err)
        return err;
    /* One more message for the REKEY frame that will have to follow this one. */
    if (tx->under_key + messages_of(FRAME_HEAD + total) + 1 > PH_REKEY_MESSAGES)
        err = rekey_reserved(tx);
    ph_put_be32(head, (uint32_t)total);
    if (!err)
        err = append(tx, ph_bytes(head, sizeof(head)));
    for (size_t i = 0; i < n && !err; i++)
        err = append(tx, pieces[i]);
    return err;
}

size_t ph_tx_pending(const struct ph_tx *tx)
{
    return tx->out.n;
}

enum ph_err ph_tx_take(struct ph_tx *tx, struct ph_buf *out)
{
    enum ph_err err;

    if (tx->err)
        return tx->err;
    err = seal(tx);
    if (err)
        return err;
    *out = tx->out;
    tx->out = ph_buf(out->max);
    tx->open_at = 0;
    return PH_OK;
}
