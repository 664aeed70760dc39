/* SPDX-License-Identifier: Apache-2.0
 *
 * What can never be right about a header, whoever wrote it and whenever it is read. */
#include "proto/record/header.h"

/* A type's row of the table in docs/protocol.md, "Record". */
enum sealing {
    SEALED_UNLESS_CLEAR, /* key and nonce, but for CLEAR */
    SEALED,              /* key and nonce */
    COMMITMENT_ONLY,     /* key, no nonce */
    OPEN                 /* neither */
};

struct rule {
    const char *text;
    enum sealing sealing;
};

static const struct rule RULES[PH_N_RECORD_TYPES] = {
    [PH_RECORD_CONTENT] = {"content", SEALED_UNLESS_CLEAR},
    [PH_RECORD_GRANT] = {"grant", COMMITMENT_ONLY},
    [PH_RECORD_BLOB] = {"blob", SEALED_UNLESS_CLEAR},
    [PH_RECORD_RETRACT] = {"retract", OPEN},
    [PH_RECORD_RECEIPT] = {"receipt", SEALED},
    [PH_RECORD_ANCHOR] = {"anchor", OPEN},
};

const char *ph_record_type_text(enum ph_record_type type)
{
    return (unsigned)type < PH_N_RECORD_TYPES ? RULES[type].text : "unknown type";
}

static enum sealing sealing(const struct ph_header *h)
{
    enum sealing how = RULES[h->type].sealing;
    if (how == SEALED_UNLESS_CLEAR)
        return h->label == PH_TLP_CLEAR ? OPEN : SEALED;
    return how;
}

bool ph_header_is_sealed(const struct ph_header *header)
{
    return sealing(header) == SEALED;
}

static enum ph_err check_ranges(const struct ph_header *h, struct ph_why *why)
{
    if ((unsigned)h->type >= PH_N_RECORD_TYPES)
        return ph_fail(why, PH_ERR_RANGE, "record type %u is not known", (unsigned)h->type);
    if ((unsigned)h->label >= PH_N_TLP)
        return ph_fail(why, PH_ERR_RANGE, "label %u is not one of TLP 2.0's", (unsigned)h->label);
    if (h->flags > PH_FLAGS_ALL)
        return ph_fail(why, PH_ERR_RANGE, "flags %#x are not known", (unsigned)h->flags);
    if (h->created == 0 || h->created > PH_CREATED_MAX)
        return ph_fail(why, PH_ERR_RANGE, "created is not between 1 and 2^48 - 1 ms");
    if (h->expires <= h->created)
        return ph_fail(why, PH_ERR_RANGE, "expires no later than it was created");
    ph_ms longest = h->type == PH_RECORD_GRANT ? PH_GRANT_LIFETIME_MAX_MS : PH_LIFETIME_MAX_MS;
    if (h->expires - h->created > longest)
        return ph_fail(why, PH_ERR_RANGE, "lives longer than %s",
                       h->type == PH_RECORD_GRANT ? "ten years and 31 days" : "ten years");
    if (h->body_size == 0)
        return ph_fail(why, PH_ERR_RANGE, "body is empty");
    if (h->body_size > PH_BODY_MAX)
        return ph_fail(why, PH_ERR_LIMIT, "body is %u bytes, limit is %d", (unsigned)h->body_size,
                       PH_BODY_MAX);
    return PH_OK;
}

static enum ph_err check_audience(const struct ph_header *h, struct ph_why *why)
{
    enum ph_err err = ph_tlp_fits(h->label, h->audience.kind, h->recipients, h->n_recipients, why);
    if (err)
        return err;
    if (h->audience.kind == PH_AUDIENCE_COMMUNITY && !ph_hash_is_zero(&h->audience.id))
        return ph_fail(why, PH_ERR_MISFIT, "the community's audience has no id");
    if (h->audience.kind != PH_AUDIENCE_DIRECT)
        return PH_OK;
    struct ph_audience direct;
    err = ph_audience_direct(&direct, h->recipients, h->n_recipients);
    if (err)
        return ph_fail(why, err, "recipients: %s",
                       err == PH_ERR_FORMAT ? "not sorted, or one is there twice"
                                            : ph_err_text(err));
    if (!ph_hash_equal(&direct.id, &h->audience.id))
        return ph_fail(why, PH_ERR_MISFIT, "audience id is not the hash of the recipients");
    return PH_OK;
}

static enum ph_err check_type(const struct ph_header *h, struct ph_why *why)
{
    switch (h->type) {
    case PH_RECORD_CONTENT:
    case PH_RECORD_BLOB:
    case PH_RECORD_RETRACT:
        return PH_OK;
    case PH_RECORD_GRANT:
        if (h->label == PH_TLP_CLEAR)
            return ph_fail(why, PH_ERR_MISFIT, "CLEAR is not sealed and needs no grant");
        return PH_OK;
    case PH_RECORD_RECEIPT:
        if (h->label != PH_TLP_AMBER_STRICT || h->audience.kind != PH_AUDIENCE_DIRECT ||
            h->n_recipients != 1)
            return ph_fail(why, PH_ERR_MISFIT,
                           "a receipt goes to one organisation directly, as AMBER+STRICT");
        if (h->flags & PH_FLAG_CARRY)
            return ph_fail(why, PH_ERR_MISFIT, "a receipt is not carried");
        return PH_OK;
    case PH_RECORD_ANCHOR:
        if (h->label != PH_TLP_GREEN || h->audience.kind != PH_AUDIENCE_COMMUNITY)
            return ph_fail(why, PH_ERR_MISFIT, "an anchor goes to the community, as GREEN");
        return PH_OK;
    }
    return ph_fail(why, PH_ERR_RANGE, "record type %u is not known", (unsigned)h->type);
}

static enum ph_err check_sealing(const struct ph_header *h, struct ph_why *why)
{
    enum sealing how = sealing(h);
    bool wants_key = how == SEALED || how == COMMITMENT_ONLY;
    bool wants_nonce = how == SEALED;
    if (h->has_key != wants_key)
        return ph_fail(why, PH_ERR_MISFIT, "%s, %s: must %s a key commitment",
                       ph_record_type_text(h->type), ph_tlp_text(h->label),
                       wants_key ? "have" : "not have");
    if (h->has_nonce != wants_nonce)
        return ph_fail(why, PH_ERR_MISFIT, "%s, %s: must %s a nonce", ph_record_type_text(h->type),
                       ph_tlp_text(h->label), wants_nonce ? "have" : "not have");
    return PH_OK;
}

enum ph_err ph_header_check(const struct ph_header *header, struct ph_why *why)
{
    enum ph_err err = check_ranges(header, why);
    if (!err)
        err = check_audience(header, why);
    if (!err)
        err = check_type(header, why);
    if (!err)
        err = check_sealing(header, why);
    return err;
}
