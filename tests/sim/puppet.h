/* SPDX-License-Identifier: Apache-2.0
 *
 * A member whose every byte a test decides: real handshake and transport, no engine behind it.
 * Plays the roles that an honest node never does, and sees in the clear all that it is sent. */
#ifndef PH_TESTS_SIM_PUPPET_H
#define PH_TESTS_SIM_PUPPET_H

#include "proto/wire/frame.h"
#include "proto/wire/message.h"
#include "proto/wire/noise.h"
#include "tests/lib/community.h"
#include "tests/sim/net.h"

struct sim_puppet;
/** Called with each message that came in, decoded. */
typedef void sim_on_message(struct sim_puppet *puppet, const struct ph_message *message);

struct sim_puppet {
    struct sim_world *world;
    const struct ph_test_org *org;
    struct ph_hash prologue_community; /* the right one, unless a test says otherwise */
    const struct ph_members *members;  /* what its HELLO claims; borrowed */
    const struct ph_test_org *target;
    int64_t skew_ms;
    uint64_t minor; /* that it claims to speak */
    uint8_t store_id[16];
    bool lies_about_trust; /* its HELLO names cards that nobody has */
    bool keeps_quiet;      /* sends no HELLO of its own accord */
    bool stops_reading;    /* what comes in is dropped unread */
    ph_ms handshake_at;    /* timestamp of message 1; 0: its clock */
    struct ph_bytes card;  /* to enclose in message 1 */
    struct ph_bytes roster;
    sim_on_message *on_message;
    void *ctx;

    bool connected;
    bool up;     /* handshake complete */
    bool closed; /* by the other side */
    ph_conn conn;
    struct ph_noise noise;
    struct ph_rx rx;
    struct ph_tx tx;
    uint64_t bytes_in; /* raw */
    uint64_t n_in[32]; /* messages by type */
    enum ph_err bye;   /* code of the BYE it heard */
    bool heard_bye;
    struct ph_buf message1; /* as it went out, with its length: for replays */
};

/** A puppet with the keys of @org, at an address of its own, not connected. Its HELLO claims
 * @community's view at this moment. */
struct sim_puppet *sim_puppet_new(struct sim_world *world,
                                  const struct ph_test_community *community,
                                  const struct ph_test_org *org);
void sim_puppet_free(struct sim_puppet *puppet);
/** Dial @target and go through the handshake. */
void sim_puppet_dial(struct sim_puppet *puppet, const struct ph_test_org *target);
/** Dial, and write @bytes raw instead of a handshake. */
void sim_puppet_dial_raw(struct sim_puppet *puppet, const struct ph_test_org *target,
                         struct ph_bytes bytes);
void sim_puppet_hello(struct sim_puppet *puppet);
void sim_puppet_send(struct sim_puppet *puppet, const struct ph_message *message);
/** One frame with this payload, well sealed whatever it is. */
void sim_puppet_send_frame(struct sim_puppet *puppet, struct ph_bytes payload);
/** Plain text for the inner stream, frame lengths and all, well sealed whatever it is. */
void sim_puppet_send_stream(struct sim_puppet *puppet, struct ph_bytes stream);
void sim_puppet_send_ids(struct sim_puppet *puppet, enum ph_message_type type,
                         const struct ph_id *ids, size_t n);
void sim_puppet_send_record(struct sim_puppet *puppet, const struct ph_record *record,
                            bool with_body);
void sim_puppet_credit(struct sim_puppet *puppet, uint64_t bytes);

void sim_puppet_hang_up(struct sim_puppet *puppet);

#endif
