/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/cli/egress.h"

#include <errno.h>
#include <unistd.h>

#define IDS_MAX (PH_MIB(64) / 32 * 32)

struct ph_egress ph_egress(struct ph_session *session, enum ph_door door, const char *command,
                           FILE *to)
{
    return (struct ph_egress){.session = session,
                              .door = door,
                              .command = command,
                              .to = to,
                              .text = ph_buf(PH_EGRESS_HELD_MAX),
                              .spans = ph_buf(PH_EGRESS_HELD_MAX),
                              .ids = ph_buf(IDS_MAX)};
}

void ph_egress_done(struct ph_egress *e)
{
    ph_buf_wipe(&e->text);
    ph_buf_done(&e->spans);
    ph_buf_done(&e->ids);
}

struct ph_policy_answer ph_egress_ask(const struct ph_egress *e, const struct ph_entry *entry)
{
    const struct ph_header *h = &entry->record->header;
    const struct ph_policy_case c = {.label = h->label,
                                     .audience = h->audience.kind,
                                     .carry = h->flags & PH_FLAG_CARRY,
                                     .community_tokens = h->flags & PH_FLAG_COMMUNITY_TOKENS,
                                     .peer_is_recipient = false,
                                     .person_on_terminal = false,
                                     .reshare_to_community = false};
    return ph_policy_ask(e->door, &c);
}

static enum ph_err write_out(struct ph_egress *e, struct ph_bytes text)
{
    if (text.n == 0 || fwrite(text.p, 1, text.n, e->to) == text.n)
        return PH_OK;
    e->is_closed = errno == EPIPE;
    return e->is_closed ? PH_ERR_CLOSED : PH_ERR_IO;
}

enum ph_err ph_egress_note(struct ph_egress *e, const struct ph_id *id)
{
    bool again = e->ids.n >= 32 && memcmp(e->ids.p + e->ids.n - 32, id->b, 32) == 0;
    return again ? PH_OK : ph_buf_add(&e->ids, ph_bytes(id->b, 32));
}

enum ph_err ph_egress_print(struct ph_egress *e, const struct ph_entry *entry,
                            struct ph_policy_answer answer, struct ph_bytes text)
{
    struct ph_egress_span span = {.at = e->text.n, .n = text.n};
    if (!answer.logged && e->ids.n == 0)
        return write_out(e, text);
    enum ph_err err = ph_buf_add(&e->text, text);
    if (!err && answer.logged)
        err = ph_buf_add(&e->spans, ph_bytes(&span, sizeof(span)));
    if (!err && answer.logged)
        err = ph_egress_note(e, &entry->record->id);
    /* A daemon writes the entry without disturbing what is being read here. */
    if (!err && e->session->daemon >= 0 && e->ids.n >= (size_t)PH_EGRESS_ENTRY_MAX * 32)
        err = ph_egress_flush(e);
    return err;
}

enum ph_err ph_egress_audit(struct ph_egress *e, struct ph_why *why)
{
    char who[64], door[64];
    enum ph_err err = PH_OK;
    snprintf(who, sizeof(who), "uid %u", (unsigned)getuid());
    snprintf(door, sizeof(door), "%s: posthorn %s", ph_door_text(e->door), e->command);
    for (size_t at = 0; at < e->ids.n && !err;) {
        size_t n = PH_MIN(e->ids.n - at, (size_t)PH_EGRESS_ENTRY_MAX * 32);
        err = ph_session_audit(e->session, who, door,
                               (const struct ph_id *)(const void *)(e->ids.p + at), n / 32, why);
        at += n;
    }
    ph_buf_clear(&e->ids);
    return err;
}

/* Everything held back but what stands in a span. */
static enum ph_err write_unlogged(struct ph_egress *e)
{
    const struct ph_egress_span *spans = (const struct ph_egress_span *)(const void *)e->spans.p;
    size_t n = e->spans.n / sizeof(*spans), at = 0;
    enum ph_err err = PH_OK;
    for (size_t i = 0; i < n && !err; i++) {
        err = write_out(e, ph_bytes(e->text.p + at, spans[i].at - at));
        at = spans[i].at + spans[i].n;
    }
    e->n_left_out += n;
    return err ? err : write_out(e, ph_bytes(e->text.p + at, e->text.n - at));
}

enum ph_err ph_egress_flush(struct ph_egress *e)
{
    enum ph_err err = PH_OK;
    bool has = e->ids.n > 0;
    if (has && ph_egress_audit(e, &e->why) != PH_OK)
        err = write_unlogged(e);
    else
        err = write_out(e, ph_buf_bytes(&e->text));
    ph_buf_clear(&e->text);
    ph_buf_clear(&e->spans);
    if (!err && fflush(e->to) != 0)
        err = errno == EPIPE ? PH_ERR_CLOSED : PH_ERR_IO;
    return err;
}

int ph_egress_end(struct ph_egress *e, int code)
{
    enum ph_err err = e->is_closed ? PH_ERR_CLOSED : ph_egress_flush(e);
    if (err && err != PH_ERR_CLOSED)
        return ph_cli_fail(err, &(const struct ph_why){.what = "cannot write the output"});
    if (e->n_left_out == 0)
        return code;
    fprintf(stderr,
            "posthorn: left out what must be logged before it is shown, and could not be: %s\n",
            e->why.what[0] ? e->why.what : ph_err_text(e->why.code));
    if (e->why.hint[0])
        fprintf(stderr, "posthorn: hint: %s\n", e->why.hint);
    return 3;
}
