/* SPDX-License-Identifier: Apache-2.0
 *
 * posthorn import: STIX and plain lists, from files, folders and pipes, into the community. */
#include <signal.h>
#include <stdio.h>

#include "tools/cli/import.h"
#include "tools/cli/output.h"

static volatile int interrupted; /* the one thing a signal handler can tell us through */

static void on_signal(int signo)
{
    interrupted = signo;
}

/* A second Ctrl-C ends the process as usual: SA_RESETHAND. */
static void catch_signals(void)
{
    const struct sigaction act = {.sa_handler = on_signal,
                                  .sa_flags = (int)(SA_RESETHAND | SA_RESTART)};
    (void)sigaction(SIGINT, &act, NULL);
    (void)sigaction(SIGTERM, &act, NULL);
}

static int parse(struct ph_cli *cli, struct ph_import *im, struct ph_share *share, int argc,
                 char **argv)
{
    static const struct option options[] = {PH_SHARE_OPTIONS,
                                            {"strict", no_argument, NULL, 'S'},
                                            {"single", no_argument, NULL, '1'},
                                            {NULL, 0, NULL, 0}};
    for (int c; (c = ph_cli_option(cli, argc, argv, options)) != -1;) {
        int code = ph_share_option(cli, share, c);
        if (code > 0 || c == '?')
            return 2;
        im->is_strict |= c == 'S';
        im->packs.single |= c == '1';
    }
    if (optind == argc)
        return ph_cli_usage(cli, "give a file, a folder, or - for standard input");
    if (share->to == NULL)
        return ph_cli_usage(cli, "--to is needed: community, group:NAME, or ORG,ORG/person");
    return 0;
}

static void print_json(const struct ph_import *im, ph_ms took)
{
    const struct ph_packs *packs = &im->packs;
    json_t *records = json_array();
    for (size_t i = 0; i + 32 <= packs->ids.n; i += 32)
        json_array_append_new(records, ph_json_hex(packs->ids.p + i, 32));
    ph_output_json(json_pack("{s:I, s:I, s:I, s:I, s:I, s:o}", "stored", (json_int_t)packs->n_new,
                             "known", (json_int_t)packs->n_known, "bad", (json_int_t)im->n_bad,
                             "refused", (json_int_t)im->n_refused, "ms", (json_int_t)took,
                             "records", records),
                   0);
}

static void print(const struct ph_cli *cli, const struct ph_import *im, ph_ms took)
{
    if (cli->json) {
        print_json(im, took);
        return;
    }
    printf("%llu objects stored, %llu already here, %llu bad", (unsigned long long)im->packs.n_new,
           (unsigned long long)im->packs.n_known, (unsigned long long)im->n_bad);
    if (im->n_refused > 0)
        printf(", %llu refused by policy", (unsigned long long)im->n_refused);
    printf("; %llu.%02llu s\n", (unsigned long long)(took / 1000),
           (unsigned long long)(took % 1000 / 10));
}

static int code_of(const struct ph_import *im)
{
    return im->n_refused > 0 ? 3 : im->n_bad > 0 ? 1 : 0;
}

/* What Ctrl-C left, then the end that Ctrl-C asked for. */
static int end_interrupted(const struct ph_import *im)
{
    fprintf(stderr,
            "posthorn: interrupted: %llu objects are stored, the rest is not; import the same "
            "again to go on\n",
            (unsigned long long)im->packs.n_new);
    fflush(stdout);
    (void)signal(interrupted, SIG_DFL);
    (void)raise(interrupted);
    return 1;
}

static int fail(const struct ph_import *im, enum ph_err err, struct ph_why *why)
{
    int code = ph_cli_fail(err, why);
    if (im->packs.n_new > 0)
        fprintf(stderr, "posthorn: %llu objects were stored before that\n",
                (unsigned long long)im->packs.n_new);
    else
        fputs("posthorn: nothing was stored\n", stderr);
    return code;
}

static int run(const struct ph_cli *cli, struct ph_import *im)
{
    struct ph_why why = {0};
    ph_ms start = ph_progress_clock();
    enum ph_err err = ph_import_survey(im, &why);
    if (!err && im->is_strict && code_of(im) != 0) {
        fprintf(stderr,
                "posthorn: %llu bad, %llu refused by policy; nothing was stored (--strict)\n",
                (unsigned long long)im->n_bad, (unsigned long long)im->n_refused);
        return code_of(im);
    }
    if (!err && !interrupted)
        err = ph_import_run(im, &why);
    ph_progress_clear(&im->progress);
    if (err)
        return fail(im, err, &why);
    if (interrupted)
        return end_interrupted(im);
    print(cli, im, ph_progress_clock() - start);
    return code_of(im);
}

int ph_cmd_import(struct ph_cli *cli, int argc, char **argv)
{
    struct ph_why why = {0};
    struct ph_session s = {.daemon = -1};
    struct ph_share share = ph_share_default();
    struct ph_import im = {.session = &s, .share = &share, .stop = &interrupted};
    int code = parse(cli, &im, &share, argc, argv);
    if (code != 0)
        return code;
    im.progress = ph_progress(cli);
    im.now = ph_tool_now();
    enum ph_err err = ph_session_open(&s, cli, PH_SESSION_WRITE, true, &why);
    if (!err)
        err = ph_share_resolve(&share, &s, &why);
    if (!err && share.has_label)
        err = ph_share_check(&share, share.label, &why);
    for (int i = optind; i < argc && !err; i++)
        err = ph_import_add(&im, argv[i], &why);
    catch_signals();
    code = err ? ph_cli_fail(err, &why) : run(cli, &im);
    ph_import_done(&im);
    ph_share_done(&share);
    ph_session_close(&s);
    return code;
}
