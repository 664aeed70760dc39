/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/record/retract.h"

#include "proto/base/reader.h"
#include "proto/base/writer.h"

/* @before is NULL for the first. */
static enum ph_err check_target(const struct ph_retraction *before,
                                const struct ph_retraction *target)
{
    ph_ms created = ph_id_created(&target->id);
    if (before && ph_id_cmp(&before->id, &target->id) >= 0)
        return PH_ERR_FORMAT;
    if (target->expires <= created || target->expires - created > PH_GRANT_LIFETIME_MAX_MS)
        return PH_ERR_RANGE;
    return PH_OK;
}

enum ph_err ph_retract_build(struct ph_buf *out, const struct ph_retraction *targets, size_t n)
{
    if (n == 0 || n > PH_RETRACTIONS_MAX)
        return PH_ERR_LIMIT;
    size_t before = out->n;
    struct ph_writer w = ph_writer(out);
    enum ph_err err = PH_OK;
    ph_write_array(&w, n);
    for (size_t i = 0; i < n && !err; i++) {
        err = check_target(i > 0 ? &targets[i - 1] : NULL, &targets[i]);
        ph_write_array(&w, 2);
        ph_write_bin(&w, ph_bytes(targets[i].id.b, sizeof(targets[i].id.b)));
        ph_write_uint(&w, targets[i].expires);
    }
    if (!err)
        err = ph_writer_end(&w);
    if (err)
        out->n = before;
    return err;
}

static void read_target(struct ph_reader *r, struct ph_retraction *out,
                        const struct ph_retraction *before)
{
    ph_read_array_exact(r, 2);
    ph_read_bin_exact(r, out->id.b, sizeof(out->id.b));
    out->expires = ph_read_uint(r, UINT64_MAX);
    enum ph_err err = r->err ? PH_OK : check_target(before, out);
    if (err == PH_ERR_FORMAT)
        ph_read_fail(r, err, "targets are not sorted by id, each once");
    else if (err)
        ph_read_fail(r, err, "a target cannot have lived that long");
}

enum ph_err ph_retract_parse(struct ph_retraction *out, size_t max, size_t *n, struct ph_bytes body,
                             struct ph_why *why)
{
    struct ph_reader r = ph_reader(body);
    uint32_t count = ph_read_array(&r, (uint32_t)PH_MIN(max, (size_t)PH_RETRACTIONS_MAX));
    if (count == 0)
        ph_read_fail(&r, PH_ERR_FORMAT, "a retraction has at least one target");
    for (uint32_t i = 0; i < count && !r.err; i++)
        read_target(&r, &out[i], i > 0 ? &out[i - 1] : NULL);
    enum ph_err err = ph_reader_end(&r, why);
    if (err)
        return ph_why_wrap(why, err, "retraction");
    *n = count;
    return PH_OK;
}
