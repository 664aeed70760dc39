/* SPDX-License-Identifier: Apache-2.0
 *
 * The handshake, as either side reads it. The first byte chooses: the rest as message 1, as message
 * 2, or as the payload of an honest handshake of which one byte is changed and which must then
 * fail. */
#include <sodium.h>
#include <stdlib.h>

#include "proto/wire/noise.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t INIT_SECRET[32] = {1};
static const uint8_t RESP_SECRET[32] = {2};
static const uint8_t INIT_EPHEMERAL[32] = {3};
static const uint8_t RESP_EPHEMERAL[32] = {4};

static void need(bool ok)
{
    if (!ok)
        abort();
}

static void begin(struct ph_noise *init, struct ph_noise *resp)
{
    struct ph_bytes prologue = ph_bytes_str("posthorn/1");
    struct ph_transport_key remote;

    crypto_scalarmult_base(remote.b, RESP_SECRET);
    need(!ph_noise_initiate(init, prologue, INIT_SECRET, &remote, INIT_EPHEMERAL, NULL));
    need(!ph_noise_respond(resp, prologue, RESP_SECRET, RESP_EPHEMERAL, NULL));
}

/* Read bytes that no key holder made. */
static void raw(struct ph_noise *reader, struct ph_bytes message, struct ph_buf *payload)
{
    need(ph_noise_read(reader, message, payload, NULL) != PH_OK);
    need(payload->n == 0 && reader->state == PH_NOISE_DEAD && !ph_noise_remote(reader));
}

/* One message from @from to @to, its byte at @flip changed when there is one; true if it came
 * through. */
static bool pass(struct ph_noise *from, struct ph_noise *to, struct ph_bytes plain, size_t flip,
                 uint8_t bits)
{
    struct ph_buf wire = ph_buf(PH_NOISE_MAX);
    struct ph_buf read = ph_buf(PH_NOISE_MAX);
    bool changed;
    bool ok;

    if (ph_noise_write(from, plain, &wire, NULL)) {
        need(plain.n > PH_HANDSHAKE_PAYLOAD_MAX);
        return false;
    }
    changed = bits != 0 && flip < wire.n;
    if (changed)
        wire.p[flip] ^= bits;
    ok = ph_noise_read(to, ph_buf_bytes(&wire), &read, NULL) == PH_OK;
    need(ok != changed);
    need(!ok || ph_bytes_equal(ph_buf_bytes(&read), plain));
    ph_buf_done(&wire);
    ph_buf_done(&read);
    return ok;
}

static void honest(struct ph_noise *init, struct ph_noise *resp, struct ph_bytes in)
{
    size_t flip = ph_get_be16(in.p);
    uint8_t bits = in.p[2];
    bool second = (in.p[3] & 1) != 0;
    struct ph_bytes plain = ph_bytes(in.p + 4, in.n - 4);

    if (!pass(init, resp, plain, second ? SIZE_MAX : flip, bits))
        return;
    need(ph_noise_remote(resp) != NULL);
    if (pass(resp, init, plain, second ? flip : SIZE_MAX, bits))
        need(ph_noise_is_complete(init) && ph_noise_is_complete(resp));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ph_buf payload = ph_buf(PH_NOISE_MAX);
    struct ph_buf message = ph_buf(PH_NOISE_MAX);
    struct ph_noise init;
    struct ph_noise resp;

    if (sodium_init() < 0 || size == 0 || size > PH_NOISE_MAX)
        return 0;
    begin(&init, &resp);
    if (data[0] % 3 == 0) {
        raw(&resp, ph_bytes(data + 1, size - 1), &payload);
    } else if (data[0] % 3 == 1) {
        need(!ph_noise_write(&init, ph_bytes(NULL, 0), &message, NULL));
        raw(&init, ph_bytes(data + 1, size - 1), &payload);
    } else if (size > 5) {
        honest(&init, &resp, ph_bytes(data + 1, size - 1));
    }
    ph_noise_done(&init);
    ph_noise_done(&resp);
    ph_buf_done(&payload);
    ph_buf_done(&message);
    return 0;
}
