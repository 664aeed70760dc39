/* SPDX-License-Identifier: Apache-2.0
 *
 * Fields that several messages have: hashes, codes, channels, lists of ids. */
#include <stdlib.h>

#include "proto/wire/message_priv.h"

_Static_assert(sizeof(struct ph_id) == 32, "ids lie packed on the wire");

void *ph__list_new(struct ph_reader *r, size_t n, size_t size, size_t least)
{
    void *list;

    if (r->err || n == 0)
        return NULL;
    if (n > (size_t)(r->end - r->p) / least) {
        ph_read_fail(r, PH_ERR_TRUNCATED, "list is longer than what follows");
        return NULL;
    }
    list = calloc(n, size);
    if (!list)
        ph_read_fail(r, PH_ERR_NOMEM, "no memory for a list");
    return list;
}

void ph__read_hash(struct ph_reader *r, struct ph_hash *out)
{
    ph_read_bin_exact(r, out->b, sizeof(out->b));
}

void ph__read_code(struct ph_reader *r, struct ph_code *out)
{
    struct ph_bytes text = ph_read_text(r, PH_CODE_MAX);

    if (!r->err && ph_code_parse(out, text, NULL))
        ph_read_fail(r, PH_ERR_FORMAT, "not an organisation's code");
}

void ph__read_channel(struct ph_reader *r, struct ph_wire_channel *out)
{
    memset(out, 0, sizeof(*out));
    ph_read_array_exact(r, 3);
    switch (ph_read_uint(r, PH_CHANNEL_DIRECT)) {
    case PH_CHANNEL_COMMUNITY:
        out->kind = PH_CHANNEL_COMMUNITY;
        break;
    case PH_CHANNEL_GROUP:
        out->kind = PH_CHANNEL_GROUP;
        break;
    default:
        out->kind = PH_CHANNEL_DIRECT;
        break;
    }
    if (out->kind == PH_CHANNEL_GROUP)
        ph__read_hash(r, &out->group);
    else if (!ph_read_nil(r))
        ph_read_fail(r, PH_ERR_FORMAT, "only a group channel names a group");
    if (ph_read_nil(r))
        return;
    if (out->kind != PH_CHANNEL_DIRECT)
        ph_read_fail(r, PH_ERR_FORMAT, "only a direct channel names an organisation");
    out->has_org = true;
    ph__read_code(r, &out->org);
}

void ph__read_ids(struct ph_reader *r, struct ph_ids *out, size_t least)
{
    struct ph_bytes packed = ph_read_bin(r, PH_IDS_MAX * sizeof(struct ph_id));

    if (packed.n % sizeof(struct ph_id) != 0)
        ph_read_fail(r, PH_ERR_FORMAT, "list of ids is not a multiple of 32 bytes");
    else if (packed.n / sizeof(struct ph_id) < least)
        ph_read_fail(r, PH_ERR_FORMAT, "list of ids is empty");
    if (r->err)
        return;
    out->ids = (const struct ph_id *)packed.p; /* bytes only: no alignment to keep */
    out->n = packed.n / sizeof(struct ph_id);
}

void ph__write_hash(struct ph_writer *w, const struct ph_hash *hash)
{
    ph_write_bin(w, ph_bytes(hash->b, sizeof(hash->b)));
}

enum ph_err ph__write_code(struct ph_writer *w, const struct ph_code *code)
{
    struct ph_code parsed;
    struct ph_bytes text = ph_bytes(code->s, strnlen(code->s, PH_CODE_MAX));

    if (ph_code_parse(&parsed, text, NULL))
        return PH_ERR_RANGE;
    ph_write_text(w, text);
    return PH_OK;
}

enum ph_err ph__write_channel(struct ph_writer *w, const struct ph_wire_channel *channel)
{
    if (channel->has_org && channel->kind != PH_CHANNEL_DIRECT)
        return PH_ERR_RANGE;
    ph_write_array(w, 3);
    ph_write_uint(w, channel->kind);
    if (channel->kind == PH_CHANNEL_GROUP)
        ph__write_hash(w, &channel->group);
    else
        ph_write_nil(w);
    if (channel->has_org)
        return ph__write_code(w, &channel->org);
    ph_write_nil(w);
    return PH_OK;
}

enum ph_err ph__write_ids(struct ph_writer *w, const struct ph_ids *ids, size_t least)
{
    if (ids->n > PH_IDS_MAX)
        return PH_ERR_LIMIT;
    if (ids->n < least)
        return PH_ERR_RANGE;
    ph_write_bin(w, ph_bytes(ids->ids, ids->n * sizeof(struct ph_id)));
    return PH_OK;
}

bool ph_wire_channel_equal(const struct ph_wire_channel *a, const struct ph_wire_channel *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case PH_CHANNEL_COMMUNITY:
        return true;
    case PH_CHANNEL_GROUP:
        return ph_hash_equal(&a->group, &b->group);
    case PH_CHANNEL_DIRECT:
        return a->has_org == b->has_org && (!a->has_org || ph_code_cmp(&a->org, &b->org) == 0);
    }
    return false;
}
