/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/hash.h"
#include "proto/base/limits.h"
#include "proto/base/writer.h"
#include "proto/trust/tlp.h"

#define RECIPIENT_TEXT_MAX (PH_CODE_MAX + 1 + PH_HANDLE_MAX) /* "ORG/person" */
_Static_assert(RECIPIENT_TEXT_MAX + 1 <= 52, "fits what ph_recipient_text() promises");

void ph_recipient_text(char out[static 52], const struct ph_recipient *recipient)
{
    size_t n = strlen(recipient->org.s);
    memcpy(out, recipient->org.s, n);
    if (recipient->person.s[0] != '\0') {
        out[n++] = '/';
        size_t handle_n = strlen(recipient->person.s);
        memcpy(out + n, recipient->person.s, handle_n);
        n += handle_n;
    }
    out[n] = '\0';
}

int ph_recipient_cmp(const struct ph_recipient *a, const struct ph_recipient *b)
{
    char a_text[52];
    char b_text[52];
    ph_recipient_text(a_text, a);
    ph_recipient_text(b_text, b);
    return strcmp(a_text, b_text);
}

enum ph_err ph_recipient_parse(struct ph_recipient *out, struct ph_bytes text, struct ph_why *why)
{
    struct ph_recipient recipient = {0};
    const uint8_t *slash = text.n > 0 ? memchr(text.p, '/', text.n) : NULL;
    size_t org_n = slash ? (size_t)(slash - text.p) : text.n;
    enum ph_err err = ph_code_parse(&recipient.org, ph_bytes(text.p, org_n), why);
    if (!err && slash)
        err = ph_handle_parse(&recipient.person, ph_bytes(slash + 1, text.n - org_n - 1), why);
    if (err)
        return err;
    *out = recipient;
    return PH_OK;
}

enum ph_err ph_audience_direct(struct ph_audience *out, const struct ph_recipient *recipients,
                               size_t n)
{
    if (n > PH_RECIPIENTS_MAX)
        return PH_ERR_LIMIT;
    if (n == 0)
        return PH_ERR_MISFIT;
    for (size_t i = 1; i < n; i++)
        if (ph_recipient_cmp(&recipients[i - 1], &recipients[i]) >= 0)
            return PH_ERR_FORMAT;
    struct ph_buf buf = ph_buf(PH_HEADER_MAX);
    struct ph_writer w = ph_writer(&buf);
    ph_write_array(&w, n);
    for (size_t i = 0; i < n; i++) {
        char text[52];
        ph_recipient_text(text, &recipients[i]);
        ph_write_str(&w, text);
    }
    enum ph_err err = ph_writer_end(&w);
    if (!err)
        *out = (struct ph_audience){.kind = PH_AUDIENCE_DIRECT,
                                    .id = ph_hash_one("direct audience", ph_buf_bytes(&buf))};
    ph_buf_done(&buf);
    return err;
}
