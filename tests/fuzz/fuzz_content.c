/* SPDX-License-Identifier: Apache-2.0
 *
 * Content: whatever splits and decodes is encoded again to the same bytes, and its JSON text reads
 * as the same JSON, without a byte that a terminal obeys. */
#include <stdlib.h>

#include "proto/record/content.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static void need(bool ok)
{
    if (!ok)
        abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    json_object_seed(1);
    return 0;
}

static void try_object(struct ph_bytes object)
{
    json_t *value;
    if (ph_content_object(&value, object, NULL))
        return;
    struct ph_buf again = ph_buf(PH_OBJECT_MAX);
    struct ph_buf text = ph_buf(64 * PH_OBJECT_MAX);
    need(!ph_content_add(&again, value, NULL));
    need(ph_bytes_equal(ph_buf_bytes(&again), object));
    need(!ph_content_json(&text, value, 0));
    for (size_t i = 0; i < text.n; i++)
        need(text.p[i] >= 0x20 && text.p[i] != 0x7f);
    json_t *read = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
    need(read && json_equal(read, value));
    json_decref(read);
    json_decref(value);
    ph_buf_done(&text);
    ph_buf_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ph_bytes objects[PH_OBJECTS_MAX];
    size_t n;
    if (ph_content_split(objects, PH_LEN(objects), &n, ph_bytes(data, size), NULL))
        return 0;
    for (size_t i = 0; i < n; i++)
        try_object(objects[i]);
    return 0;
}
