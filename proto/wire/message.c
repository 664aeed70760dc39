/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/wire/message.h"

#include <stdlib.h>

#include "proto/wire/message_priv.h"

#define ELEMENTS_MAX 64 /* of a message of a type unknown here */
#define RECON_LEAST  1

struct kind {
    const char *name;
    uint32_t elements; /* 0: no such type */
};

static const struct kind KINDS[] = {
#define PH_MESSAGE_KIND_(name, number, elements) [number] = {#name, elements},
    PH_MESSAGE_TABLE(PH_MESSAGE_KIND_)
#undef PH_MESSAGE_KIND_
};

const char *ph_message_name(enum ph_message_type type)
{
    size_t i = (size_t)type;

    return i < PH_LEN(KINDS) && KINDS[i].name ? KINDS[i].name : "UNKNOWN";
}

static void read_hello(struct ph_reader *r, struct ph_msg_hello *h)
{
    h->major = ph_read_uint(r, UINT32_MAX);
    h->minor = ph_read_uint(r, UINT32_MAX);
    h->features = ph_read_uint(r, UINT64_MAX);
    h->software = ph_read_text(r, PH_SOFTWARE_MAX);
    h->time = ph_read_uint(r, UINT64_MAX);
    ph_read_bin_exact(r, h->store_id, sizeof(h->store_id));
    h->boot = ph_read_uint(r, UINT64_MAX);
    h->roster_seq = ph_read_uint(r, UINT64_MAX);
    ph__read_hash(r, &h->roster_hash);
    ph__read_hash(r, &h->cards_digest);
}

static enum ph_err write_hello(struct ph_writer *w, const struct ph_msg_hello *h)
{
    if (h->major > UINT32_MAX || h->minor > UINT32_MAX)
        return PH_ERR_RANGE;
    if (h->software.n > PH_SOFTWARE_MAX)
        return PH_ERR_LIMIT;
    ph_write_uint(w, h->major);
    ph_write_uint(w, h->minor);
    ph_write_uint(w, h->features);
    ph_write_text(w, h->software);
    ph_write_uint(w, h->time);
    ph_write_bin(w, ph_bytes(h->store_id, sizeof(h->store_id)));
    ph_write_uint(w, h->boot);
    ph_write_uint(w, h->roster_seq);
    ph__write_hash(w, &h->roster_hash);
    ph__write_hash(w, &h->cards_digest);
    return PH_OK;
}

static void read_recon(struct ph_reader *r, struct ph_msg_recon *recon)
{
    ph__read_channel(r, &recon->channel);
    recon->round = ph_read_uint(r, PH_RECON_ROUNDS_MAX);
    recon->from_initiator = ph_read_bool(r);
    recon->message = ph_read_bin(r, PH_RECON_MAX);
    if (recon->message.n < RECON_LEAST)
        ph_read_fail(r, PH_ERR_FORMAT, "RECON without a message");
}

static enum ph_err write_recon(struct ph_writer *w, const struct ph_msg_recon *recon)
{
    enum ph_err err;

    if (recon->round > PH_RECON_ROUNDS_MAX || recon->message.n < RECON_LEAST)
        return PH_ERR_RANGE;
    if (recon->message.n > PH_RECON_MAX)
        return PH_ERR_LIMIT;
    err = ph__write_channel(w, &recon->channel);
    if (err)
        return err;
    ph_write_uint(w, recon->round);
    ph_write_bool(w, recon->from_initiator);
    ph_write_bin(w, recon->message);
    return PH_OK;
}

static void read_want(struct ph_reader *r, struct ph_msg_want *want)
{
    ph__read_ids(r, &want->whole, 0);
    ph__read_ids(r, &want->header_only, 0);
    if (want->whole.n + want->header_only.n == 0)
        ph_read_fail(r, PH_ERR_FORMAT, "WANT of nothing");
    if (want->whole.n + want->header_only.n > PH_IDS_MAX)
        ph_read_fail(r, PH_ERR_LIMIT, "WANT of too many ids");
}

static enum ph_err write_want(struct ph_writer *w, const struct ph_msg_want *want)
{
    enum ph_err err;

    if (want->whole.n + want->header_only.n == 0)
        return PH_ERR_RANGE;
    if (want->whole.n > PH_IDS_MAX || want->header_only.n > PH_IDS_MAX - want->whole.n)
        return PH_ERR_LIMIT;
    err = ph__write_ids(w, &want->whole, 0);
    return err ? err : ph__write_ids(w, &want->header_only, 0);
}

static void read_credit(struct ph_reader *r, struct ph_msg_credit *credit)
{
    credit->bytes = ph_read_uint(r, PH_CREDIT_MAX);
    if (credit->bytes == 0)
        ph_read_fail(r, PH_ERR_RANGE, "CREDIT of nothing");
}

static void read_bye(struct ph_reader *r, struct ph_msg_bye *bye)
{
    uint64_t number = ph_read_uint(r, UINT16_MAX);

    if (number == 0)
        ph_read_fail(r, PH_ERR_RANGE, "BYE without a reason");
    bye->code = ph_err_from_number(number);
    bye->text = ph_read_text(r, PH_BYE_TEXT_MAX);
}

static enum ph_err write_bye(struct ph_writer *w, const struct ph_msg_bye *bye)
{
    if (bye->code == PH_OK)
        return PH_ERR_RANGE;
    if (bye->text.n > PH_BYE_TEXT_MAX)
        return PH_ERR_LIMIT;
    ph_write_uint(w, bye->code);
    ph_write_text(w, bye->text);
    return PH_OK;
}

/* Everything behind the type. */
static void read_fields(struct ph_reader *r, struct ph_message *m, uint32_t n_left)
{
    switch (m->type) {
    case PH_MESSAGE_UNKNOWN:
        while (n_left-- > 0 && !r->err)
            (void)ph_read_raw(r);
        break;
    case PH_MESSAGE_HELLO:
        read_hello(r, &m->hello);
        break;
    case PH_MESSAGE_HEADS:
        ph__read_heads(r, m);
        break;
    case PH_MESSAGE_TRUST:
        ph__read_trust(r, m);
        break;
    case PH_MESSAGE_RECON:
        read_recon(r, &m->recon);
        break;
    case PH_MESSAGE_HAVE:
    case PH_MESSAGE_GONE:
        ph__read_ids(r, &m->ids.ids, 1);
        break;
    case PH_MESSAGE_WANT:
        read_want(r, &m->want);
        break;
    case PH_MESSAGE_RECORD:
        ph__read_record(r, m);
        break;
    case PH_MESSAGE_REKEY:
        break;
    case PH_MESSAGE_REJECT:
        ph__read_reject(r, m);
        break;
    case PH_MESSAGE_CREDIT:
        read_credit(r, &m->credit);
        break;
    case PH_MESSAGE_PRUNE:
        ph__read_channel(r, &m->prune.channel);
        break;
    case PH_MESSAGE_GRAFT:
        ph__read_channel(r, &m->graft.channel);
        ph__read_ids(r, &m->graft.ids, 0);
        break;
    case PH_MESSAGE_PING:
    case PH_MESSAGE_PONG:
        m->ping.cookie = ph_read_uint(r, UINT64_MAX);
        break;
    case PH_MESSAGE_BYE:
        read_bye(r, &m->bye);
        break;
    }
}

enum ph_err ph_message_decode(struct ph_message *out, struct ph_bytes frame, struct ph_why *why)
{
    struct ph_message m = {.type = PH_MESSAGE_UNKNOWN};
    struct ph_reader r = ph_reader(frame);
    uint32_t n = ph_read_array(&r, ELEMENTS_MAX);
    enum ph_err err;

    m.number = ph_read_uint(&r, UINT32_MAX);
    if (n == 0 || m.number == 0)
        ph_read_fail(&r, PH_ERR_FORMAT, "message without a type");
    if (m.number < PH_LEN(KINDS)) {
        if (n != KINDS[m.number].elements)
            ph_read_fail(&r, PH_ERR_FORMAT, "wrong number of fields");
        m.type = (enum ph_message_type)m.number;
    }
    if (!r.err)
        read_fields(&r, &m, n - 1);
    err = ph_reader_end(&r, why);
    if (err) {
        ph_message_done(&m);
        return ph_why_wrap(why, err, "%s message", ph_message_name(m.type));
    }
    *out = m;
    return PH_OK;
}

void ph_message_done(struct ph_message *message)
{
    for (size_t i = 0; i < PH_LEN(message->owned); i++)
        free(message->owned[i]);
    *message = (struct ph_message){.type = PH_MESSAGE_UNKNOWN};
}

static enum ph_err write_fields(struct ph_writer *w, const struct ph_message *m)
{
    enum ph_err err;

    switch (m->type) {
    case PH_MESSAGE_UNKNOWN:
        return PH_ERR_RANGE;
    case PH_MESSAGE_HELLO:
        return write_hello(w, &m->hello);
    case PH_MESSAGE_HEADS:
        return ph__write_heads(w, &m->heads);
    case PH_MESSAGE_TRUST:
        return ph__write_trust(w, &m->trust);
    case PH_MESSAGE_RECON:
        return write_recon(w, &m->recon);
    case PH_MESSAGE_HAVE:
    case PH_MESSAGE_GONE:
        return ph__write_ids(w, &m->ids.ids, 1);
    case PH_MESSAGE_WANT:
        return write_want(w, &m->want);
    case PH_MESSAGE_RECORD:
        return ph__write_record(w, &m->record);
    case PH_MESSAGE_REKEY:
        return PH_OK;
    case PH_MESSAGE_REJECT:
        return ph__write_reject(w, &m->reject);
    case PH_MESSAGE_CREDIT:
        if (m->credit.bytes == 0 || m->credit.bytes > PH_CREDIT_MAX)
            return PH_ERR_RANGE;
        ph_write_uint(w, m->credit.bytes);
        return PH_OK;
    case PH_MESSAGE_PRUNE:
        return ph__write_channel(w, &m->prune.channel);
    case PH_MESSAGE_GRAFT:
        err = ph__write_channel(w, &m->graft.channel);
        return err ? err : ph__write_ids(w, &m->graft.ids, 0);
    case PH_MESSAGE_PING:
    case PH_MESSAGE_PONG:
        ph_write_uint(w, m->ping.cookie);
        return PH_OK;
    case PH_MESSAGE_BYE:
        return write_bye(w, &m->bye);
    }
    return PH_ERR_RANGE;
}

enum ph_err ph_message_encode(struct ph_buf *out, const struct ph_message *message)
{
    struct ph_writer w = ph_writer(out);
    size_t before = out->n;
    size_t type = (size_t)message->type;
    enum ph_err err;

    if (type == 0 || type >= PH_LEN(KINDS))
        return PH_ERR_RANGE;
    ph_write_array(&w, KINDS[type].elements);
    ph_write_uint(&w, type);
    err = write_fields(&w, message);
    if (!err)
        err = ph_writer_end(&w);
    if (!err && out->n - before > PH_FRAME_MAX)
        err = PH_ERR_LIMIT;
    if (err)
        out->n = before;
    return err;
}
