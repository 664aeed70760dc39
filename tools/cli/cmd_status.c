/* SPDX-License-Identifier: Apache-2.0
 *
 * posthorn status and peers: how this node is, and whom it knows. With no daemon running they say
 * so, and tell what the store knows. */
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/read.h"
#include "tools/cli/output.h"

struct view {
    struct ph_session session;
    bool is_running;
    struct ph_control_status daemon; /* peers are owned, also without a daemon */
    struct ph_counts counts;
};

/* Every node of the members but ours, not connected: what is known without a daemon. */
static enum ph_err peers_of_cards(struct view *v, struct ph_why *why)
{
    const struct ph_members *members = v->session.members;
    size_t n = ph_members_n_nodes(members);
    v->daemon.peers = (struct ph_control_peer *)calloc(n + 1, sizeof(*v->daemon.peers));
    if (v->daemon.peers == NULL)
        return ph_fail(why, PH_ERR_NOMEM, "no memory for %zu peers", n);
    for (size_t i = 0; i < n; i++) {
        struct ph_member_node node = ph_members_node(members, i);
        if (ph_node_key_equal(&node.node->sign_key, &v->session.identity->node))
            continue;
        v->daemon.peers[v->daemon.n_peers++] =
            (struct ph_control_peer){.org = node.card->org, .node = node.node->sign_key};
    }
    return PH_OK;
}

static int cmp_peers(const void *a, const void *b)
{
    const struct ph_control_peer *x = (const struct ph_control_peer *)a;
    const struct ph_control_peer *y = (const struct ph_control_peer *)b;
    int cmp = ph_code_cmp(&x->org, &y->org);
    return cmp ? cmp : memcmp(x->node.b, y->node.b, 32); /* public */
}

static enum ph_err look(struct view *v, const struct ph_cli *cli, struct ph_why *why)
{
    enum ph_err err = ph_session_open(&v->session, cli, PH_SESSION_READ, true, why);
    if (!err)
        err = ph_counts(v->session.store, &v->counts, why);
    if (err)
        return err;
    v->is_running = v->session.daemon >= 0;
    err = v->is_running ? ph_session_status(&v->session, &v->daemon, why) : peers_of_cards(v, why);
    if (!err && v->daemon.n_peers > 0)
        qsort(v->daemon.peers, v->daemon.n_peers, sizeof(*v->daemon.peers), cmp_peers);
    return err;
}

static json_t *peer_json(const struct ph_control_peer *p)
{
    char node[PH_KEY_TEXT_MAX];
    ph_node_key_text(node, &p->node);
    return json_pack(
        "{s:s, s:s, s:b, s:b, s:b, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s}", "org", p->org.s,
        "node", node, "connected", p->connected, "in_sync", p->in_sync, "outgoing", p->outgoing,
        "since", p->since ? ph_json_time(p->since) : json_null(), "rtt_ms", (json_int_t)p->rtt_ms,
        "bytes_in", (json_int_t)p->bytes_in, "bytes_out", (json_int_t)p->bytes_out, "records_in",
        (json_int_t)p->records_in, "records_out", (json_int_t)p->records_out, "refused",
        (json_int_t)p->refused, "next_dial_in_ms", (json_int_t)p->next_dial_in, "last_error",
        ph_err_token(p->last_error));
}

static json_t *status_json(const struct view *v)
{
    const struct ph_roster *roster = ph_members_roster(v->session.members);
    json_t *peers = json_array(), *alarms = json_array();
    char node[PH_KEY_TEXT_MAX];
    ph_node_key_text(node, &v->session.identity->node);
    for (size_t i = 0; i < v->daemon.n_peers; i++)
        json_array_append_new(peers, peer_json(&v->daemon.peers[i]));
    for (size_t i = 0; i < v->daemon.n_alarms; i++)
        json_array_append_new(alarms, ph_json_text(v->daemon.alarms[i]));
    return json_pack(
        "{s:s, s:s, s:s, s:o, s:I, s:b, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "org",
        v->session.self.code.s, "node", node, "community", roster->name, "community_id",
        ph_json_hex(ph_members_community(v->session.members)->b, 32), "roster_seq",
        (json_int_t)roster->seq, "running", v->is_running, "started",
        v->is_running ? ph_json_time(v->daemon.started) : json_null(), "listen",
        ph_json_text(v->daemon.listen), "records", (json_int_t)v->counts.records, "objects",
        (json_int_t)v->counts.objects, "waiting", (json_int_t)v->counts.waiting, "unindexed",
        (json_int_t)v->counts.unindexed, "bytes_used", (json_int_t)v->counts.bytes_used,
        "bytes_max", (json_int_t)v->counts.bytes_max, "alarms", alarms, "peers", peers);
}

static void print_alarms(const struct view *v)
{
    char safe[512];
    for (size_t i = 0; i < v->daemon.n_alarms; i++)
        printf("ALARM      %s\n", ph_text_safe(safe, sizeof(safe), v->daemon.alarms[i]));
}

static void print_status(const struct view *v)
{
    const struct ph_roster *roster = ph_members_roster(v->session.members);
    char node[PH_KEY_TEXT_MAX], safe[2 * PH_NAME_MAX], started[PH_TIME_TEXT_MAX], listen[128];
    size_t connected = 0, in_sync = 0;
    for (size_t i = 0; i < v->daemon.n_peers; i++) {
        connected += v->daemon.peers[i].connected;
        in_sync += v->daemon.peers[i].in_sync;
    }
    ph_node_key_text(node, &v->session.identity->node);
    printf("Node       %s, %s\n", v->session.self.code.s, node);
    printf("Community  %s, roster %llu, %zu members\n",
           ph_text_safe(safe, sizeof(safe), ph_bytes_str(roster->name)),
           (unsigned long long)roster->seq, roster->n_orgs);
    ph_time_text(started, v->daemon.started);
    ph_text_safe(listen, sizeof(listen), v->daemon.listen);
    if (v->is_running)
        printf("Daemon     running since %s, %s%s\n", started,
               listen[0] ? "listens on " : "only dials", listen);
    else
        printf("Daemon     not running; start it: posthornd --home %s\n", v->session.home.dir);
    printf("Peers      %zu known, %zu connected, %zu in sync\n", v->daemon.n_peers, connected,
           in_sync);
    printf("Store      %llu records, %llu objects, %llu waiting for a key, %llu to be indexed\n",
           (unsigned long long)v->counts.records, (unsigned long long)v->counts.objects,
           (unsigned long long)v->counts.waiting, (unsigned long long)v->counts.unindexed);
    printf("Space      %llu of %llu MiB\n", (unsigned long long)(v->counts.bytes_used >> 20),
           (unsigned long long)(v->counts.bytes_max >> 20));
    print_alarms(v);
}

int ph_cmd_status(struct ph_cli *cli, int argc, char **argv)
{
    struct ph_why why = {0};
    struct view v = {.session = {.daemon = -1}};
    if (ph_cli_option(cli, argc, argv, NULL) != -1)
        return 2;
    if (optind < argc)
        return ph_cli_usage(cli, "unexpected argument \"%s\"", argv[optind]);
    enum ph_err err = look(&v, cli, &why);
    if (!err && cli->json)
        ph_output_json(status_json(&v), 0);
    else if (!err)
        print_status(&v);
    free(v.daemon.peers);
    ph_session_close(&v.session);
    return err ? ph_cli_fail(err, &why) : 0;
}

static const char *const COLUMNS[] = {"ORG",      "NODE", "STATE",   "RTT",
                                      "RECEIVED", "SENT", "REFUSED", "LAST ERROR"};
#define N_COLUMNS PH_LEN(COLUMNS)

static void peer_cells(char cells[static N_COLUMNS][PH_KEY_TEXT_MAX],
                       const struct ph_control_peer *p)
{
    const char *state = !p->connected ? "away" : p->in_sync ? "in sync" : "connected";
    snprintf(cells[0], PH_KEY_TEXT_MAX, "%s", p->org.s);
    ph_node_key_text(cells[1], &p->node);
    cells[1][16] = 0; /* enough to tell nodes apart; --json has all of it */
    if (!p->connected && p->next_dial_in > 0)
        snprintf(cells[2], PH_KEY_TEXT_MAX, "away, dialled in %llu s",
                 (unsigned long long)(p->next_dial_in / 1000));
    else
        snprintf(cells[2], PH_KEY_TEXT_MAX, "%s", state);
    if (p->connected)
        snprintf(cells[3], PH_KEY_TEXT_MAX, "%llu ms", (unsigned long long)p->rtt_ms);
    else
        snprintf(cells[3], PH_KEY_TEXT_MAX, "-");
    snprintf(cells[4], PH_KEY_TEXT_MAX, "%llu", (unsigned long long)p->records_in);
    snprintf(cells[5], PH_KEY_TEXT_MAX, "%llu", (unsigned long long)p->records_out);
    snprintf(cells[6], PH_KEY_TEXT_MAX, "%llu", (unsigned long long)p->refused);
    snprintf(cells[7], PH_KEY_TEXT_MAX, "%s",
             p->last_error == PH_OK ? "-" : ph_err_token(p->last_error));
}

/* Columns as wide as they must be; without headings where a program reads. */
static int print_peers(const struct view *v)
{
    char cells[N_COLUMNS][PH_KEY_TEXT_MAX];
    struct libscols_table *table = scols_new_table();
    int rc = table == NULL ? -1 : 0;
    if (!rc && !isatty(STDOUT_FILENO)) {
        rc = scols_table_enable_noheadings(table, 1);
        rc = rc ? rc : scols_table_set_column_separator(table, "\t");
        rc = rc ? rc : scols_table_enable_minout(table, 1);
    }
    for (size_t i = 0; i < N_COLUMNS && !rc; i++)
        rc = scols_table_new_column(table, COLUMNS[i], 0, 0) == NULL ? -1 : 0;
    for (size_t i = 0; i < v->daemon.n_peers && !rc; i++) {
        struct libscols_line *line = scols_table_new_line(table, NULL);
        peer_cells(cells, &v->daemon.peers[i]);
        for (size_t k = 0; k < N_COLUMNS && !rc; k++)
            rc = line == NULL ? -1 : scols_line_set_data(line, k, cells[k]);
    }
    if (!rc)
        rc = scols_print_table(table);
    scols_unref_table(table);
    return rc;
}

int ph_cmd_peers(struct ph_cli *cli, int argc, char **argv)
{
    struct ph_why why = {0};
    struct view v = {.session = {.daemon = -1}};
    if (ph_cli_option(cli, argc, argv, NULL) != -1)
        return 2;
    if (optind < argc)
        return ph_cli_usage(cli, "unexpected argument \"%s\"", argv[optind]);
    enum ph_err err = look(&v, cli, &why);
    if (!err && !v.is_running)
        fputs("posthorn: the daemon is not running: nobody is connected\n", stderr);
    for (size_t i = 0; !err && cli->json && i < v.daemon.n_peers; i++)
        ph_output_json(peer_json(&v.daemon.peers[i]), 0);
    if (!err && !cli->json && v.daemon.n_peers > 0 && print_peers(&v) != 0)
        err = ph_fail(&why, PH_ERR_NOMEM, "no memory for the table");
    int code = v.daemon.n_peers > 0 ? 0 : 1;
    free(v.daemon.peers);
    ph_session_close(&v.session);
    return err ? ph_cli_fail(err, &why) : code;
}
