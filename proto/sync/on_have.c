/* SPDX-License-Identifier: Apache-2.0
 *
 * HAVE: the peer holds these. What is not here is asked for, of it or of another that said so too.
 */
#include "proto/sync/engine_priv.h"

void ph__on_have(struct ph_engine *engine, struct ph__session *s, const struct ph_message *message,
                 size_t frame_bytes)
{
    const struct ph_ids *ids = &message->ids.ids;
    (void)frame_bytes;
    for (size_t i = 0; i < ids->n; i++) {
        if (ph__fetch_offer(engine, s, &ids->ids[i]) != PH__OFFER_FULL)
            continue;
        ph__heads_soon(engine, s); /* the rest when there is room again */
        return;
    }
}
