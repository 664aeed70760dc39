/* SPDX-License-Identifier: Apache-2.0
 *
 * Headers: whatever decodes is encoded again to the same bytes, and is what ph_header_check()
 * takes. */
#include <stdlib.h>

#include "proto/record/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool ok)
{
    if (!ok)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ph_bytes bytes = ph_bytes(data, size);
    struct ph_why why = {.code = PH_OK};
    struct ph_header header;

    if (ph_header_decode(&header, bytes, &why)) {
        need(why.code != PH_OK && why.what[0]);
        return 0;
    }
    struct ph_buf again = ph_buf(PH_HEADER_MAX);
    struct ph_channel channels[4];
    struct ph_code self = {.s = "IT"};
    size_t n;
    need(!ph_header_check(&header, NULL));
    need(!ph_header_encode(&again, &header, NULL));
    need(ph_bytes_equal(ph_buf_bytes(&again), bytes));
    struct ph_id id = ph_header_id(bytes, header.created);
    need(ph_id_created(&id) == header.created);
    ph_record_channels(channels, PH_LEN(channels), &n, &header, &self, &self);
    need(n >= 1 && n <= PH_RECIPIENTS_MAX + 1);
    ph_buf_done(&again);
    ph_header_done(&header);
    return 0;
}
