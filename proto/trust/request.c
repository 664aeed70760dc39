/* SPDX-License-Identifier: Apache-2.0
 *
 * The join request: who a newcomer is, signed for no community yet. Format: docs/protocol.md,
 * "Request". */
#include "proto/base/hash.h"
#include "proto/trust/card.h"
#include "proto/trust/fields.h"
#include "proto/trust/roster_priv.h"

#define REQUEST_MAX PH_KIB(1)

static enum ph_err document_of(struct ph_buf *out, const struct ph_request *request)
{
    const struct ph_roster_org *org = &request->org;
    struct ph_writer w = ph_writer(out);
    ph_write_array(&w, 6);
    ph_write_str(&w, org->code.s);
    ph_write_str(&w, org->name);
    ph_write_str(&w, org->country);
    ph_write_uint(&w, (unsigned)org->kind);
    ph__doc_write_key(&w, org->key.b);
    ph_write_uint(&w, org->joined);
    return ph_writer_end(&w);
}

enum ph_err ph_request_sign(struct ph_request *request, const uint8_t org_secret[static 64])
{
    struct ph_buf document = ph_buf(REQUEST_MAX);
    enum ph_err err = document_of(&document, request);
    if (!err && !ph_sign(request->sig, "request", NULL, ph_buf_bytes(&document), org_secret))
        err = PH_ERR_NOMEM;
    ph_buf_done(&document);
    return err;
}

enum ph_err ph_request_encode(struct ph_buf *out, const struct ph_request *request)
{
    struct ph_buf document = ph_buf(REQUEST_MAX);
    enum ph_err err = document_of(&document, request);
    if (!err)
        err = ph__signed_encode(out, ph_buf_bytes(&document), request->sig);
    ph_buf_done(&document);
    return err;
}

enum ph_err ph_request_hash(struct ph_hash *out, const struct ph_request *request)
{
    struct ph_buf document = ph_buf(REQUEST_MAX);
    enum ph_err err = document_of(&document, request);
    if (!err)
        *out = ph_hash_one("request", ph_buf_bytes(&document));
    ph_buf_done(&document);
    return err;
}

enum ph_err ph_request_decode(struct ph_request *out, struct ph_bytes bytes, struct ph_why *why)
{
    struct ph_bytes document;
    struct ph_request request = {0};
    enum ph_err err = ph__signed_decode(&document, request.sig, bytes, REQUEST_MAX, "request", why);
    if (err)
        return err;
    struct ph_reader r = ph_reader(document);
    ph_read_array_exact(&r, 6);
    ph__doc_read_code(&r, &request.org.code);
    ph__doc_read_name(&r, request.org.name, PH_NAME_MAX);
    ph__doc_read_country(&r, request.org.country);
    request.org.kind = (enum ph_org_kind)ph_read_uint(&r, PH__N_ORG_KINDS - 1);
    ph__doc_read_ed25519(&r, request.org.key.b, NULL);
    request.org.joined = ph__doc_read_ms(&r);
    err = ph_reader_end(&r, why);
    if (err)
        return ph_why_wrap(why, err, "request");
    if (!ph_signature_is_valid(request.sig, "request", NULL, document, request.org.key.b))
        return ph_fail(why, PH_ERR_FORGED, "request of %s: its signature does not verify",
                       request.org.code.s);
    *out = request;
    return PH_OK;
}
