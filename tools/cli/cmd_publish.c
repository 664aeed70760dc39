/* SPDX-License-Identifier: Apache-2.0
 *
 * posthorn publish: one finding, said on the command line. */
#include <stdio.h>

#include "proto/intel/json.h"
#include "tools/cli/output.h"
#include "tools/cli/own_object.h"
#include "tools/cli/pack.h"

struct publish {
    struct ph_share share;
    const char *note;
    struct ph_observable value;
};

/* KIND of the command line; what a kind is called in STIX is understood as well. */
static enum ph_err parse_kind(enum ph_observable_kind *out, const char *text, struct ph_why *why)
{
    static const struct {
        const char *name;
        enum ph_observable_kind kind;
    } kinds[] = {{"domain", PH_OBS_DOMAIN}, {"domain-name", PH_OBS_DOMAIN}, {"ip", PH_OBS_IP},
                 {"ipv4-addr", PH_OBS_IP},  {"ipv6-addr", PH_OBS_IP},       {"url", PH_OBS_URL},
                 {"mail", PH_OBS_MAIL},     {"email-addr", PH_OBS_MAIL},    {"hash", PH_OBS_HASH},
                 {"file", PH_OBS_HASH}};
    char safe[48];
    for (size_t i = 0; i < PH_LEN(kinds); i++) {
        if (strcmp(kinds[i].name, text) == 0) {
            *out = kinds[i].kind;
            return PH_OK;
        }
    }
    return ph_fail(why, PH_ERR_USAGE, "no kind \"%s\": use domain, ip, url, mail or hash",
                   ph_text_safe(safe, sizeof(safe), ph_bytes_str(text)));
}

static int parse(struct ph_cli *cli, struct publish *p, int argc, char **argv)
{
    static const struct option options[] = {
        PH_SHARE_OPTIONS, {"note", required_argument, NULL, 'n'}, {NULL, 0, NULL, 0}};
    struct ph_why why = {0};
    enum ph_observable_kind kind;
    for (int c; (c = ph_cli_option(cli, argc, argv, options)) != -1;) {
        if (c == '?' || ph_share_option(cli, &p->share, c) > 0)
            return 2;
        if (c == 'n')
            p->note = optarg;
    }
    if (argc - optind != 3 || strcmp(argv[optind], "indicator") != 0)
        return ph_cli_usage(cli, "say what: indicator KIND VALUE");
    if (p->share.to == NULL)
        return ph_cli_usage(cli, "--to is needed: community, group:NAME, or ORG,ORG/person");
    if (parse_kind(&kind, argv[optind + 1], &why))
        return ph_cli_usage(cli, "%s", why.what);
    if (p->note != NULL && !ph_utf8_is_valid(ph_bytes_str(p->note)))
        return ph_cli_usage(cli, "--note is not UTF-8");
    enum ph_err err =
        ph_observable_normalise(&p->value, kind, ph_bytes_str(argv[optind + 2]), &why);
    return err ? ph_cli_fail(err, &why) : 0;
}

static void print(const struct ph_cli *cli, const struct publish *p, const struct ph_session *s,
                  const json_t *object, bool is_new, const struct ph_buf *ids)
{
    const char *id = ph_json_str(object, "id"), *tlp = ph_tlp_text(p->share.label);
    struct ph_header header = {.audience = p->share.audience,
                               .recipients = p->share.recipients,
                               .n_recipients = p->share.n_recipients};
    char to[256], record[65] = "";
    ph_audience_text(to, sizeof(to), &header, s->members);
    if (ids->n >= 32)
        ph_hex(record, ph_bytes(ids->p, 32));
    if (cli->json)
        ph_output_json(json_pack("{s:s, s:s*, s:s, s:s, s:s, s:b}", "stix_id", id, "record",
                                 record[0] ? record : NULL, "tlp", tlp, "audience", to, "value",
                                 p->value.text, "new", is_new),
                       0);
    else if (is_new)
        printf("%s\nshared TLP:%s to %s in record %.16s\n", id, tlp, to, record);
    else
        printf("%s\nalready here, TLP:%s to %s: nothing new was stored\n", id, tlp, to);
}

static enum ph_err publish(struct publish *p, struct ph_session *s,
                           struct ph_own_identity *identity, json_t **object, bool *is_new,
                           struct ph_buf *ids, struct ph_why *why)
{
    struct ph_reading *reading = NULL;
    bool is_new_identity;
    enum ph_err err = ph_reading_new(&reading, s->store, s->members, why);
    if (!err)
        err = ph_own_identity(identity, s, why);
    if (!err)
        err =
            ph_own_indicator(object, s, reading, &p->value, identity, p->note, ph_tool_now(), why);
    ph_reading_free(reading);
    if (!err && identity->object != NULL)
        err = ph_packs_publish_one(s, &p->share, p->share.label, identity->object, &is_new_identity,
                                   NULL, why);
    if (!err)
        err = ph_packs_publish_one(s, &p->share, p->share.label, *object, is_new, ids, why);
    return err;
}

int ph_cmd_publish(struct ph_cli *cli, int argc, char **argv)
{
    struct ph_why why = {0};
    struct ph_session s = {.daemon = -1};
    struct publish p = {.share = ph_share_default()};
    struct ph_own_identity identity = {.object = NULL};
    struct ph_buf ids = ph_buf(PH_KIB(64));
    json_t *object = NULL;
    bool is_new = false;
    int code = parse(cli, &p, argc, argv);
    if (code != 0)
        return code;
    enum ph_err err = ph_session_open(&s, cli, PH_SESSION_WRITE, true, &why);
    if (!err)
        err = ph_share_resolve(&p.share, &s, &why);
    if (!err)
        err = ph_share_check(&p.share, p.share.label, &why);
    if (!err)
        err = publish(&p, &s, &identity, &object, &is_new, &ids, &why);
    if (!err)
        print(cli, &p, &s, object, is_new, &ids);
    json_decref(object);
    ph_own_identity_done(&identity);
    ph_buf_done(&ids);
    ph_share_done(&p.share);
    ph_session_close(&s);
    return err ? ph_cli_fail(err, &why) : 0;
}
