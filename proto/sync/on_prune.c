/* SPDX-License-Identifier: Apache-2.0
 *
 * PRUNE and GRAFT shape push trees. This version announces to every entitled peer, so it has no
 * tree to prune; a GRAFT names records that its sender misses, and they are answered like a WANT.
 */
#include "proto/sync/engine_priv.h"

void ph__on_prune(struct ph_engine *engine, struct ph__session *s, const struct ph_message *message,
                  size_t frame_bytes)
{
    if (message->type != PH_MESSAGE_GRAFT)
        return;
    struct ph_message want = {.type = PH_MESSAGE_WANT};
    want.want.whole = message->graft.ids;
    ph__on_want(engine, s, &want, frame_bytes);
}
