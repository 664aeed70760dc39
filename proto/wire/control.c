/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/wire/control.h"

#include <stdlib.h>

#include "proto/base/writer.h"

/* Room for the length in front; filled in by end_message(). */
static enum ph_err begin_message(struct ph_buf *out, size_t *at, uint64_t second,
                                 struct ph_writer *w, size_t n)
{
    uint8_t *length = NULL;
    *at = out->n;
    enum ph_err err = ph_buf_extend(out, 4, &length);
    *w = ph_writer(out);
    if (err != PH_OK)
        return err;
    ph_write_array(w, 2 + n);
    ph_write_uint(w, PH_CONTROL_VERSION);
    ph_write_uint(w, second);
    return PH_OK;
}

static enum ph_err end_message(struct ph_buf *out, size_t at, const struct ph_writer *w)
{
    enum ph_err err = ph_writer_end(w);
    if (err == PH_OK && out->n - at - 4 > PH_CONTROL_MAX)
        err = PH_ERR_LIMIT;
    if (err != PH_OK) {
        out->n = at;
        return err;
    }
    ph_put_be32(out->p + at, (uint32_t)(out->n - at - 4));
    return PH_OK;
}

static void write_hash(struct ph_writer *w, const uint8_t b[static 32])
{
    ph_write_bin(w, ph_bytes(b, 32));
}

static void write_publish(struct ph_writer *w, const struct ph_control_publish *p)
{
    ph_write_uint(w, (uint64_t)p->label);
    ph_write_uint(w, (uint64_t)p->audience.kind);
    write_hash(w, p->audience.id.b);
    ph_write_array(w, p->n_recipients);
    for (size_t i = 0; i < p->n_recipients; i++) {
        char text[52];
        ph_recipient_text(text, &p->recipients[i]);
        ph_write_str(w, text);
    }
    ph_write_uint(w, p->flags);
    ph_write_uint(w, p->expires);
    ph_write_bool(w, p->single);
    ph_write_array(w, p->n_objects);
    for (size_t i = 0; i < p->n_objects; i++)
        ph_write_bin(w, p->objects[i]);
}

static void write_documents(struct ph_writer *w, const struct ph_bytes *v, size_t n)
{
    ph_write_array(w, n);
    for (size_t i = 0; i < n; i++)
        ph_write_bin(w, v[i]);
}

enum ph_err ph_control_request_encode(struct ph_buf *out, const struct ph_control_request *request)
{
    static const size_t n_fields[] = {[PH_CONTROL_STATUS] = 0,
                                      [PH_CONTROL_PUBLISH] = 8,
                                      [PH_CONTROL_TRUST] = 2,
                                      [PH_CONTROL_AUDIT] = 3};
    struct ph_writer w;
    size_t at = 0;
    enum ph_err err = begin_message(out, &at, (uint64_t)request->op, &w, n_fields[request->op]);
    if (err != PH_OK)
        return err;
    switch (request->op) {
    case PH_CONTROL_STATUS:
        break;
    case PH_CONTROL_PUBLISH:
        write_publish(&w, &request->publish);
        break;
    case PH_CONTROL_TRUST:
        write_documents(&w, request->trust.rosters, request->trust.n_rosters);
        write_documents(&w, request->trust.cards, request->trust.n_cards);
        break;
    case PH_CONTROL_AUDIT:
        ph_write_text(&w, request->audit.who);
        ph_write_text(&w, request->audit.door);
        ph_write_bin(&w, request->audit.ids);
        break;
    }
    return end_message(out, at, &w);
}

/* An array of @size-byte elements for @n entries; never NULL with PH_OK. */
static void *take_array(struct ph_control_request *out, size_t slot, struct ph_reader *r, size_t n,
                        size_t size)
{
    void *p = calloc(n ? n : 1, size);
    if (p == NULL)
        ph_read_fail(r, PH_ERR_NOMEM, "out of memory");
    out->owned[slot] = p;
    return p;
}

static const struct ph_bytes *read_documents(struct ph_control_request *out, size_t slot,
                                             struct ph_reader *r, uint32_t max, size_t each_max,
                                             size_t *out_n)
{
    uint32_t n = ph_read_array(r, max);
    struct ph_bytes *v = (struct ph_bytes *)take_array(out, slot, r, n, sizeof(*v));
    *out_n = v ? n : 0;
    for (size_t i = 0; i < *out_n; i++)
        v[i] = ph_read_bin(r, each_max);
    return v;
}

static void read_publish(struct ph_control_request *out, struct ph_reader *r)
{
    struct ph_control_publish *p = &out->publish;
    p->label = (enum ph_tlp)ph_read_uint(r, PH_N_TLP - 1);
    p->audience.kind = (enum ph_audience_kind)ph_read_uint(r, PH_AUDIENCE_DIRECT);
    ph_read_bin_exact(r, p->audience.id.b, 32);
    uint32_t n = ph_read_array(r, PH_RECIPIENTS_MAX);
    struct ph_recipient *recipients =
        (struct ph_recipient *)take_array(out, 0, r, n, sizeof(*recipients));
    for (uint32_t i = 0; recipients && i < n; i++) {
        struct ph_bytes text = ph_read_text(r, 51);
        if (r->err == PH_OK && ph_recipient_parse(&recipients[i], text, NULL) != PH_OK)
            ph_read_fail(r, PH_ERR_FORMAT, "recipient");
    }
    p->recipients = recipients;
    p->n_recipients = recipients ? n : 0;
    p->flags = (uint32_t)ph_read_uint(r, PH_FLAGS_ALL);
    p->expires = ph_read_uint(r, PH_CREATED_MAX);
    p->single = ph_read_bool(r);
    p->objects = read_documents(out, 1, r, PH_CONTROL_OBJECTS_MAX, PH_PLAIN_MAX, &p->n_objects);
}

static void read_request(struct ph_control_request *out, struct ph_reader *r, uint32_t n)
{
    static const uint32_t n_fields[] = {[PH_CONTROL_STATUS] = 2,
                                        [PH_CONTROL_PUBLISH] = 10,
                                        [PH_CONTROL_TRUST] = 4,
                                        [PH_CONTROL_AUDIT] = 5};
    if (r->err == PH_OK && n != n_fields[out->op]) {
        ph_read_fail(r, PH_ERR_FORMAT, "number of fields");
        return;
    }
    switch (out->op) {
    case PH_CONTROL_STATUS:
        break;
    case PH_CONTROL_PUBLISH:
        read_publish(out, r);
        break;
    case PH_CONTROL_TRUST:
        out->trust.rosters =
            read_documents(out, 0, r, PH_CHAIN_EXCHANGE_MAX, PH_ROSTER_MAX, &out->trust.n_rosters);
        out->trust.cards = read_documents(out, 1, r, PH_ORGS_MAX, PH_CARD_MAX, &out->trust.n_cards);
        break;
    case PH_CONTROL_AUDIT:
        out->audit.who = ph_read_text(r, PH_NAME_MAX);
        out->audit.door = ph_read_text(r, PH_NAME_MAX);
        out->audit.ids = ph_read_bin(r, PH_CONTROL_MAX);
        if (out->audit.ids.n % sizeof(struct ph_id) != 0)
            ph_read_fail(r, PH_ERR_FORMAT, "list of ids");
        break;
    }
}

enum ph_err ph_control_request_decode(struct ph_control_request *out, struct ph_bytes bytes,
                                      struct ph_why *why)
{
    struct ph_control_request request = {.owned = {NULL}};
    struct ph_reader r = ph_reader(bytes);
    uint32_t n = ph_read_array(&r, 16);
    uint64_t version = ph_read_uint(&r, UINT32_MAX);
    uint64_t op = ph_read_uint(&r, UINT32_MAX);
    if (r.err == PH_OK && version != PH_CONTROL_VERSION)
        return ph_fail(why, PH_ERR_VERSION, "control message of version %u, this is %d",
                       (unsigned)version, PH_CONTROL_VERSION);
    if (r.err == PH_OK && (op < PH_CONTROL_STATUS || op > PH_CONTROL_AUDIT))
        return ph_fail(why, PH_ERR_PROTOCOL, "unknown control operation %u", (unsigned)op);
    if (r.err == PH_OK) {
        request.op = (enum ph_control_op)op;
        read_request(&request, &r, n);
    }
    enum ph_err err = ph_reader_end(&r, why);
    if (err != PH_OK) {
        ph_control_request_done(&request);
        return ph_why_wrap(why, err, "control request");
    }
    *out = request;
    return PH_OK;
}

void ph_control_request_done(struct ph_control_request *request)
{
    for (size_t i = 0; i < PH_LEN(request->owned); i++) {
        free(request->owned[i]);
        request->owned[i] = NULL;
    }
}

enum ph_err ph_control_answer_error(struct ph_buf *out, enum ph_err err, const struct ph_why *why)
{
    struct ph_writer w;
    size_t at = 0;
    enum ph_err e = begin_message(out, &at, (uint64_t)err, &w, 2);
    if (e != PH_OK)
        return e;
    ph_write_str(&w, why && why->what[0] ? why->what : ph_err_text(err));
    ph_write_str(&w, why ? why->hint : "");
    return end_message(out, at, &w);
}

enum ph_err ph_control_answer_ok(struct ph_buf *out)
{
    struct ph_writer w;
    size_t at = 0;
    enum ph_err err = begin_message(out, &at, PH_OK, &w, 0);
    return err != PH_OK ? err : end_message(out, at, &w);
}

enum ph_err ph_control_answer_published(struct ph_buf *out, const struct ph_control_published *p)
{
    struct ph_writer w;
    size_t at = 0;
    enum ph_err err = begin_message(out, &at, PH_OK, &w, 3);
    if (err != PH_OK)
        return err;
    ph_write_uint(&w, p->n_new);
    ph_write_uint(&w, p->n_known);
    ph_write_bin(&w, p->ids);
    return end_message(out, at, &w);
}

static void write_peer(struct ph_writer *w, const struct ph_control_peer *p)
{
    ph_write_array(w, 14);
    ph_write_str(w, p->org.s);
    write_hash(w, p->node.b);
    ph_write_bool(w, p->connected);
    ph_write_bool(w, p->outgoing);
    ph_write_bool(w, p->in_sync);
    const uint64_t numbers[] = {p->since,     p->rtt_ms,       p->bytes_in,
                                p->bytes_out, p->records_in,   p->records_out,
                                p->refused,   p->next_dial_in, (uint64_t)p->last_error};
    for (size_t i = 0; i < PH_LEN(numbers); i++)
        ph_write_uint(w, numbers[i]);
}

enum ph_err ph_control_answer_status(struct ph_buf *out, const struct ph_control_status *status)
{
    struct ph_writer w;
    size_t at = 0;
    enum ph_err err = begin_message(out, &at, PH_OK, &w, 6);
    if (err != PH_OK)
        return err;
    ph_write_text(&w, status->software);
    ph_write_uint(&w, status->started);
    ph_write_text(&w, status->listen);
    ph_write_bool(&w, status->locked_memory);
    ph_write_array(&w, status->n_peers);
    for (size_t i = 0; i < status->n_peers; i++)
        write_peer(&w, &status->peers[i]);
    ph_write_array(&w, status->n_alarms);
    for (size_t i = 0; i < status->n_alarms; i++)
        ph_write_text(&w, status->alarms[i]);
    return end_message(out, at, &w);
}

enum ph_err ph_control_answer_begin(struct ph_reader *r, struct ph_bytes bytes, struct ph_why *why)
{
    *r = ph_reader(bytes);
    uint32_t n = ph_read_array(r, 16);
    uint64_t version = ph_read_uint(r, UINT32_MAX);
    uint64_t number = ph_read_uint(r, UINT32_MAX);
    if (r->err != PH_OK || n < 2)
        return ph_fail(why, PH_ERR_FORMAT, "the daemon's answer is malformed");
    if (version != PH_CONTROL_VERSION) {
        enum ph_err err =
            ph_fail(why, PH_ERR_VERSION, "the daemon speaks control version %u, this tool %d",
                    (unsigned)version, PH_CONTROL_VERSION);
        ph_hint(why, "Restart posthornd so that both are of one release");
        return err;
    }
    if (number == PH_OK)
        return PH_OK;
    char what[240], hint[160];
    struct ph_bytes text = ph_read_text(r, 239);
    struct ph_bytes advice = ph_read_text(r, 159);
    enum ph_err err = ph_reader_end(r, why);
    if (err != PH_OK)
        return err;
    err = ph_fail(why, ph_err_from_number(number), "%s", ph_text_safe(what, sizeof(what), text));
    if (advice.n > 0)
        ph_hint(why, "%s", ph_text_safe(hint, sizeof(hint), advice));
    return err;
}

enum ph_err ph_control_read_published(struct ph_control_published *out, struct ph_reader *r,
                                      struct ph_why *why)
{
    struct ph_control_published p = {.n_new = ph_read_uint(r, UINT64_MAX),
                                     .n_known = ph_read_uint(r, UINT64_MAX)};
    p.ids = ph_read_bin(r, PH_CONTROL_MAX);
    enum ph_err err = ph_reader_end(r, why);
    if (err == PH_OK)
        *out = p;
    return err;
}

static void read_peer(struct ph_control_peer *out, struct ph_reader *r)
{
    ph_read_array_exact(r, 14);
    struct ph_bytes code = ph_read_text(r, PH_CODE_MAX);
    if (r->err == PH_OK && ph_code_parse(&out->org, code, NULL) != PH_OK)
        ph_read_fail(r, PH_ERR_FORMAT, "organisation code");
    ph_read_bin_exact(r, out->node.b, 32);
    out->connected = ph_read_bool(r);
    out->outgoing = ph_read_bool(r);
    out->in_sync = ph_read_bool(r);
    uint64_t *const numbers[] = {&out->since,     &out->rtt_ms,      &out->bytes_in,
                                 &out->bytes_out, &out->records_in,  &out->records_out,
                                 &out->refused,   &out->next_dial_in};
    for (size_t i = 0; i < PH_LEN(numbers); i++)
        *numbers[i] = ph_read_uint(r, UINT64_MAX);
    uint64_t number = ph_read_uint(r, UINT32_MAX);
    out->last_error = number == PH_OK ? PH_OK : ph_err_from_number(number);
}

enum ph_err ph_control_read_status(struct ph_control_status *out, struct ph_reader *r,
                                   struct ph_why *why)
{
    struct ph_control_status s = {.software = ph_read_text(r, PH_NAME_MAX),
                                  .started = ph_read_uint(r, UINT64_MAX)};
    s.listen = ph_read_text(r, PH_TEXT_MAX);
    s.locked_memory = ph_read_bool(r);
    uint32_t n = ph_read_array(r, PH_CONTROL_PEERS_MAX);
    s.peers = (struct ph_control_peer *)calloc(n ? n : 1, sizeof(*s.peers));
    if (s.peers == NULL)
        return ph_fail(why, PH_ERR_NOMEM, "no memory for %u peers", (unsigned)n);
    s.n_peers = n;
    for (uint32_t i = 0; i < n; i++)
        read_peer(&s.peers[i], r);
    s.n_alarms = ph_read_array(r, PH_CONTROL_ALARMS_MAX);
    for (size_t i = 0; i < s.n_alarms; i++)
        s.alarms[i] = ph_read_text(r, PH_TEXT_MAX);
    enum ph_err err = ph_reader_end(r, why);
    if (err != PH_OK) {
        free(s.peers);
        return err;
    }
    *out = s;
    return PH_OK;
}
