/* SPDX-License-Identifier: Apache-2.0
 *
 * The options of everything that shares: --tlp, --to, --carry, --no-carry, --exercise, --expires.
 * From them and a label comes what store/publish.h wants to know. */
#ifndef PH_TOOLS_SHARE_H
#define PH_TOOLS_SHARE_H

#include "tools/cli/session.h"

/** What was said, and from ph_share_resolve() on also who is meant. */
struct ph_share {
    bool has_label;
    enum ph_tlp label; /* AMBER unless said otherwise */
    const char *to;
    bool has_carry, carry;
    bool exercise;
    bool is_sure;   /* --yes: the second confirmation that RED with carry asks for */
    ph_ms lifetime; /* 0: by the type of each object */

    struct ph_audience audience;
    struct ph_recipient *recipients; /* owned */
    size_t n_recipients;
};

/* clang-format off */
#define PH_SHARE_OPTIONS                       \
    {"tlp", required_argument, NULL, 't'},     \
    {"to", required_argument, NULL, 'o'},      \
    {"carry", no_argument, NULL, 'c'},         \
    {"no-carry", no_argument, NULL, 'C'},      \
    {"exercise", no_argument, NULL, 'x'},      \
    {"expires", required_argument, NULL, 'e'}, \
    {"yes", no_argument, NULL, 'y'}
/* clang-format on */
#define PH_SHARE_HELP                                                                          \
    "  --tlp LABEL       CLEAR, GREEN, AMBER (default), AMBER+STRICT, RED\n"                   \
    "  --to AUDIENCE     community, group:NAME, or ORG,ORG/person,…\n"                       \
    "  --carry           nodes outside the audience may hold it, sealed\n"                     \
    "  --no-carry        they may not (GREEN and CLEAR: carried by default)\n"                 \
    "  --expires 30d     lifetime; without it by type: indicators 180 days, reports 2 years\n" \
    "  --exercise        a drill: shown as such, never exported\n"                             \
    "  --yes             confirms RED with --carry, which shows carriers its recipients\n"

/** Defaults. */
struct ph_share ph_share_default(void);
/** Take one option. 0 taken, 2 a usage error (printed), -1 none of ours. */
int ph_share_option(struct ph_cli *cli, struct ph_share *share, int option);
/** Resolve --to against the members, and check that we may post there. PH_ERR_POLICY for a group
 * that we are not in; errors of ph_audience_parse(). */
enum ph_err ph_share_resolve(struct ph_share *share, const struct ph_session *session,
                             struct ph_why *why);
/** Whether @label may go to the audience as asked. PH_ERR_MISFIT or PH_ERR_POLICY with the rule. */
enum ph_err ph_share_check(const struct ph_share *share, enum ph_tlp label, struct ph_why *why);
/** A publication of @label at @now, its objects left to the caller. Borrows from @share. */
struct ph_publication ph_share_publication(const struct ph_share *share, enum ph_tlp label,
                                           ph_ms now);
void ph_share_done(struct ph_share *share);

#endif
