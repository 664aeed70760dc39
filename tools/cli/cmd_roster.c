/* SPDX-License-Identifier: Apache-2.0
 *
 * posthorn roster show, edit, sign, apply: the one document that stewards sign. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/cli/output.h"
#include "tools/cli/own_card.h"

static enum ph_err read_draft(struct ph_roster **out, struct ph_buf *bytes, const char *path,
                              struct ph_why *why)
{
    *bytes = ph_buf(PH_ROSTER_MAX);
    enum ph_err err = ph_file_read(bytes, path, why);
    if (err != PH_OK)
        return err;
    err = ph_roster_decode(out, ph_buf_bytes(bytes), why);
    return err == PH_OK ? PH_OK : ph_why_wrap(why, err, "\"%s\"", path);
}

static enum ph_err write_draft(const struct ph_roster *roster, const char *path, struct ph_why *why)
{
    struct ph_buf bytes = ph_buf(PH_ROSTER_MAX);
    enum ph_err err = ph_roster_encode(&bytes, roster);
    if (err != PH_OK)
        err = ph_fail(why, err, "roster: %s", ph_err_text(err));
    else
        err = ph_file_replace(path, ph_buf_bytes(&bytes), 0644, why);
    ph_buf_done(&bytes);
    return err;
}

int ph_cmd_roster_show(struct ph_cli *cli, int argc, char **argv)
{
    struct ph_why why = {0};
    struct ph_session s;
    struct ph_roster *draft = NULL;
    struct ph_buf bytes = ph_buf(0);
    if (ph_cli_option(cli, argc, argv, NULL) != -1)
        return 2;
    if (argc - optind > 1)
        return ph_cli_usage(cli, "one file at most");
    enum ph_err err = PH_OK;
    if (optind < argc) {
        err = read_draft(&draft, &bytes, argv[optind], &why);
        if (err == PH_OK)
            ph_output_roster(draft, cli->json);
    } else {
        err = ph_session_open(&s, cli, PH_SESSION_READ, true, &why);
        if (err == PH_OK)
            ph_output_roster(ph_members_roster(s.members), cli->json);
        ph_session_close(&s);
    }
    ph_roster_free(draft);
    ph_buf_done(&bytes);
    return err == PH_OK ? 0 : ph_cli_fail(err, &why);
}

/* Edits come in the order they were given. */

static enum ph_err edit_add(struct ph_roster *draft, const char *path, struct ph_why *why)
{
    struct ph_buf bytes = ph_buf(PH_KIB(16));
    struct ph_request request;
    char words[PH_WORDS_TEXT_MAX];
    struct ph_hash hash;
    enum ph_err err = ph_file_read(&bytes, path, why);
    if (err == PH_OK) {
        err = ph_request_decode(&request, ph_buf_bytes(&bytes), why);
        if (err != PH_OK)
            err = ph_why_wrap(why, err, "\"%s\"", path);
    }
    ph_buf_done(&bytes);
    if (err == PH_OK)
        err = ph_request_hash(&hash, &request);
    if (err != PH_OK)
        return err;
    request.org.joined = draft->issued;
    err = ph_roster_add_org(draft, &request.org, why);
    if (err == PH_OK) {
        ph_words(words, &hash);
        char name[PH_NAME_MAX * 2];
        printf("Adds %s, %s. Compare its fingerprint by phone: %s\n", request.org.code.s,
               ph_text_safe(name, sizeof(name), ph_bytes_str(request.org.name)), words);
    }
    return err;
}

/* "alps=IT,CH": replaces a group of that name. */
static enum ph_err edit_group(struct ph_roster *draft, const char *spec, const char *title,
                              struct ph_why *why)
{
    const char *equals = strchr(spec, '=');
    struct ph_code *members = NULL;
    struct ph_hash id;
    char name[PH_HANDLE_MAX + 1];
    size_t n = 0;
    if (equals == NULL || equals == spec || (size_t)(equals - spec) >= sizeof(name))
        return ph_fail(why, PH_ERR_USAGE, "--group takes NAME=CODE,CODE…, not \"%s\"", spec);
    memcpy(name, spec, (size_t)(equals - spec));
    name[equals - spec] = 0;
    members = (struct ph_code *)calloc(PH_ORGS_MAX, sizeof(*members));
    if (members == NULL)
        return ph_fail(why, PH_ERR_NOMEM, "no memory for the group");
    enum ph_err err = PH_OK;
    for (const char *p = equals + 1; err == PH_OK; p++) {
        size_t length = strcspn(p, ",");
        if (n == PH_ORGS_MAX)
            err = ph_fail(why, PH_ERR_LIMIT, "a group has at most %d members", PH_ORGS_MAX);
        else
            err = ph_code_parse(&members[n++], ph_bytes(p, length), why);
        p += length;
        if (*p == 0)
            break;
    }
    randombytes_buf(id.b, sizeof(id.b));
    if (err == PH_OK)
        err = ph_roster_set_group(draft, name, title ? title : name, members, n, &id, why);
    free(members);
    return err;
}

static enum ph_err edit_stewards(struct ph_roster *draft, const char *list, uint32_t threshold,
                                 struct ph_why *why)
{
    struct ph_steward_key keys[PH_STEWARDS_MAX];
    size_t n = 0;
    if (list == NULL)
        return ph_roster_set_stewards(draft, draft->stewards, draft->n_stewards, threshold, why);
    for (const char *p = list; *p != 0;) {
        size_t length = strcspn(p, ",");
        if (n == PH_STEWARDS_MAX)
            return ph_fail(why, PH_ERR_LIMIT, "at most %d stewards", PH_STEWARDS_MAX);
        enum ph_err err = ph_steward_key_parse(&keys[n++], ph_bytes(p, length), why);
        if (err != PH_OK)
            return err;
        p += length + (p[length] == ',');
    }
    return ph_roster_set_stewards(draft, keys, n, threshold ? threshold : draft->threshold, why);
}

/* What --reason, --title, --stewards and --threshold say applies to the whole call. */
struct edit {
    struct ph_roster *draft;
    const char *out, *reason, *title, *stewards;
    uint32_t threshold;
    bool any;
};

static enum ph_err take_word(struct edit *e, int option, const char *value, struct ph_why *why)
{
    struct ph_code code;
    enum ph_err err = PH_OK;
    switch (option) {
    case 'a':
        err = edit_add(e->draft, value, why);
        break;
    case 'r':
        err = ph_code_parse(&code, ph_bytes_str(value), why);
        if (err == PH_OK)
            err = ph_roster_remove_org(e->draft, &code, e->reason ? e->reason : "",
                                       e->draft->issued, why);
        break;
    case 'g':
        err = edit_group(e->draft, value, e->title, why);
        break;
    case 'G':
        err = ph_roster_remove_group(e->draft, value, why);
        break;
    default:
        return PH_OK;
    }
    e->any = true;
    return err;
}

static const struct option edit_options[] = {
    {"out", required_argument, NULL, 'o'},          {"add", required_argument, NULL, 'a'},
    {"remove", required_argument, NULL, 'r'},       {"reason", required_argument, NULL, 'e'},
    {"group", required_argument, NULL, 'g'},        {"title", required_argument, NULL, 't'},
    {"remove-group", required_argument, NULL, 'G'}, {"stewards", required_argument, NULL, 's'},
    {"threshold", required_argument, NULL, 'T'},    {NULL, 0, NULL, 0}};

static enum ph_err run_edits(struct edit *e, const int *options, char *const *values, size_t n,
                             struct ph_why *why)
{
    enum ph_err err = PH_OK;
    for (size_t i = 0; i < n && err == PH_OK; i++)
        err = take_word(e, options[i], values[i], why);
    if (err == PH_OK && (e->stewards != NULL || e->threshold != 0)) {
        e->any = true;
        err = edit_stewards(e->draft, e->stewards, e->threshold, why);
    }
    if (err == PH_OK && !e->any)
        err = ph_fail(why, PH_ERR_USAGE, "nothing to change: give --add, --group or another edit");
    return err == PH_OK ? write_draft(e->draft, e->out, why) : err;
}

int ph_cmd_roster_edit(struct ph_cli *cli, int argc, char **argv)
{
    struct ph_why why = {0};
    struct ph_session s;
    struct edit e = {0};
    size_t n = 0;
    int *options = (int *)calloc((size_t)argc + 1, sizeof(*options));
    char **values = (char **)calloc((size_t)argc + 1, sizeof(*values));
    int code = options && values ? 0 : 5;
    for (int c; code == 0 && (c = ph_cli_option(cli, argc, argv, edit_options)) != -1;) {
        if (c == '?')
            code = 2;
        else if (c == 'o')
            e.out = optarg;
        else if (c == 'e')
            e.reason = optarg;
        else if (c == 't')
            e.title = optarg;
        else if (c == 's')
            e.stewards = optarg;
        else if (c == 'T')
            e.threshold = (uint32_t)strtoul(optarg, NULL, 10);
        else {
            options[n] = c;
            values[n++] = optarg;
        }
    }
    if (code == 0 && (e.out == NULL || optind < argc))
        code = ph_cli_usage(cli, e.out == NULL ? "--out FILE is needed" : "unexpected argument");
    if (code == 0) {
        enum ph_err err = ph_session_open(&s, cli, PH_SESSION_READ, true, &why);
        if (err == PH_OK)
            err = ph_roster_draft(&e.draft, ph_members_roster(s.members), ph_tool_now());
        if (err == PH_OK)
            err = run_edits(&e, options, values, n, &why);
        if (err == PH_OK)
            printf("Draft of roster %llu is in %s\n", (unsigned long long)e.draft->seq, e.out);
        code = err == PH_OK ? 0 : ph_cli_fail(err, &why);
        ph_roster_free(e.draft);
        ph_session_close(&s);
    }
    free(options);
    free(values);
    return code;
}

int ph_cmd_roster_sign(struct ph_cli *cli, int argc, char **argv)
{
    struct ph_why why = {0};
    struct ph_session s = {.daemon = -1};
    struct ph_roster *draft = NULL;
    struct ph_buf bytes = ph_buf(0);
    if (ph_cli_option(cli, argc, argv, NULL) != -1)
        return 2;
    if (argc - optind != 1)
        return ph_cli_usage(cli, "give the draft to sign");
    enum ph_err err = read_draft(&draft, &bytes, argv[optind], &why);
    if (err == PH_OK)
        err = ph_session_open(&s, cli, PH_SESSION_READ, true, &why);
    struct ph_secret *secret = err == PH_OK ? ph_secret_new(s.identity->vault) : NULL;
    struct ph_steward_key steward;
    if (err == PH_OK)
        err = ph_unlock(secret, steward.b, cli, &s.home, PH_SECRET_STEWARD, NULL, "steward key",
                        &why);
    if (err == PH_OK)
        err = ph_roster_sign(draft, ph_members_community(s.members), secret->b, &why);
    if (secret != NULL)
        ph_secret_free(s.identity->vault, secret);
    if (err == PH_OK)
        err = write_draft(draft, argv[optind], &why);
    if (err == PH_OK) {
        char key[PH_KEY_TEXT_MAX];
        ph_steward_key_text(key, &steward);
        printf("Signed by %s: %zu signature%s on %s, %u needed\n", key, draft->n_sigs,
               draft->n_sigs == 1 ? "" : "s", argv[optind],
               ph_members_roster(s.members)->threshold);
    }
    ph_session_close(&s);
    ph_roster_free(draft);
    ph_buf_done(&bytes);
    return err == PH_OK ? 0 : ph_cli_fail(err, &why);
}

int ph_cmd_roster_apply(struct ph_cli *cli, int argc, char **argv)
{
    struct ph_why why = {0};
    struct ph_session s = {.daemon = -1};
    struct ph_roster *draft = NULL;
    struct ph_buf bytes = ph_buf(0);
    if (ph_cli_option(cli, argc, argv, NULL) != -1)
        return 2;
    if (argc - optind != 1)
        return ph_cli_usage(cli, "give the draft to apply");
    enum ph_err err = read_draft(&draft, &bytes, argv[optind], &why);
    if (err == PH_OK)
        err = ph_session_open(&s, cli, PH_SESSION_WRITE, true, &why);
    /* Asked here first for a better message than the daemon's, and because equal or older is no
     * error there. */
    if (err == PH_OK)
        err = ph_chain_check_next(ph_members_community(s.members), ph_members_roster(s.members),
                                  draft, &why);
    if (err != PH_OK && s.members != NULL)
        (void)ph_why_wrap(&why, err, "\"%s\"", argv[optind]);
    if (err == PH_OK) {
        struct ph_bytes view = ph_buf_bytes(&bytes);
        err = ph_session_trust(&s, &view, 1, NULL, 0, &why);
    }
    if (err == PH_OK)
        printf("Roster %llu is in force: %zu organisations, %zu groups\n",
               (unsigned long long)draft->seq, draft->n_orgs, draft->n_groups);
    ph_session_close(&s);
    ph_roster_free(draft);
    ph_buf_done(&bytes);
    return err == PH_OK ? 0 : ph_cli_fail(err, &why);
}
