/* SPDX-License-Identifier: Apache-2.0
 *
 * GONE: the peer does not have what it was asked for, or may not give it; the two look the same. */
#include "proto/sync/engine_priv.h"

void ph__on_gone(struct ph_engine *engine, struct ph__session *s, const struct ph_message *message,
                 size_t frame_bytes)
{
    const struct ph_ids *ids = &message->ids.ids;
    (void)frame_bytes;
    for (size_t i = 0; i < ids->n; i++) {
        struct ph__want *want = ph__wanted_get(&engine->wanted, &ids->ids[i]);
        if (!want)
            continue;
        if (want->state != PH__WANT_HERE && want->with == s->conn)
            ph__fetch_elsewhere(engine, want, s->conn);
        else
            ph__want_drop_source(want, s->conn);
    }
}
