/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/puppet.h"

#include <stdio.h>
#include <stdlib.h>

#include "proto/base/assert.h"
#include "proto/base/writer.h"
#include "proto/record/record.h"

static void must(enum ph_err err, const char *what)
{
    if (err)
        sim_stop(what);
}

static void flush(struct sim_puppet *puppet)
{
    struct ph_buf out = {.n = 0};
    if (!puppet->connected)
        return;
    must(ph_tx_take(&puppet->tx, &out), "puppet cannot seal");
    sim_net_send(puppet->world, puppet->conn, ph_buf_bytes(&out));
    ph_buf_done(&out);
}

void sim_puppet_send_frame(struct sim_puppet *puppet, struct ph_bytes payload)
{
    if (!puppet->up || puppet->closed)
        return;
    must(ph_tx_frame(&puppet->tx, &payload, 1), "puppet cannot send");
    flush(puppet);
}

void sim_puppet_send_stream(struct sim_puppet *puppet, struct ph_bytes stream)
{
    if (!puppet->up || puppet->closed)
        return;
    flush(puppet);
    uint8_t sealed[2 + 4096 + PH_NOISE_TAG];
    PH_ASSERT(stream.n > 0 && stream.n <= 4096);
    must(ph_cipher_encrypt(&puppet->tx.cipher, sealed + 2, stream), "puppet cannot seal");
    ph_put_be16(sealed, (uint16_t)(stream.n + PH_NOISE_TAG));
    sim_net_send(puppet->world, puppet->conn, ph_bytes(sealed, 2 + stream.n + PH_NOISE_TAG));
}

void sim_puppet_send(struct sim_puppet *puppet, const struct ph_message *message)
{
    struct ph_buf frame = ph_buf(PH_FRAME_MAX);
    must(ph_message_encode(&frame, message), "puppet cannot encode");
    sim_puppet_send_frame(puppet, ph_buf_bytes(&frame));
    ph_buf_done(&frame);
}

void sim_puppet_send_ids(struct sim_puppet *puppet, enum ph_message_type type,
                         const struct ph_id *ids, size_t n)
{
    struct ph_message message = {.type = type};
    if (type == PH_MESSAGE_WANT)
        message.want.whole = (struct ph_ids){.ids = ids, .n = n};
    else
        message.ids.ids = (struct ph_ids){.ids = ids, .n = n};
    sim_puppet_send(puppet, &message);
}

void sim_puppet_send_record(struct sim_puppet *puppet, const struct ph_record *record,
                            bool with_body)
{
    struct ph_wire_record wire = {.header = record->raw_header, .has_body = with_body};
    struct ph_message message = {.type = PH_MESSAGE_RECORD, .record = {.records = &wire, .n = 1}};
    if (with_body)
        wire.body = record->body;
    memcpy(wire.signature, record->sig, sizeof(wire.signature));
    sim_puppet_send(puppet, &message);
}

void sim_puppet_credit(struct sim_puppet *puppet, uint64_t bytes)
{
    struct ph_message message = {.type = PH_MESSAGE_CREDIT, .credit = {.bytes = bytes}};
    sim_puppet_send(puppet, &message);
}

void sim_puppet_hello(struct sim_puppet *puppet)
{
    struct ph_message message = {.type = PH_MESSAGE_HELLO};
    message.hello = (struct ph_msg_hello){
        .major = PH_WIRE_MAJOR,
        .minor = puppet->minor,
        .software = ph_bytes_str("puppet"),
        .time = puppet->world->wall_start + puppet->world->mono + (uint64_t)puppet->skew_ms,
        .boot = 1,
        .roster_seq = ph_members_roster(puppet->members)->seq,
        .roster_hash = ph_members_roster_hash(puppet->members),
        .cards_digest = ph_members_cards_digest(puppet->members),
    };
    memcpy(message.hello.store_id, puppet->store_id, sizeof(puppet->store_id));
    if (puppet->lies_about_trust)
        message.hello.cards_digest.b[0] ^= 1;
    sim_puppet_send(puppet, &message);
}

/* ---- handshake ---- */

static void write_document(struct ph_writer *w, struct ph_bytes document)
{
    if (document.n)
        ph_write_bin(w, document);
    else
        ph_write_nil(w);
}

static void send_message1(struct sim_puppet *puppet)
{
    uint8_t ephemeral[32];
    struct ph_buf prologue = ph_buf(64), plain = ph_buf(PH_HANDSHAKE_PAYLOAD_MAX);
    struct ph_buf message = ph_buf(PH_NOISE_MESSAGE1_MAX);
    ph_random_bytes(&puppet->world->random, ephemeral, sizeof(ephemeral));
    must(ph_buf_add(&prologue, ph_bytes_str("posthorn/1")), "prologue");
    must(ph_buf_add(&prologue, ph_bytes(puppet->prologue_community.b, 32)), "prologue");
    struct ph_writer w = ph_writer(&plain);
    ph_ms clock = puppet->world->wall_start + puppet->world->mono + (uint64_t)puppet->skew_ms;
    ph_write_array(&w, 3);
    ph_write_uint(&w, puppet->handshake_at ? puppet->handshake_at : clock);
    write_document(&w, puppet->roster);
    write_document(&w, puppet->card);
    must(ph_writer_end(&w), "payload");
    must(ph_noise_initiate(&puppet->noise, ph_buf_bytes(&prologue), puppet->org->transport_secret,
                           &puppet->target->transport_key, ephemeral, NULL),
         "initiate");
    must(ph_noise_write(&puppet->noise, ph_buf_bytes(&plain), &message, NULL), "message 1");
    must(ph_tx_handshake(&puppet->tx, ph_buf_bytes(&message)), "message 1");
    must(ph_tx_take(&puppet->tx, &puppet->message1), "message 1");
    sim_net_send(puppet->world, puppet->conn, ph_buf_bytes(&puppet->message1));
    ph_buf_done(&prologue);
    ph_buf_done(&plain);
    ph_buf_done(&message);
}

static void on_message2(struct sim_puppet *puppet, struct ph_bytes message)
{
    struct ph_cipher tx, rx;
    struct ph_buf plain = ph_buf(PH_HANDSHAKE_PAYLOAD_MAX);
    must(ph_noise_read(&puppet->noise, message, &plain, NULL), "message 2");
    ph_buf_done(&plain);
    must(ph_noise_split(&puppet->noise, &tx, &rx), "split");
    ph_tx_open(&puppet->tx, &tx);
    ph_rx_open(&puppet->rx, &rx);
    puppet->up = true;
    if (!puppet->keeps_quiet)
        sim_puppet_hello(puppet);
}

static void on_frame(struct sim_puppet *puppet, struct ph_bytes frame)
{
    struct ph_message message;
    must(ph_message_decode(&message, frame, NULL), "an engine sent what it could not have");
    if (message.number < PH_LEN(puppet->n_in))
        puppet->n_in[message.number]++;
    if (message.type == PH_MESSAGE_BYE) {
        puppet->heard_bye = true;
        puppet->bye = message.bye.code;
    }
    if (puppet->on_message)
        puppet->on_message(puppet, &message);
    ph_message_done(&message);
}

/* ---- what the network calls ---- */

static void on_connected(void *ctx, ph_conn conn, const struct ph_dial *dial)
{
    struct sim_puppet *puppet = ctx;
    if (!dial || puppet->connected) { /* it does not take calls */
        sim_net_close(puppet->world, conn);
        return;
    }
    puppet->conn = conn;
    puppet->connected = true;
    if (puppet->message1.n > 0) /* raw bytes or a replay */
        sim_net_send(puppet->world, conn, ph_buf_bytes(&puppet->message1));
    else
        send_message1(puppet);
}

static void on_dial_failed(void *ctx, const struct ph_dial *dial)
{
    struct sim_puppet *puppet = ctx;
    (void)dial;
    puppet->closed = true;
}

static void on_bytes(void *ctx, ph_conn conn, struct ph_bytes bytes)
{
    struct sim_puppet *puppet = ctx;
    if (conn != puppet->conn)
        return;
    puppet->bytes_in += bytes.n;
    for (bool got = true; got && puppet->noise.state != PH_NOISE_DEAD && !puppet->up;) {
        struct ph_bytes message;
        must(ph_rx_handshake(&puppet->rx, &bytes, &message, &got, NULL), "puppet cannot read");
        if (got)
            on_message2(puppet, message);
    }
    for (bool got = puppet->up && !puppet->stops_reading; got;) {
        struct ph_bytes frame;
        must(ph_rx_next(&puppet->rx, &bytes, &frame, &got, NULL), "puppet cannot read");
        if (got)
            on_frame(puppet, frame);
    }
}

static void on_sent(void *ctx, ph_conn conn, size_t n)
{
    (void)ctx;
    (void)conn;
    (void)n;
}

static void on_closed(void *ctx, ph_conn conn)
{
    struct sim_puppet *puppet = ctx;
    if (conn == puppet->conn) {
        puppet->closed = true;
        puppet->connected = false;
    }
}

/* ---- life ---- */

struct sim_puppet *sim_puppet_new(struct sim_world *world,
                                  const struct ph_test_community *community,
                                  const struct ph_test_org *org)
{
    struct sim_puppet *puppet = sim_alloc(1, sizeof(*puppet));
    puppet->world = world;
    puppet->org = org;
    puppet->members = community->members;
    puppet->prologue_community = community->id;
    puppet->minor = PH_WIRE_MINOR;
    puppet->rx = ph_rx(PH_NOISE_MESSAGE2_MAX);
    puppet->tx = ph_tx(64 * PH_FRAME_MAX);
    struct sim_host host = {.ctx = puppet,
                            .connected = on_connected,
                            .dial_failed = on_dial_failed,
                            .bytes = on_bytes,
                            .sent = on_sent,
                            .closed = on_closed};
    char address[64];
    (void)snprintf(address, sizeof(address), "puppet-%zu:1", (size_t)world->next_order);
    sim_net_join(world, &host, address);
    return puppet;
}

void sim_puppet_free(struct sim_puppet *puppet)
{
    if (!puppet)
        return;
    sim_net_leave(puppet->world, puppet);
    ph_noise_done(&puppet->noise);
    ph_rx_done(&puppet->rx);
    ph_tx_done(&puppet->tx);
    ph_buf_done(&puppet->message1);
    free(puppet);
}

void sim_puppet_dial(struct sim_puppet *puppet, const struct ph_test_org *target)
{
    struct ph_dial dial = {.key = target->transport_key, .node = target->node_key};
    (void)snprintf(dial.address, sizeof(dial.address), "%s", target->card->nodes[0].addresses[0]);
    puppet->target = target;
    sim_net_dial(puppet->world, puppet, &dial);
}

void sim_puppet_dial_raw(struct sim_puppet *puppet, const struct ph_test_org *target,
                         struct ph_bytes bytes)
{
    puppet->message1 = ph_buf(bytes.n);
    must(ph_buf_add(&puppet->message1, bytes), "raw bytes");
    sim_puppet_dial(puppet, target);
}

void sim_puppet_hang_up(struct sim_puppet *puppet)
{
    if (puppet->connected)
        sim_net_close(puppet->world, puppet->conn);
    puppet->connected = false;
    puppet->closed = true;
}
