/* SPDX-License-Identifier: Apache-2.0
 *
 * posthorn verify: every record, signature, sum, index entry and audit entry, checked anew. */
#include <stdio.h>

#include "store/read.h"
#include "tools/cli/output.h"
#include "tools/cli/progress.h"

struct checking {
    const struct ph_cli *cli;
    struct ph_progress progress;
    json_t *findings; /* for JSON */
    uint64_t n;
};

static void on_finding(void *ctx, const char *line)
{
    struct checking *c = (struct checking *)ctx;
    ph_progress_clear(&c->progress);
    c->n++;
    if (c->cli->json)
        json_array_append_new(c->findings, json_string(line));
    else
        printf("%s\n", line);
}

static void print(const struct checking *c, const struct ph_verify_report *r, ph_ms took)
{
    if (c->cli->json) {
        ph_output_json(json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:O}", "records",
                                 (json_int_t)r->records, "bodies", (json_int_t)r->bodies, "opened",
                                 (json_int_t)r->opened, "objects", (json_int_t)r->objects,
                                 "channels", (json_int_t)r->channels, "audit_entries",
                                 (json_int_t)r->audit_entries, "errors", (json_int_t)r->errors,
                                 "ms", (json_int_t)took, "findings", c->findings),
                       0);
        return;
    }
    printf("%llu records, %llu bodies (%llu opened), %llu objects, %llu channels, %llu audit "
           "entries: ",
           (unsigned long long)r->records, (unsigned long long)r->bodies,
           (unsigned long long)r->opened, (unsigned long long)r->objects,
           (unsigned long long)r->channels, (unsigned long long)r->audit_entries);
    if (r->errors == 0)
        printf("all good; %llu.%02llu s\n", (unsigned long long)(took / 1000),
               (unsigned long long)(took % 1000 / 10));
    else
        printf("%llu errors\n", (unsigned long long)r->errors);
}

int ph_cmd_verify(struct ph_cli *cli, int argc, char **argv)
{
    struct ph_why why = {0};
    struct ph_session s = {.daemon = -1};
    struct ph_verify_report report = {0};
    if (ph_cli_option(cli, argc, argv, NULL) != -1)
        return 2;
    if (optind < argc)
        return ph_cli_usage(cli, "unexpected argument \"%s\"", argv[optind]);
    struct checking c = {.cli = cli, .progress = ph_progress(cli), .findings = json_array()};
    ph_ms start = ph_progress_clock();
    enum ph_err err = ph_session_open(&s, cli, PH_SESSION_READ, true, &why);
    if (!err) {
        ph_progress_show(&c.progress, "checking \"%s\" …", s.home.store);
        err = ph_verify(s.store, s.members, on_finding, &c, &report, &why);
        ph_progress_clear(&c.progress);
    }
    if (!err)
        print(&c, &report, ph_progress_clock() - start);
    json_decref(c.findings);
    ph_session_close(&s);
    if (err)
        return ph_cli_fail(err, &why);
    return report.errors > 0 || c.n > 0 ? 1 : 0;
}
