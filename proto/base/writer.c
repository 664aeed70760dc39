/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/writer.h"

#include <math.h>
#include <msgpack/pack.h>

/* msgpack-c calls this for each piece; a failure sticks in the writer, not only in its return
 * value. */
static int append(void *data, const char *bytes, size_t n)
{
    struct ph_writer *w = data;
    if (w->err == PH_OK)
        w->err = ph_buf_add(w->buf, ph_bytes(bytes, n));
    return w->err == PH_OK ? 0 : -1;
}

static msgpack_packer packer(struct ph_writer *w)
{
    return (msgpack_packer){.data = w, .callback = append};
}

/* msgpack counts in 32 bits and would cut the rest off without a word. */
static bool countable(struct ph_writer *w, size_t n)
{
    if (w->err == PH_OK && n > UINT32_MAX)
        w->err = PH_ERR_LIMIT;
    return w->err == PH_OK;
}

void ph_write_nil(struct ph_writer *w)
{
    msgpack_packer pk = packer(w);
    (void)msgpack_pack_nil(&pk);
}

void ph_write_bool(struct ph_writer *w, bool v)
{
    msgpack_packer pk = packer(w);
    (void)(v ? msgpack_pack_true(&pk) : msgpack_pack_false(&pk));
}

void ph_write_uint(struct ph_writer *w, uint64_t v)
{
    msgpack_packer pk = packer(w);
    (void)msgpack_pack_uint64(&pk, v);
}

void ph_write_int(struct ph_writer *w, int64_t v)
{
    msgpack_packer pk = packer(w);
    (void)msgpack_pack_int64(&pk, v);
}

void ph_write_double(struct ph_writer *w, double v)
{
    if (!isfinite(v) && w->err == PH_OK)
        w->err = PH_ERR_RANGE;
    msgpack_packer pk = packer(w);
    (void)msgpack_pack_double(&pk, v);
}

void ph_write_bin(struct ph_writer *w, struct ph_bytes v)
{
    if (!countable(w, v.n))
        return;
    msgpack_packer pk = packer(w);
    (void)msgpack_pack_bin(&pk, v.n);
    (void)append(w, (const char *)v.p, v.n);
}

void ph_write_text(struct ph_writer *w, struct ph_bytes v)
{
    if (!countable(w, v.n))
        return;
    msgpack_packer pk = packer(w);
    (void)msgpack_pack_str(&pk, v.n);
    (void)append(w, (const char *)v.p, v.n);
}

void ph_write_str(struct ph_writer *w, const char *v)
{
    ph_write_text(w, ph_bytes_str(v));
}

void ph_write_array(struct ph_writer *w, size_t n)
{
    if (!countable(w, n))
        return;
    msgpack_packer pk = packer(w);
    (void)msgpack_pack_array(&pk, n);
}

void ph_write_map(struct ph_writer *w, size_t n)
{
    if (!countable(w, n))
        return;
    msgpack_packer pk = packer(w);
    (void)msgpack_pack_map(&pk, n);
}

void ph_write_raw(struct ph_writer *w, struct ph_bytes v)
{
    (void)append(w, (const char *)v.p, v.n);
}

enum ph_err ph_writer_end(const struct ph_writer *w)
{
    return w->err;
}
