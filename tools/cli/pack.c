/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/cli/pack.h"

#include <stdlib.h>

#include "proto/base/assert.h"
#include "proto/intel/json.h"
#include "proto/record/content.h"

/* What one object may add: a string in msgpack is never longer than in JSON by more than its head.
 */
#define ENCODED_MAX (2 * PH_OBJECT_MAX)

_Static_assert(PH_PACK_BYTES + ENCODED_MAX + PH_PACK_OBJECTS * 8 < PH_CONTROL_MAX,
               "a full pack fits a request");
_Static_assert(PH_PACK_OBJECTS <= PH_CONTROL_OBJECTS_MAX, "likewise");

struct ph_packs ph_packs(struct ph_session *session, const struct ph_share *share, bool single)
{
    return (struct ph_packs){
        .session = session, .share = share, .single = single, .ids = ph_buf(PH_MIB(256))};
}

static enum ph_err find(struct ph_pack **out, struct ph_packs *packs, enum ph_tlp label,
                        ph_ms lifetime, struct ph_why *why)
{
    for (size_t i = 0; i < packs->n; i++) {
        *out = &packs->packs[i];
        if ((*out)->label == label && (*out)->lifetime == lifetime)
            return PH_OK;
    }
    PH_ASSERT(packs->n < PH_PACKS_MAX);
    struct ph_pack *pack = &packs->packs[packs->n];
    *pack = (struct ph_pack){
        .label = label, .lifetime = lifetime, .bytes = ph_buf(PH_PACK_BYTES + ENCODED_MAX)};
    pack->objects = (struct ph_bytes *)calloc(PH_PACK_OBJECTS, sizeof(*pack->objects));
    if (pack->objects == NULL)
        return ph_fail(why, PH_ERR_NOMEM, "no memory for the import");
    packs->n++;
    *out = pack;
    return PH_OK;
}

static enum ph_err publish(struct ph_packs *packs, struct ph_pack *pack, struct ph_why *why)
{
    struct ph_publication p = ph_share_publication(packs->share, pack->label, ph_tool_now());
    uint64_t n_new = 0, n_known = 0;
    size_t at = 0;
    if (pack->n == 0)
        return PH_OK;
    for (size_t i = 0; i < pack->n; i++) {
        pack->objects[i].p = pack->bytes.p + at;
        at += pack->objects[i].n;
    }
    PH_ASSERT(at == pack->bytes.n);
    p.objects = pack->objects;
    p.n_objects = pack->n;
    p.single = packs->single;
    enum ph_err err = ph_session_publish(packs->session, &p, &n_new, &n_known, &packs->ids, why);
    ph_buf_clear(&pack->bytes);
    pack->n = 0;
    packs->n_new += n_new;
    packs->n_known += n_known;
    return err;
}

enum ph_err ph_packs_add(struct ph_packs *packs, enum ph_tlp label, const json_t *object,
                         enum ph_err *out_err, struct ph_why *why)
{
    struct ph_pack *pack = NULL;
    const char *type = ph_json_str(object, "type");
    ph_ms lifetime = packs->share->lifetime || type == NULL ? 0 : ph_content_lifetime(type);
    *out_err = PH_OK;
    enum ph_err err = find(&pack, packs, label, lifetime, why);
    if (!err && (pack->n == PH_PACK_OBJECTS || pack->bytes.n >= PH_PACK_BYTES))
        err = publish(packs, pack, why);
    if (err)
        return err;
    size_t before = pack->bytes.n;
    *out_err = ph_content_add(&pack->bytes, object, why);
    if (*out_err) {
        pack->bytes.n = before;
        return *out_err == PH_ERR_NOMEM ? PH_ERR_NOMEM : PH_OK;
    }
    pack->objects[pack->n++] = ph_bytes(NULL, pack->bytes.n - before);
    return PH_OK;
}

enum ph_err ph_packs_flush(struct ph_packs *packs, struct ph_why *why)
{
    for (size_t i = 0; i < packs->n; i++) {
        enum ph_err err = publish(packs, &packs->packs[i], why);
        if (err)
            return err;
    }
    return PH_OK;
}

void ph_packs_done(struct ph_packs *packs)
{
    for (size_t i = 0; i < packs->n; i++) {
        ph_buf_wipe(&packs->packs[i].bytes);
        free(packs->packs[i].objects);
    }
    packs->n = 0;
    ph_buf_done(&packs->ids);
}

enum ph_err ph_packs_publish_one(struct ph_session *session, const struct ph_share *share,
                                 enum ph_tlp label, const json_t *object, bool *out_new,
                                 struct ph_buf *out_ids, struct ph_why *why)
{
    struct ph_packs packs = ph_packs(session, share, false);
    enum ph_err bad = PH_OK;
    enum ph_err err = ph_packs_add(&packs, label, object, &bad, why);
    if (!err)
        err = bad ? bad : ph_packs_flush(&packs, why);
    if (!err && out_ids != NULL)
        err = ph_buf_add(out_ids, ph_buf_bytes(&packs.ids));
    if (!err)
        *out_new = packs.n_new > 0;
    ph_packs_done(&packs);
    return err;
}
