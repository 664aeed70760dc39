/* SPDX-License-Identifier: Apache-2.0
 *
 * PING and PONG: is it alive, and how far away? One question at a time. */
#include "proto/sync/engine_priv.h"

void ph__ping_send(struct ph_engine *engine, struct ph__session *s)
{
    s->ping_cookie = ph_random_u64(&engine->random);
    s->ping_mono = engine->now.mono;
    struct ph_message message = {.type = PH_MESSAGE_PING, .ping = {.cookie = s->ping_cookie}};
    (void)ph__send_or_close(engine, s, &message);
}

void ph__on_ping(struct ph_engine *engine, struct ph__session *s, const struct ph_message *message,
                 size_t frame_bytes)
{
    (void)frame_bytes;
    struct ph_message pong = {.type = PH_MESSAGE_PONG, .ping = message->ping};
    (void)ph__send_or_close(engine, s, &pong);
}

void ph__on_pong(struct ph_engine *engine, struct ph__session *s, const struct ph_message *message,
                 size_t frame_bytes)
{
    (void)frame_bytes;
    if (s->ping_mono == 0 || message->ping.cookie != s->ping_cookie)
        return;
    s->rtt_ms = engine->now.mono - s->ping_mono;
    s->ping_mono = 0;
}
