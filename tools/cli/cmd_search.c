/* SPDX-License-Identifier: Apache-2.0
 *
 * posthorn search: objects whose name, description, aliases or labels hold all the words. */
#include <stdlib.h>

#include "tools/cli/egress.h"
#include "tools/cli/hit.h"

struct search {
    struct ph_session session;
    struct ph_egress egress;
    struct ph_hit_style style;
    struct ph_buf line;
    uint64_t n_printed, limit;
    enum ph_err err;
};

static bool on_object(void *ctx, const struct ph_object *object)
{
    struct search *s = (struct search *)ctx;
    struct ph_policy_answer answer = ph_egress_ask(&s->egress, &object->entry);
    if (!answer.allowed)
        return true;
    ph_buf_clear(&s->line);
    s->err = ph_hit_print(&s->line, &s->style, object, ph_bytes(NULL, 0), s->session.members);
    if (!s->err)
        s->err = ph_egress_print(&s->egress, &object->entry, answer, ph_buf_bytes(&s->line));
    s->n_printed += !s->err;
    return !s->err && (s->limit == 0 || s->n_printed < s->limit);
}

static enum ph_err run(struct search *s, struct ph_bytes words, struct ph_why *why)
{
    struct ph_reading *reading = NULL;
    enum ph_err err = ph_reading_new(&reading, s->session.store, s->session.members, why);
    if (!err)
        err = ph_search(reading, words, on_object, s, why);
    ph_reading_free(reading);
    return err ? err : s->err;
}

static int parse(struct ph_cli *cli, struct search *s, struct ph_buf *words, int argc, char **argv)
{
    static const struct option options[] = {{"limit", required_argument, NULL, 'l'},
                                            {NULL, 0, NULL, 0}};
    for (int c; (c = ph_cli_option(cli, argc, argv, options)) != -1;) {
        if (c != 'l')
            return 2;
        if (!ph_cli_number(optarg, &s->limit))
            return ph_cli_usage(cli, "--limit takes a number");
    }
    for (int i = optind; i < argc; i++)
        if (ph_buf_printf(words, "%s ", argv[i]))
            return ph_cli_usage(cli, "too many words");
    return words->n > 0 ? 0 : ph_cli_usage(cli, "give the words to look for");
}

int ph_cmd_search(struct ph_cli *cli, int argc, char **argv)
{
    struct ph_why why = {0};
    struct search s = {.session = {.daemon = -1}, .line = ph_buf(PH_MIB(1))};
    struct ph_buf words = ph_buf(PH_KIB(64));
    int code = parse(cli, &s, &words, argc, argv);
    if (code != 0)
        goto done;
    enum ph_err err = ph_session_open(&s.session, cli, PH_SESSION_READ, true, &why);
    s.style = ph_hit_style(cli);
    s.egress = ph_egress(&s.session, PH_DOOR_INTERNAL, "search", stdout);
    if (!err)
        err = run(&s, ph_buf_bytes(&words), &why);
    if (err && err != PH_ERR_CLOSED)
        code = ph_cli_fail(err, &why);
    else
        code = ph_egress_end(&s.egress, s.n_printed > 0 ? 0 : 1);
    ph_egress_done(&s.egress);
    ph_session_close(&s.session);
done:
    ph_buf_done(&words);
    ph_buf_done(&s.line);
    return code;
}
