/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages: whatever decodes is encoded again to the same bytes. */
#include <stdlib.h>

#include "proto/wire/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool ok)
{
    if (!ok)
        abort();
}

/* Error numbers without a name here, and unknown types, cannot be sent again as they were. */
static bool is_lossy(const struct ph_message *m)
{
    if (m->type == PH_MESSAGE_BYE)
        return m->bye.code == PH_ERR_INTERNAL;
    for (size_t i = 0; m->type == PH_MESSAGE_REJECT && i < m->reject.n; i++)
        if (m->reject.rejects[i].code == PH_ERR_INTERNAL)
            return true;
    return m->type == PH_MESSAGE_UNKNOWN;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ph_buf again = ph_buf(PH_FRAME_MAX);
    struct ph_why why = {.code = PH_OK};
    struct ph_message m;

    if (size > PH_FRAME_MAX)
        return 0;
    if (ph_message_decode(&m, ph_bytes(data, size), &why)) {
        need(why.code != PH_OK && why.what[0]);
        return 0;
    }
    if (!is_lossy(&m)) {
        need(!ph_message_encode(&again, &m));
        need(ph_bytes_equal(ph_buf_bytes(&again), ph_bytes(data, size)));
    }
    ph_buf_done(&again);
    ph_message_done(&m);
    return 0;
}
