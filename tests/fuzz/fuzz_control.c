/* SPDX-License-Identifier: Apache-2.0
 *
 * Control socket: any bytes as a request, and as a daemon's answer. */
#include <stdlib.h>

#include "proto/wire/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ph_control_request request;
    struct ph_control_published published;
    struct ph_control_status status;
    struct ph_reader r;
    struct ph_why why;
    if (ph_control_request_decode(&request, ph_bytes(data, size), &why) == PH_OK) {
        struct ph_buf again = ph_buf(PH_CONTROL_MAX + 4);
        /* One value has one encoding: what was read is written back to the byte. */
        if (ph_control_request_encode(&again, &request) != PH_OK || again.n != size + 4 ||
            memcmp(again.p + 4, data, size) != 0)
            abort();
        ph_buf_done(&again);
        ph_control_request_done(&request);
    }
    if (ph_control_answer_begin(&r, ph_bytes(data, size), &why) == PH_OK) {
        struct ph_reader copy = r;
        (void)!ph_control_read_published(&published, &copy, &why);
        if (ph_control_read_status(&status, &r, &why) == PH_OK)
            free(status.peers);
    }
    return 0;
}
