/* SPDX-License-Identifier: Apache-2.0
 *
 * From the byte stream of a connection to frames, and back.
 *
 * Three layers: TCP bytes are cut into *Noise messages* (2-byte big-endian length, at most 65,535
 * bytes); each opens to a piece of the inner stream; the inner stream is cut into *frames* (4-byte
 * big-endian length, 1 to PH_FRAME_MAX bytes, one msgpack message). Frames and Noise messages do
 * not line up: many small frames share one Noise message, one large frame takes many. Any split of
 * the input gives the same frames.
 *
 * Bounded: at most one sealed Noise message and, opened, one frame plus one Noise message are held.
 * Nothing is ever allocated for a length that was announced but not received, and a length of 0 or
 * over the limit is an error the moment its four bytes are known.
 *
 * Rekeying is done here and nowhere else, so that it cannot come out of step. A REKEY frame is the
 * six bytes 00 00 00 02 91 08. The rule: it lies whole inside one Noise message and is the last
 * thing in it; the direction's cipher is rekeyed right behind that message, and the next message is
 * under the new key. A REKEY frame that is split over two messages, or followed by another byte in
 * its own, is PH_ERR_PROTOCOL. The sender puts one in by itself before PH_REKEY_MESSAGES messages
 * are sealed under one key, and on ph_tx_rekey(), which the engine calls every PH_REKEY_MS; a
 * receiver that has opened more than PH_REKEY_MESSAGES + PH_REKEY_GRACE under one key ends the
 * session. The receiver gets no REKEY frame to see: struct ph_rx swallows it.
 *
 * After any error the direction is dead: every later call gives the same error. */
#ifndef PH_WIRE_FRAME_H
#define PH_WIRE_FRAME_H

#include "proto/base/buf.h"
#include "proto/base/limits.h"
#include "proto/wire/cipher.h"

/* Noise messages a receiver allows past PH_REKEY_MESSAGES: a REKEY frame waits for the end of the
 * frame before it, which may take 21 messages. */
#define PH_REKEY_GRACE 64

/** Bytes of plain text one Noise message carries. */
#define PH_NOISE_PLAIN_MAX (PH_NOISE_MAX - PH_NOISE_TAG)

/** Receiving side of one connection. Zero-initialise through ph_rx(). */
struct ph_rx {
    enum ph_err err; /* sticky */
    bool open;       /* the handshake is over: messages are decrypted with @cipher */
    struct ph_cipher cipher;
    uint64_t under_key;   /* messages opened since the last rekey */
    size_t message_max;   /* during the handshake: longest message allowed */
    struct ph_buf sealed; /* an incomplete Noise message with its length */
    struct ph_buf plain;  /* opened, not yet given out */
    size_t given;         /* bytes at the start of @plain that were given out already */
    size_t scanned;       /* end of the last whole frame found in @plain */
    uint64_t frames;      /* whole frames found, REKEY included: for rate limits */
};

/** Sending side of one connection. */
struct ph_tx {
    enum ph_err err; /* sticky */
    bool open;
    struct ph_cipher cipher;
    uint64_t under_key; /* messages sealed since the last rekey */
    struct ph_buf out;  /* sealed messages, then at most one still open */
    size_t open_at;     /* where the open message starts in @out; == out.n when none is open */
};

/** A receiver in the handshake phase that accepts Noise messages of at most @message_max bytes
 * (PH_NOISE_MESSAGE1_MAX or PH_NOISE_MESSAGE2_MAX). Allocates nothing yet. */
struct ph_rx ph_rx(size_t message_max);
/** A sender that holds at most @out_max bytes not yet taken. */
struct ph_tx ph_tx(size_t out_max);
/** Wipe and free; take zeroed ones. */
void ph_rx_done(struct ph_rx *rx);
void ph_tx_done(struct ph_tx *tx);

/** Handshake phase: cut one whole Noise message off the front of @in.
 *
 * @in       bytes as they came; what was used is taken off the front. Call again with what is left.
 * @message  set when @got: the message without its length, a view good until the next call.
 *
 * PH_ERR_LIMIT  longer than the receiver's limit; PH_ERR_FORMAT: a length of 0; PH_ERR_NOMEM */
enum ph_err ph_rx_handshake(struct ph_rx *rx, struct ph_bytes *in, struct ph_bytes *message,
                            bool *got, struct ph_why *why);
/** Handshake phase: append @message with its length to what is to be sent. */
enum ph_err ph_tx_handshake(struct ph_tx *tx, struct ph_bytes message);

/** The handshake is over: from the next byte on, @cipher applies. @cipher is moved in and wiped. */
void ph_rx_open(struct ph_rx *rx, struct ph_cipher *cipher);
void ph_tx_open(struct ph_tx *tx, struct ph_cipher *cipher);

/** Take the next frame.
 *
 *     while (!(err = ph_rx_next(rx, &in, &frame, &got, why)) && got)
 *         on_frame(frame);
 *
 * @in     bytes as they came; what was used is taken off the front. All of it is used when no frame
 *         comes out.
 * @frame  set when @got: the frame without its length, a view good until the next call.
 *
 * PH_ERR_FORMAT     a frame of length 0, a Noise message without plain text
 * PH_ERR_LIMIT      a frame over PH_FRAME_MAX, or the cipher's nonce has run out
 * PH_ERR_TRUNCATED  a Noise message shorter than its tag
 * PH_ERR_FORGED     a Noise message was altered, dropped or moved
 * PH_ERR_PROTOCOL   a REKEY frame in the wrong place, or missing
 * PH_ERR_NOMEM */
enum ph_err ph_rx_next(struct ph_rx *rx, struct ph_bytes *in, struct ph_bytes *frame, bool *got,
                       struct ph_why *why);

/** The connection has ended: PH_OK when it did so between two frames, PH_ERR_TRUNCATED when inside
 * one (or inside a Noise message), or the error the receiver died of. */
enum ph_err ph_rx_end(const struct ph_rx *rx);

/** Queue one frame whose payload is the @n @pieces in a row. It is copied once, to where it will be
 * encrypted in place; full Noise messages are sealed on the way.
 *
 * PH_ERR_LIMIT     the payload is empty or over PH_FRAME_MAX, or the sender's buffer would
 * overflow: nothing was queued, and the sender stays usable PH_ERR_PROTOCOL  the payload is a REKEY
 * message: that is ph_tx_rekey() PH_ERR_NOMEM     likewise nothing was queued */
enum ph_err ph_tx_frame(struct ph_tx *tx, const struct ph_bytes *pieces, size_t n);

/** Queue a REKEY frame and rekey behind it. Errors as for ph_tx_frame(). */
enum ph_err ph_tx_rekey(struct ph_tx *tx);

/** Bytes that wait to be taken, as they will be on the wire (without the last tag, while a message
 * is open). */
size_t ph_tx_pending(const struct ph_tx *tx);

/** Seal what is open and hand out everything queued: one buffer for one write.
 *
 * @out  receives the memory (the caller frees with ph_buf_done()); empty when nothing waited. What
 * it held before must have been freed.
 *
 * PH_ERR_LIMIT  the cipher's nonce has run out; PH_ERR_NOMEM */
enum ph_err ph_tx_take(struct ph_tx *tx, struct ph_buf *out);

#endif
