/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/cli/share.h"

#include <stdlib.h>

#include "tools/cli/audience.h"
#include "tools/cli/when.h"

struct ph_share ph_share_default(void)
{
    /* What carries no label is AMBER: strict enough to be safe, loose enough to be of use. */
    return (struct ph_share){.label = PH_TLP_AMBER};
}

static enum ph_err take_lifetime(ph_ms *out, const char *text, struct ph_why *why)
{
    enum ph_err err = ph_when_duration(out, text, why);
    if (!err && (*out == 0 || *out > PH_LIFETIME_MAX_MS))
        err = ph_fail(why, PH_ERR_INPUT, "a lifetime is more than nothing and at most ten years");
    return err;
}

int ph_share_option(struct ph_cli *cli, struct ph_share *share, int option)
{
    struct ph_why why = {0};
    enum ph_err err = PH_OK;
    switch (option) {
    case 't':
        err = ph_tlp_parse(&share->label, ph_bytes_str(optarg), &why);
        share->has_label = true;
        break;
    case 'o':
        share->to = optarg;
        break;
    case 'c':
    case 'C':
        share->has_carry = true;
        share->carry = option == 'c';
        break;
    case 'x':
        share->exercise = true;
        break;
    case 'e':
        err = take_lifetime(&share->lifetime, optarg, &why);
        break;
    case 'y':
        share->is_sure = true;
        break;
    default:
        return -1;
    }
    return err ? ph_cli_usage(cli, "%s", why.what) : 0;
}

enum ph_err ph_share_resolve(struct ph_share *share, const struct ph_session *session,
                             struct ph_why *why)
{
    enum ph_err err = ph_audience_parse(&share->audience, &share->recipients, &share->n_recipients,
                                        share->to, session->members, why);
    if (err || share->audience.kind != PH_AUDIENCE_GROUP ||
        ph_members_in_audience(session->members, &session->self.code, &share->audience, NULL, 0))
        return err;
    err = ph_fail(why, PH_ERR_POLICY, "%s is not in %s: only its members post to a group",
                  session->self.code.s, share->to);
    ph_hint(why, "Share to the community, or to organisations by their codes");
    return err;
}

enum ph_err ph_share_check(const struct ph_share *share, enum ph_tlp label, struct ph_why *why)
{
    enum ph_err err =
        ph_tlp_fits(label, share->audience.kind, share->recipients, share->n_recipients, why);
    if (err || label != PH_TLP_RED || !share->carry || share->is_sure)
        return err;
    err = ph_fail(why, PH_ERR_POLICY, "RED with --carry shows its recipients to every carrier");
    ph_hint(why, "Leave --carry out, or confirm with --yes");
    return err;
}

struct ph_publication ph_share_publication(const struct ph_share *share, enum ph_tlp label,
                                           ph_ms now)
{
    bool carry = share->has_carry ? share->carry : ph_tlp_default_carry(label);
    return (struct ph_publication){.label = label,
                                   .audience = share->audience,
                                   .recipients = share->recipients,
                                   .n_recipients = share->n_recipients,
                                   .flags = (carry ? PH_FLAG_CARRY : 0u) |
                                            (share->exercise ? PH_FLAG_EXERCISE : 0u),
                                   .expires = share->lifetime ? now + share->lifetime : 0};
}

void ph_share_done(struct ph_share *share)
{
    free(share->recipients);
    share->recipients = NULL;
    share->n_recipients = 0;
}
