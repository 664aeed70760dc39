/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/intel/domain.h"

#include <idn2.h>
#include <libpsl.h>
#include <stdlib.h>

#include "proto/base/text.h"

/* Longest text handed to libidn2: every character of a longest name in four bytes. */
#define UNICODE_MAX (4 * PH_DOMAIN_MAX)
#define LABEL_MAX   63

/* Copies @text without one trailing dot, NUL-terminated. */
static enum ph_err copy(char *out, size_t size, struct ph_bytes text, struct ph_why *why)
{
    if (text.n > 0 && text.p[text.n - 1] == '.')
        text.n--;
    if (text.n == 0)
        return ph_fail(why, PH_ERR_INPUT, "domain is empty");
    if (text.n >= size)
        return ph_fail(why, PH_ERR_INPUT, "domain is longer than %d characters", PH_DOMAIN_MAX);
    memcpy(out, text.p, text.n);
    out[text.n] = '\0';
    return PH_OK;
}

static bool is_ascii(struct ph_bytes text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] >= 0x80)
            return false;
    return true;
}

/* U-labels to A-labels. */
static enum ph_err to_ascii(char out[static PH_DOMAIN_MAX + 2], struct ph_bytes text,
                            struct ph_why *why)
{
    char unicode[UNICODE_MAX + 2];
    if (!ph_utf8_is_valid(text))
        return ph_fail(why, PH_ERR_INPUT, "domain is not valid UTF-8");
    enum ph_err err = copy(unicode, sizeof(unicode), text, why);
    if (err)
        return err;
    uint8_t *ascii = NULL;
    int rc =
        idn2_lookup_u8((const uint8_t *)unicode, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (rc == IDN2_MALLOC)
        return ph_fail(why, PH_ERR_NOMEM, "out of memory");
    if (rc != IDN2_OK)
        return ph_fail(why, PH_ERR_INPUT, "domain is not allowed by IDNA2008: %s",
                       idn2_strerror(rc));
    err = copy(out, PH_DOMAIN_MAX + 1, ph_bytes_str((const char *)ascii), why);
    idn2_free(ascii);
    return err;
}

static bool is_a_label(const char *label, size_t n)
{
    return n >= 4 && memcmp(label, "xn--", 4) == 0;
}

/* Punycode that does not decode names nothing; the decoder's answer itself is not needed. */
static enum ph_err check_a_label(const char *label, size_t n, struct ph_why *why)
{
    char copied[LABEL_MAX + 1];
    memcpy(copied, label, n);
    copied[n] = '\0';
    char *unicode = NULL;
    int rc = idn2_to_unicode_8z8z(copied, &unicode, 0);
    idn2_free(unicode);
    if (rc == IDN2_MALLOC)
        return ph_fail(why, PH_ERR_NOMEM, "out of memory");
    if (rc != IDN2_OK)
        return ph_fail(why, PH_ERR_INPUT, "label \"%s\" is no A-label: %s", copied,
                       idn2_strerror(rc));
    return PH_OK;
}

static enum ph_err check_label(const char *label, size_t n, struct ph_why *why)
{
    if (n == 0)
        return ph_fail(why, PH_ERR_INPUT, "domain has an empty label");
    if (n > LABEL_MAX)
        return ph_fail(why, PH_ERR_INPUT, "a label of %zu characters, limit is %d", n, LABEL_MAX);
    if (label[0] == '-' || label[n - 1] == '-')
        return ph_fail(why, PH_ERR_INPUT, "a label starts or ends with a hyphen");
    return is_a_label(label, n) ? check_a_label(label, n, why) : PH_OK;
}

/* Lower-cases in place and refuses what is neither letter, digit, hyphen, underscore nor dot. */
static enum ph_err fold(char *name, size_t n, struct ph_why *why)
{
    for (size_t i = 0; i < n; i++) {
        char c = name[i];
        if (c >= 'A' && c <= 'Z')
            name[i] = (char)(c - 'A' + 'a');
        else if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                   c == '.')) {
            char safe[16];
            return ph_fail(why, PH_ERR_INPUT, "domain has the character \"%s\" at column %zu",
                           ph_text_safe(safe, sizeof(safe), ph_bytes(&name[i], 1)), i + 1);
        }
    }
    return PH_OK;
}

/* A last label of digits alone makes a mistyped address, never a name. */
static bool ends_in_number(const char *name, size_t n)
{
    size_t i = n;
    while (i > 0 && name[i - 1] >= '0' && name[i - 1] <= '9')
        i--;
    return i < n && (i == 0 || name[i - 1] == '.');
}

static enum ph_err check_labels(const char *name, size_t n, struct ph_why *why)
{
    size_t start = 0;
    for (size_t i = 0; i <= n; i++) {
        if (i < n && name[i] != '.')
            continue;
        enum ph_err err = check_label(name + start, i - start, why);
        if (err)
            return err;
        start = i + 1;
    }
    if (ends_in_number(name, n))
        return ph_fail(why, PH_ERR_INPUT, "domain ends in a number");
    return PH_OK;
}

enum ph_err ph_domain_normalise(char out[static PH_DOMAIN_MAX + 1], size_t *out_n,
                                struct ph_bytes text, struct ph_why *why)
{
    char name[PH_DOMAIN_MAX + 2];
    enum ph_err err =
        is_ascii(text) ? copy(name, PH_DOMAIN_MAX + 1, text, why) : to_ascii(name, text, why);
    if (err)
        return err;
    size_t n = strlen(name);
    /* a NUL inside @text would have cut the name short */
    if (n == 0 || memchr(text.p, '\0', text.n) != NULL)
        return ph_fail(why, PH_ERR_INPUT, "domain has a NUL character");
    err = fold(name, n, why);
    if (!err)
        err = check_labels(name, n, why);
    if (err)
        return err;
    memcpy(out, name, n + 1);
    *out_n = n;
    return PH_OK;
}

size_t ph_domain_registrable_at(const char *domain)
{
    const char *registrable = psl_registrable_domain(psl_builtin(), domain);
    return registrable ? (size_t)(registrable - domain) : 0;
}
