/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/intel/mail.h"

#include "proto/base/text.h"

/* RFC 5322 "atext" and the dot; RFC 6531 adds everything that is not ASCII. */
static bool is_local(uint8_t c)
{
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c >= 0x80)
        return true;
    return c != '\0' && strchr(".!#$%&'*+-/=?^_`{|}~", c) != NULL;
}

/* The last at-sign: a quoted local part may hold others. */
static size_t last_at(struct ph_bytes text)
{
    size_t i = text.n;
    while (i > 0 && text.p[i - 1] != '@')
        i--;
    return i;
}

static bool is_quoted(struct ph_bytes local)
{
    if (local.n < 3 || local.p[0] != '"' || local.p[local.n - 1] != '"')
        return false;
    for (size_t i = 1; i < local.n - 1; i++) {
        if (local.p[i] < ' ' || local.p[i] == 0x7f || local.p[i] == '"')
            return false;
        if (local.p[i] == '\\' && ++i == local.n - 1)
            return false;
    }
    return true;
}

/* RFC 5321: dots stand between atoms, not at the ends and not together. */
static bool is_dot_atom(struct ph_bytes local)
{
    for (size_t i = 0; i < local.n; i++) {
        if (!is_local(local.p[i]))
            return false;
        bool edge = i == 0 || i == local.n - 1 || local.p[i - 1] == '.';
        if (local.p[i] == '.' && edge)
            return false;
    }
    return local.n > 0;
}

static enum ph_err check_local(struct ph_bytes local, struct ph_why *why)
{
    char safe[16 * PH_MAIL_LOCAL_MAX];
    if (local.n == 0 || local.n > PH_MAIL_LOCAL_MAX)
        return ph_fail(why, PH_ERR_INPUT, "%zu characters before the at-sign, allowed are 1 to %d",
                       local.n, PH_MAIL_LOCAL_MAX);
    if (!is_dot_atom(local) && !is_quoted(local))
        return ph_fail(why, PH_ERR_INPUT, "what stands before the at-sign is no mailbox name");
    /* bad UTF-8, and characters that hide or turn text around, never name a mailbox */
    ph_text_safe(safe, sizeof(safe), local);
    if (!ph_bytes_equal(ph_bytes_str(safe), local))
        return ph_fail(why, PH_ERR_INPUT, "the mailbox name has hidden characters or bad UTF-8");
    return PH_OK;
}

enum ph_err ph_mail_normalise(char out[static PH_MAIL_MAX + 1], size_t *out_n, struct ph_bytes text,
                              struct ph_why *why)
{
    char domain[PH_DOMAIN_MAX + 1];
    size_t n_domain = 0;
    size_t at = last_at(text);
    if (at == 0)
        return ph_fail(why, PH_ERR_INPUT, "mail address has no at-sign");
    struct ph_bytes local = ph_bytes(text.p, at - 1);
    enum ph_err err = check_local(local, why);
    if (!err)
        err = ph_domain_normalise(domain, &n_domain, ph_bytes(text.p + at, text.n - at), why);
    if (err)
        return err;
    for (size_t i = 0; i < local.n; i++) {
        uint8_t c = local.p[i];
        out[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    out[local.n] = '@';
    memcpy(out + local.n + 1, domain, n_domain + 1);
    *out_n = local.n + 1 + n_domain;
    return PH_OK;
}
