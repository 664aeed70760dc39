/* SPDX-License-Identifier: Apache-2.0
 *
 * posthorn lookup: values on the command line or millions of them on standard input, against
 * everything this node can read. Nothing is allocated for a value that is not found. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "proto/base/text.h"
#include "tools/cli/egress.h"
#include "tools/cli/hit.h"
#include "tools/cli/progress.h"

#define CHUNK          PH_MIB(1)
#define LINE_MAX_BYTES 4096 /* longest line that can hold a value */
#define REFRESH_MS     1000 /* how old the snapshot may be that values are looked up in */

struct lookup {
    struct ph_session session;
    struct ph_reading *reading;
    struct ph_egress egress;
    struct ph_hit_style style;
    struct ph_buf line;    /* one find, printed */
    struct ph_bytes value; /* being looked up */
    struct ph_observable
        observable; /* likewise; here, because hardened builds zero locals each time */
    uint64_t n_printed, n_bad, n_lines;
    char first_bad[400];
    ph_ms refreshed;
    enum ph_err err;
};

static bool on_object(void *ctx, const struct ph_object *object)
{
    struct lookup *l = (struct lookup *)ctx;
    struct ph_policy_answer answer = ph_egress_ask(&l->egress, &object->entry);
    if (!answer.allowed)
        return true;
    ph_buf_clear(&l->line);
    l->err = ph_hit_print(&l->line, &l->style, object, l->value, l->session.members);
    if (!l->err)
        l->err = ph_egress_print(&l->egress, &object->entry, answer, ph_buf_bytes(&l->line));
    l->n_printed += !l->err;
    return !l->err;
}

static void note_bad(struct lookup *l, struct ph_bytes value)
{
    char safe[60];
    struct ph_why why = {0};
    if (l->n_bad++ > 0)
        return;
    (void)!ph_observable_parse(&l->observable, value, &why); /* again, for the words */
    ph_text_safe(safe, sizeof(safe), value);
    int n = snprintf(l->first_bad, sizeof(l->first_bad), "\"%s\"", safe);
    if (l->n_lines > 0)
        n += snprintf(l->first_bad + n, sizeof(l->first_bad) - (size_t)n, " on line %llu",
                      (unsigned long long)l->n_lines);
    snprintf(l->first_bad + n, sizeof(l->first_bad) - (size_t)n, ": %s", why.what);
}

static enum ph_err look_up(struct lookup *l, struct ph_bytes value, struct ph_why *why)
{
    struct ph_observable *o = &l->observable;
    size_t found = 0;
    l->value = value;
    if (ph_observable_parse(o, value, NULL)) {
        note_bad(l, value);
        return PH_OK;
    }
    enum ph_err err = ph_lookup(l->reading, o, on_object, l, &found, why);
    return err ? err : l->err;
}

/* Between two values: what was held back goes out, and the snapshot moves on now and then. */
static enum ph_err catch_up(struct lookup *l, struct ph_why *why)
{
    bool is_due = ph_progress_clock() - l->refreshed >= REFRESH_MS;
    if (l->egress.ids.n > 0 && l->session.daemon < 0) {
        ph_reading_free(l->reading); /* the store is opened anew for the audit entry */
        l->reading = NULL;
    }
    enum ph_err err = ph_egress_flush(&l->egress);
    if (err || (l->reading != NULL && !is_due))
        return err;
    l->refreshed = ph_progress_clock();
    if (l->reading != NULL)
        return ph_reading_refresh(l->reading, why);
    if (l->session.store == NULL)
        return ph_fail(why, PH_ERR_IO, "cannot open the store again");
    return ph_reading_new(&l->reading, l->session.store, l->session.members, why);
}

static struct ph_bytes trim(struct ph_bytes text)
{
    while (text.n > 0 &&
           (text.p[text.n - 1] == '\r' || text.p[text.n - 1] == ' ' || text.p[text.n - 1] == '\t'))
        text.n--;
    while (text.n > 0 && (text.p[0] == ' ' || text.p[0] == '\t')) {
        text.p++;
        text.n--;
    }
    return text;
}

static enum ph_err on_line(struct lookup *l, struct ph_bytes line, struct ph_why *why)
{
    line = trim(line);
    l->n_lines++;
    if (line.n == 0 || line.p[0] == '#')
        return PH_OK;
    return look_up(l, line, why);
}

/* Whole lines of @text; *out_rest is where the unfinished one starts. */
static enum ph_err on_text(struct lookup *l, struct ph_bytes text, size_t *out_rest,
                           struct ph_why *why)
{
    enum ph_err err = PH_OK;
    size_t at = 0;
    while (!err) {
        const uint8_t *end = (const uint8_t *)memchr(text.p + at, '\n', text.n - at);
        if (end == NULL)
            break;
        err = on_line(l, ph_bytes(text.p + at, (size_t)(end - text.p) - at), why);
        at = (size_t)(end - text.p) + 1;
    }
    *out_rest = at;
    return err;
}

/* Standard input, a chunk at a time. Output goes out before the next read, which may have to wait.
 */
static enum ph_err from_stdin(struct lookup *l, struct ph_why *why)
{
    uint8_t *chunk = (uint8_t *)malloc(CHUNK);
    size_t n = 0, rest = 0;
    enum ph_err err = chunk ? PH_OK : ph_fail(why, PH_ERR_NOMEM, "no memory to read");
    while (!err) {
        ssize_t got = read(STDIN_FILENO, chunk + n, CHUNK - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            err = ph_fail(why, PH_ERR_INPUT, "cannot read standard input: %s", strerror(errno));
        if (got <= 0)
            break;
        n += (size_t)got;
        err = on_text(l, ph_bytes(chunk, n), &rest, why);
        if (!err && rest == 0 && n == CHUNK)
            rest = n - LINE_MAX_BYTES; /* a line without end holds no value: keep its tail only */
        memmove(chunk, chunk + rest, n - rest);
        n -= rest;
        if (!err)
            err = catch_up(l, why);
    }
    if (!err && n > 0)
        err = on_line(l, ph_bytes(chunk, n), why);
    free(chunk);
    return err;
}

static enum ph_err run(struct lookup *l, int argc, char **argv, struct ph_why *why)
{
    enum ph_err err = ph_reading_new(&l->reading, l->session.store, l->session.members, why);
    l->refreshed = ph_progress_clock();
    if (err)
        return err;
    if (optind == argc)
        return from_stdin(l, why);
    for (int i = optind; i < argc && !err; i++)
        err = look_up(l, ph_bytes_str(argv[i]), why);
    return err;
}

static int end(struct lookup *l, enum ph_err err, const struct ph_why *why)
{
    int code = l->n_printed > 0 ? 0 : 1;
    ph_reading_free(l->reading); /* before the store may be opened anew */
    if (err && err != PH_ERR_CLOSED)
        return ph_cli_fail(err, why);
    code = ph_egress_end(&l->egress, code);
    if (l->n_bad > 0)
        fprintf(stderr, "posthorn: %llu value%s no observable of ours: %s%s\n",
                (unsigned long long)l->n_bad, l->n_bad == 1 ? " is" : "s are",
                l->n_bad == 1 ? "" : "the first is ", l->first_bad);
    return code;
}

int ph_cmd_lookup(struct ph_cli *cli, int argc, char **argv)
{
    struct ph_why why = {0};
    struct lookup l = {.session = {.daemon = -1}, .line = ph_buf(PH_MIB(1))};
    if (ph_cli_option(cli, argc, argv, NULL) != -1)
        return 2;
    enum ph_err err = ph_session_open(&l.session, cli, PH_SESSION_READ, true, &why);
    if (err) {
        ph_session_close(&l.session);
        return ph_cli_fail(err, &why);
    }
    l.style = ph_hit_style(cli);
    l.egress = ph_egress(&l.session, PH_DOOR_INTERNAL, "lookup", stdout);
    err = run(&l, argc, argv, &why);
    int code = end(&l, err, &why);
    ph_egress_done(&l.egress);
    ph_buf_done(&l.line);
    ph_session_close(&l.session);
    return code;
}
