/* SPDX-License-Identifier: Apache-2.0
 *
 * The handshake: Noise_IK_25519_ChaChaPoly_BLAKE2b, two messages, on libsodium.
 *
 * The dialler (initiator) knows whom it calls; the listener (responder) learns who called by
 * reading message 1, and looks the key up before it writes a byte. The prologue is
 * `"posthorn/1" || community id`, so a node of another community fails at the first tag.
 *
 *     initiator                                       responder
 *     ph_noise_initiate()                             ph_noise_respond()
 *     ph_noise_write()   message 1: e, es, s, ss  ->  ph_noise_read(), then ph_noise_remote()
 *     ph_noise_read()    message 2: e, ee, se     <-  ph_noise_write()
 *     ph_noise_split()                                ph_noise_split()
 *
 * Sans-I/O: the ephemeral secret comes in as bytes, drawn by the host and never used twice. Keys
 * that are small-order, not reduced below 2^255-19 or have their top bit set are refused, here and,
 * by ph_x25519_is_valid() when a card is read: a revoked key must not return in another spelling.
 * After any error the handshake is dead and wiped: there is no second try. Not replay protected by
 * itself: message 1 can be replayed to the same node, so nothing in its payload may have an effect
 * before the caller has proved its liveness by a transport message. Format: docs/protocol.md;
 * source: the Noise Protocol Framework, revision 34. */
#ifndef PH_WIRE_NOISE_H
#define PH_WIRE_NOISE_H

#include "proto/base/buf.h"
#include "proto/base/limits.h"
#include "proto/trust/keys.h"
#include "proto/wire/cipher.h"

/* What the two messages add to their payloads: keys and tags. */
#define PH_NOISE_MESSAGE1_MIN (32 + 32 + PH_NOISE_TAG + PH_NOISE_TAG)
#define PH_NOISE_MESSAGE2_MIN (32 + PH_NOISE_TAG)
#define PH_NOISE_MESSAGE1_MAX (PH_NOISE_MESSAGE1_MIN + PH_HANDSHAKE_PAYLOAD_MAX)
#define PH_NOISE_MESSAGE2_MAX (PH_NOISE_MESSAGE2_MIN + PH_HANDSHAKE_PAYLOAD_MAX)

_Static_assert(PH_NOISE_MESSAGE1_MAX <= PH_NOISE_MAX, "a handshake message fits its length prefix");

/* Where a handshake stands. */
enum ph_noise_state {
    PH_NOISE_DEAD, /* not begun, failed, split or wiped */
    PH_NOISE_WRITE1,
    PH_NOISE_READ1,
    PH_NOISE_WRITE2,
    PH_NOISE_READ2,
    PH_NOISE_SPLIT /* both messages are done */
};

/** One handshake. Holds secrets: every path ends in ph_noise_done(). */
struct ph_noise {
    enum ph_noise_state state;
    bool initiator;
    bool has_key;    /* a DH result was mixed in, so payloads are encrypted */
    bool has_remote; /* @remote is known */
    struct ph_cipher cipher;
    uint8_t chaining_key[64];
    uint8_t hash[64];
    uint8_t own_secret[32];
    uint8_t own_public[32];
    uint8_t ephemeral_secret[32];
    uint8_t ephemeral_public[32];
    struct ph_transport_key remote;
    uint8_t remote_ephemeral[32];
};

/** Begin as the side that dials.
 *
 * @own_secret        our transport key. Copied; wiped by ph_noise_done().
 * @remote            whom we call.
 * @ephemeral_secret  32 bytes from the host's random source, used for nothing else.
 *
 * PH_ERR_KEY  @remote is no valid key */
enum ph_err ph_noise_initiate(struct ph_noise *hs, struct ph_bytes prologue,
                              const uint8_t own_secret[static 32],
                              const struct ph_transport_key *remote,
                              const uint8_t ephemeral_secret[static 32], struct ph_why *why);
/** Begin as the side that was called. Arguments as for ph_noise_initiate(). */
enum ph_err ph_noise_respond(struct ph_noise *hs, struct ph_bytes prologue,
                             const uint8_t own_secret[static 32],
                             const uint8_t ephemeral_secret[static 32], struct ph_why *why);

/** Append our next handshake message to @out, without a length in front.
 *
 * @payload  at most PH_HANDSHAKE_PAYLOAD_MAX bytes. That of message 1 is encrypted to the
 * responder's static key (no forward secrecy); that of message 2 has it.
 *
 * PH_ERR_PROTOCOL  not our turn
 * PH_ERR_LIMIT     payload or @out is over its limit
 * PH_ERR_FORGED    a DH result was zero
 * PH_ERR_NOMEM */
enum ph_err ph_noise_write(struct ph_noise *hs, struct ph_bytes payload, struct ph_buf *out,
                           struct ph_why *why);

/** Read the other side's next handshake message and append its payload to @payload.
 *
 * PH_ERR_PROTOCOL   not their turn
 * PH_ERR_TRUNCATED  shorter than its keys and tags
 * PH_ERR_LIMIT      payload over PH_HANDSHAKE_PAYLOAD_MAX, or @payload is full
 * PH_ERR_KEY        an ephemeral or static key is small-order or not canonical
 * PH_ERR_FORGED     does not verify: other keys, another community, or altered
 * PH_ERR_NOMEM */
enum ph_err ph_noise_read(struct ph_noise *hs, struct ph_bytes message, struct ph_buf *payload,
                          struct ph_why *why);

/** The other side's static key: for the responder once message 1 was read; NULL before. Proven by
 * then to the extent that IK does (message 1 may be a replay; a transport message is the proof). */
const struct ph_transport_key *ph_noise_remote(const struct ph_noise *hs);

/** True once both messages are through and ph_noise_split() may be called. */
bool ph_noise_is_complete(const struct ph_noise *hs);

/** The handshake hash: names this session to both sides alike. Call before ph_noise_split(). */
void ph_noise_hash(const struct ph_noise *hs, uint8_t out[static 64]);

/** Take the two directions' ciphers out; the handshake is wiped.
 *
 * PH_ERR_PROTOCOL  not complete; @tx and @rx untouched */
enum ph_err ph_noise_split(struct ph_noise *hs, struct ph_cipher *tx, struct ph_cipher *rx);

/** Wipe. Takes zeroed and already done handshakes. */
void ph_noise_done(struct ph_noise *hs);

#endif
