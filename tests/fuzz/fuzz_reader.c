/* SPDX-License-Identifier: Apache-2.0
 *
 * Whatever bytes come in: reading a value twice, once whole and once piece by piece, agrees, and
 * what was read writes back as the same bytes, for there is one encoding of each value. */
#include "proto/base/assert.h"
#include "proto/base/limits.h"
#include "proto/base/reader.h"
#include "proto/base/text.h"
#include "proto/base/writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Copy the next value, or fail as ph_read_raw() does. */
static void copy(struct ph_writer *w, struct ph_reader *r, unsigned depth)
{
    uint32_t n = 0;
    bool is_map = false;
    enum ph_kind kind = ph_read_peek(r);
    if ((kind == PH_KIND_ARRAY || kind == PH_KIND_MAP) && depth == PH_DEPTH_MAX) {
        ph_read_fail(r, PH_ERR_LIMIT, "nested too deeply");
        return;
    }
    switch (kind) {
    case PH_KIND_END:
        (void)ph_read_raw(r); /* names the error */
        return;
    case PH_KIND_NIL:
        if (ph_read_nil(r))
            ph_write_nil(w);
        return;
    case PH_KIND_BOOL:
        ph_write_bool(w, ph_read_bool(r));
        return;
    case PH_KIND_UINT:
        ph_write_uint(w, ph_read_uint(r, UINT64_MAX));
        return;
    case PH_KIND_INT:
        ph_write_int(w, ph_read_int(r));
        return;
    case PH_KIND_DOUBLE:
        ph_write_double(w, ph_read_double(r));
        return;
    case PH_KIND_TEXT:
        ph_write_text(w, ph_read_text(r, SIZE_MAX));
        return;
    case PH_KIND_BIN:
        ph_write_bin(w, ph_read_bin(r, SIZE_MAX));
        return;
    case PH_KIND_ARRAY:
        n = ph_read_array(r, UINT32_MAX);
        ph_write_array(w, n);
        break;
    case PH_KIND_MAP:
        n = ph_read_map(r, UINT32_MAX);
        ph_write_map(w, n);
        is_map = true;
        break;
    }
    for (uint32_t i = 0; i < n && !r->err; i++) {
        if (is_map)
            ph_write_text(w, ph_read_text(r, SIZE_MAX));
        if (!r->err)
            copy(w, r, depth + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ph_bytes input = ph_bytes(data, size);
    struct ph_reader whole = ph_reader(input);
    struct ph_bytes raw = ph_read_raw(&whole);
    PH_ASSERT(raw.n <= size);
    PH_ASSERT(whole.err_at <= size);

    struct ph_buf buf = ph_buf(size + 16);
    struct ph_writer w = ph_writer(&buf);
    struct ph_reader r = ph_reader(input);
    copy(&w, &r, 0);
    struct ph_why why = {.code = PH_OK};
    /* Which of two errors is named first may differ, not whether there is one. */
    PH_ASSERT((ph_reader_err(&r, &why) == PH_OK) == (whole.err == PH_OK));
    PH_ASSERT(ph_utf8_is_valid(ph_bytes_str(why.what)));
    if (!r.err) {
        PH_ASSERT(ph_writer_end(&w) == PH_OK);
        PH_ASSERT(ph_bytes_equal(ph_buf_bytes(&buf), raw));
        PH_ASSERT((ph_reader_end(&r, NULL) == PH_OK) == (raw.n == size));
    }
    ph_buf_done(&buf);
    return 0;
}
