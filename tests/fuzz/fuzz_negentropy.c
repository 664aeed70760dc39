/* SPDX-License-Identifier: Apache-2.0
 *
 * Negentropy messages to a server and to a client. The first byte chooses the size of the set, the
 * second the frame limit; the rest is the message. What a server answers must be a message a client
 * takes, and keep its limits. */
#include <stdlib.h>

#include "proto/sync/negentropy_vector.h"

#define OUT_MAX ((size_t)1 << 26)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool ok)
{
    if (!ok)
        abort();
}

static enum ph_err count(void *ctx, const struct ph_id *id)
{
    size_t *n = ctx;

    (void)id;
    ++*n;
    return PH_OK;
}

/* @n items, several at one time, ids with common beginnings. */
static struct ph_negentropy_vector make_set(size_t n)
{
    struct ph_negentropy_vector v = {.items = NULL};

    for (size_t i = 0; i < n; i++) {
        struct ph_id id = {{0}};

        id.b[i % 7] = (uint8_t)(i * 31);
        ph_put_be32(id.b + 8, (uint32_t)i);
        need(!ph_negentropy_vector_add(&v, i / 5, &id));
    }
    need(!ph_negentropy_vector_seal(&v));
    return v;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t limits[] = {0, 4096, 60000};
    struct ph_negentropy_vector v;
    struct ph_negentropy_set set;
    struct ph_negentropy ne;
    struct ph_buf out = ph_buf(OUT_MAX);
    struct ph_buf next = ph_buf(OUT_MAX);
    struct ph_bytes message;
    size_t found = 0;
    struct ph_negentropy_found sink = {.ctx = &found, .have = count, .need = count};
    bool done = false;

    if (size < 2)
        return 0;
    v = make_set((size_t)data[0] * 4);
    set = ph_negentropy_vector_set(&v);
    need(!ph_negentropy_init(&ne, &set, limits[data[1] % PH_LEN(limits)]));
    message = ph_bytes(data + 2, size - 2);

    if (ph_negentropy_answer(&ne, message, &out, NULL)) {
        need(out.n == 0);
    } else {
        need(out.n > 0 && (ne.frame_max == 0 || out.n <= ne.frame_max));
        /* It comes from a set equal to ours: nothing to be found. */
        need(!ph_negentropy_proceed(&ne, ph_buf_bytes(&out), &sink, &next, &done, NULL));
        need(found == 0 && done);
    }
    ph_buf_clear(&next);
    if (!ph_negentropy_proceed(&ne, message, &sink, &next, &done, NULL)) {
        need(done == (next.n == 0));
        need(ne.frame_max == 0 || next.n <= ne.frame_max);
    }
    ph_buf_done(&out);
    ph_buf_done(&next);
    ph_negentropy_vector_done(&v);
    return 0;
}
