/* SPDX-License-Identifier: Apache-2.0
 *
 * REJECT: the peer would not take these. Our operator is told, in moderation: a refused bulk import
 * must not fill the log. */
#include "proto/sync/engine_priv.h"

#define TOLD_MAX 16

void ph__on_reject(struct ph_engine *engine, struct ph__session *s,
                   const struct ph_message *message, size_t frame_bytes)
{
    const struct ph_msg_reject *reject = &message->reject;
    (void)frame_bytes;
    for (size_t i = 0; i < PH_MIN(reject->n, (size_t)TOLD_MAX); i++)
        ph__event(engine, PH_EVENT_REJECT_HEARD, reject->rejects[i].code, s, &reject->rejects[i].id,
                  ph_err_text(reject->rejects[i].code));
}
