/* SPDX-License-Identifier: Apache-2.0
 *
 * CREDIT, both ways: what the peer is ready for, and what we grant as records are dealt with. */
#include "proto/sync/engine_priv.h"

void ph__on_credit(struct ph_engine *engine, struct ph__session *s,
                   const struct ph_message *message, size_t frame_bytes)
{
    (void)frame_bytes;
    if (ph_credit_granted(&s->credit, message->credit.bytes) != PH_OK)
        ph__session_close(engine, s, PH_ERR_PROTOCOL, true, "absurd CREDIT");
}

void ph__credit_pump(struct ph_engine *engine, struct ph__session *s)
{
    if (!s->hello_heard || s->state == PH__CLOSING)
        return;
    uint64_t grant = ph_credit_take_grant(&s->credit, s->n_batches == 0 && !s->inbox);
    if (grant == 0)
        return;
    struct ph_message message = {.type = PH_MESSAGE_CREDIT, .credit = {.bytes = grant}};
    (void)ph__send_or_close(engine, s, &message);
}
