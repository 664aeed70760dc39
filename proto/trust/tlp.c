/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/trust/tlp.h"

static const char *const LABELS[PH_N_TLP] = {
    [PH_TLP_CLEAR] = "CLEAR", [PH_TLP_GREEN] = "GREEN",
    [PH_TLP_AMBER] = "AMBER", [PH_TLP_AMBER_STRICT] = "AMBER+STRICT",
    [PH_TLP_RED] = "RED",
};

const char *ph_tlp_text(enum ph_tlp tlp)
{
    return (unsigned)tlp < PH_N_TLP ? LABELS[tlp] : "unknown label";
}

static uint8_t upper(uint8_t c)
{
    return c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
}

static bool equal_any_case(struct ph_bytes text, const char *word)
{
    if (text.n != strlen(word))
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (upper(text.p[i]) != (uint8_t)word[i])
            return false;
    return true;
}

enum ph_err ph_tlp_parse(enum ph_tlp *out, struct ph_bytes text, struct ph_why *why)
{
    struct ph_bytes label = text;
    if (label.n > 4 && equal_any_case(ph_bytes(label.p, 4), "TLP:"))
        label = ph_bytes(label.p + 4, label.n - 4);
    for (unsigned i = 0; i < PH_N_TLP; i++) {
        if (equal_any_case(label, LABELS[i])) {
            *out = (enum ph_tlp)i;
            return PH_OK;
        }
    }
    if (equal_any_case(label, "WHITE")) { /* TLP 1.0's name for it */
        *out = PH_TLP_CLEAR;
        return PH_OK;
    }
    char safe[48];
    enum ph_err err = ph_fail(why, PH_ERR_INPUT, "label \"%s\" is not one of TLP 2.0's",
                              ph_text_safe(safe, sizeof(safe), text));
    ph_hint(why, "Use CLEAR, GREEN, AMBER, AMBER+STRICT or RED.");
    return err;
}

bool ph_tlp_default_carry(enum ph_tlp label)
{
    return label == PH_TLP_CLEAR || label == PH_TLP_GREEN;
}

static enum ph_err fits_direct(enum ph_tlp label, const struct ph_recipient *recipients, size_t n,
                               struct ph_why *why)
{
    if (n == 0)
        return ph_fail(why, PH_ERR_MISFIT, "a direct record names at least one recipient");
    for (size_t i = 0; i < n; i++) {
        bool is_person = recipients[i].person.s[0] != '\0';
        if (label == PH_TLP_RED && !is_person)
            return ph_fail(why, PH_ERR_MISFIT,
                           "RED goes to named persons; %s is an organisation (AMBER+STRICT is for "
                           "an organisation's eyes)",
                           recipients[i].org.s);
        if (label != PH_TLP_RED && is_person)
            return ph_fail(why, PH_ERR_MISFIT, "%s goes to whole organisations, not to persons",
                           ph_tlp_text(label));
    }
    return PH_OK;
}

enum ph_err ph_tlp_fits(enum ph_tlp label, enum ph_audience_kind kind,
                        const struct ph_recipient *recipients, size_t n_recipients,
                        struct ph_why *why)
{
    if ((unsigned)label >= PH_N_TLP)
        return ph_fail(why, PH_ERR_MISFIT, "label %u is not one of TLP 2.0's", (unsigned)label);
    if (kind != PH_AUDIENCE_DIRECT && n_recipients > 0)
        return ph_fail(why, PH_ERR_MISFIT, "only a direct record names recipients");
    if (label == PH_TLP_CLEAR && kind != PH_AUDIENCE_COMMUNITY)
        return ph_fail(why, PH_ERR_MISFIT, "CLEAR goes to the whole community only");
    if (label == PH_TLP_RED && kind != PH_AUDIENCE_DIRECT)
        return ph_fail(why, PH_ERR_MISFIT, "RED goes directly to named persons only");
    switch (kind) {
    case PH_AUDIENCE_COMMUNITY:
    case PH_AUDIENCE_GROUP:
        return PH_OK;
    case PH_AUDIENCE_DIRECT:
        return fits_direct(label, recipients, n_recipients, why);
    }
    return ph_fail(why, PH_ERR_MISFIT, "audience kind %u is not known", (unsigned)kind);
}
