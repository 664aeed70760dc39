/* SPDX-License-Identifier: Apache-2.0
 *
 * BYE: the peer's last word. Its reason goes to our log as it stands, made safe to print. */
#include <stdio.h>

#include "proto/base/text.h"
#include "proto/sync/engine_priv.h"

void ph__on_bye(struct ph_engine *engine, struct ph__session *s, const struct ph_message *message,
                size_t frame_bytes)
{
    char safe[128], text[160];
    (void)frame_bytes;
    (void)snprintf(text, sizeof(text), "peer said: %s",
                   ph_text_safe(safe, sizeof(safe), message->bye.text));
    enum ph_err code = message->bye.code ? message->bye.code : PH_ERR_CLOSED;
    if (code == PH_ERR_CLOCK)
        ph__event(engine, PH_EVENT_CLOCK, code, s, NULL, text);
    struct ph__peer *peer = s->peer;
    ph__session_end(engine, s, code, false, text);
    /* It keeps a session of our name that we do not have: one that crossed this and is still on its
     * way, or a clone's. Two clones that called again at once would take turns without end. */
    if (code == PH_ERR_DUPLICATE && peer && !peer->session)
        ph__peer_failed(engine, peer, code, false);
}
