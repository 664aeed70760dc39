/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/intel/observable.h"

#include <strings.h>

#include "proto/base/assert.h"
#include "proto/base/text.h"
#include "proto/intel/defang.h"
#include "proto/intel/digest.h"
#include "proto/intel/domain.h"
#include "proto/intel/ip.h"
#include "proto/intel/mail.h"
#include "proto/intel/url.h"

_Static_assert(PH_OBSERVABLE_MAX > PH_MAIL_MAX, "every mail address fits");
_Static_assert(PH_OBSERVABLE_MAX > PH_DIGEST_MAX, "every hash fits");

const char *ph_observable_kind_text(enum ph_observable_kind kind)
{
    switch (kind) {
    case PH_OBS_DOMAIN:
        return "domain";
    case PH_OBS_IP:
        return "ip";
    case PH_OBS_URL:
        return "url";
    case PH_OBS_MAIL:
        return "mail";
    case PH_OBS_HASH:
        return "hash";
    case PH_OBS_WORD:
        return "word";
    }
    return "unknown";
}

static enum ph_err normal_ip(struct ph_observable *out, struct ph_bytes text, struct ph_why *why)
{
    struct ph_ip ip;
    char canonical[PH_IP_TEXT_MAX];
    enum ph_err err = ph_ip_parse(&ip, text, why);
    if (err)
        return err;
    out->n = ph_ip_text(canonical, &ip);
    memcpy(out->text, canonical, out->n + 1);
    return PH_OK;
}

/* @text is refanged and does not lie in @out. */
static enum ph_err normal(struct ph_observable *out, enum ph_observable_kind kind,
                          struct ph_bytes text, struct ph_why *why)
{
    out->kind = kind;
    switch (kind) {
    case PH_OBS_DOMAIN:
        return ph_domain_normalise(out->text, &out->n, text, why);
    case PH_OBS_IP:
        return normal_ip(out, text, why);
    case PH_OBS_URL:
        return ph_url_normalise(out->text, sizeof(out->text), &out->n, text, why);
    case PH_OBS_MAIL:
        return ph_mail_normalise(out->text, &out->n, text, why);
    case PH_OBS_HASH:
        return ph_digest_normalise(out->text, &out->n, text, why);
    case PH_OBS_WORD:
        break;
    }
    return ph_fail(why, PH_ERR_INPUT, "words have no normal form of their own");
}

enum ph_err ph_observable_normalise(struct ph_observable *out, enum ph_observable_kind kind,
                                    struct ph_bytes value, struct ph_why *why)
{
    char text[PH_OBSERVABLE_MAX];
    struct ph_observable found;
    size_t n = 0;
    enum ph_err err = ph_defang_undo(text, sizeof(text), &n, value, why);
    if (err)
        return err;
    err = normal(&found, kind, ph_bytes(text, n), why);
    if (err)
        return err;
    *out = found;
    return PH_OK;
}

static bool has(struct ph_bytes text, char c)
{
    return text.n > 0 && memchr(text.p, c, text.n) != NULL;
}

static bool has_scheme(struct ph_bytes text)
{
    for (size_t i = 0; i + 3 <= text.n; i++)
        if (memcmp(text.p + i, "://", 3) == 0)
            return true;
    return false;
}

static bool is_hash(struct ph_bytes text)
{
    char hex[PH_DIGEST_MAX + 1];
    size_t n;
    return ph_digest_normalise(hex, &n, text, NULL) == PH_OK;
}

static bool is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* <bob@example.org>, "evil.example": what people paste. Before refanging, which looks at both ends.
 */
static struct ph_bytes unwrap(struct ph_bytes text)
{
    while (text.n > 0 && is_space(text.p[0]))
        text = ph_bytes(text.p + 1, text.n - 1);
    while (text.n > 0 && is_space(text.p[text.n - 1]))
        text.n--;
    if (text.n > 2 && ((text.p[0] == '<' && text.p[text.n - 1] == '>') ||
                       (text.p[0] == '"' && text.p[text.n - 1] == '"')))
        text = ph_bytes(text.p + 1, text.n - 2);
    return text;
}

static struct ph_bytes without_mailto(struct ph_bytes text)
{
    static const char mailto[] = "mailto:";
    const size_t n = sizeof(mailto) - 1;
    if (text.n > n && strncasecmp((const char *)text.p, mailto, n) == 0)
        text = ph_bytes(text.p + n, text.n - n);
    return text;
}

static enum ph_err guess(struct ph_observable *out, struct ph_bytes text, struct ph_why *why)
{
    struct ph_ip ip;
    if (has_scheme(text))
        return normal(out, PH_OBS_URL, text, why);
    if (has(text, '@'))
        return normal(out, PH_OBS_MAIL, without_mailto(text), why);
    if (is_hash(text))
        return normal(out, PH_OBS_HASH, text, why);
    if (ph_ip_parse(&ip, text, NULL) == PH_OK)
        return normal(out, PH_OBS_IP, text, why);
    if (has(text, '/')) {
        enum ph_err err = ph_fail(why, PH_ERR_INPUT, "neither a network nor a URL with its scheme");
        ph_hint(why, "Write URLs with http:// or https://, networks as 192.0.2.0/24.");
        return err;
    }
    enum ph_err err = normal(out, PH_OBS_DOMAIN, text, why);
    if (!err && !memchr(out->text, '.', out->n))
        return ph_fail(why, PH_ERR_INPUT, "not a domain, address, URL, mail address or hash");
    return err;
}

enum ph_err ph_observable_parse(struct ph_observable *out, struct ph_bytes value,
                                struct ph_why *why)
{
    char text[PH_OBSERVABLE_MAX];
    struct ph_observable found;
    size_t n = 0;
    enum ph_err err = ph_defang_undo(text, sizeof(text), &n, unwrap(value), why);
    if (err)
        return err;
    err = guess(&found, ph_bytes(text, n), why);
    if (err)
        return err;
    *out = found;
    return PH_OK;
}

static void each_domain(const struct ph_observable *o, ph_observable_fn fn, void *ctx)
{
    size_t last = ph_domain_registrable_at(o->text);
    for (size_t at = 0; at <= last; at++) {
        if (at > 0 && o->text[at - 1] != '.')
            continue;
        if (!fn(ctx, o->kind, ph_bytes(o->text + at, o->n - at)))
            return;
    }
}

static void each_network(const struct ph_observable *o, ph_observable_fn fn, void *ctx)
{
    struct ph_ip ip;
    if (ph_ip_parse(&ip, ph_bytes(o->text, o->n), NULL))
        return;
    for (unsigned bits = ip.bits + 1u; bits-- > 0;) {
        struct ph_ip network = ph_ip_network(&ip, (uint8_t)bits);
        char text[PH_IP_TEXT_MAX];
        size_t n = ph_ip_text(text, &network);
        if (!fn(ctx, o->kind, ph_bytes(text, n)))
            return;
    }
}

void ph_observable_each_parent(const struct ph_observable *o, ph_observable_fn fn, void *ctx)
{
    PH_ASSERT(o->n < sizeof(o->text) && o->text[o->n] == '\0');
    switch (o->kind) {
    case PH_OBS_DOMAIN:
        each_domain(o, fn, ctx);
        return;
    case PH_OBS_IP:
        each_network(o, fn, ctx);
        return;
    case PH_OBS_URL:
    case PH_OBS_MAIL:
    case PH_OBS_HASH:
    case PH_OBS_WORD:
        fn(ctx, o->kind, ph_bytes(o->text, o->n));
        return;
    }
}
