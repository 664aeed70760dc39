/* SPDX-License-Identifier: Apache-2.0
 *
 * A subcommand of `posthorn`: its row in the one table, and what all of them share.
 *
 * The table (commands.c) feeds dispatch, help and completion. A command parses its own options with
 * ph_cli_option(), which also takes the common ones wherever they stand. It returns an exit code of
 * interfaces.md: 0 done · 1 nothing found or input bad · 2 usage · 3 policy or passphrase · 4 node
 * · 5 store. */
#ifndef PH_TOOLS_COMMAND_H
#define PH_TOOLS_COMMAND_H

#include <getopt.h>

#include "proto/base/buf.h"

struct ph_command;

/** Longest passphrase, bytes. */
#define PH_CLI_PASSPHRASE_MAX 1024

/** What the command line said for all commands. */
struct ph_cli {
    const struct ph_command *command;
    const char *home;            /* --home or POSTHORN_HOME; NULL: the installed layout */
    const char *passphrase_file; /* --passphrase-file */
    struct ph_buf *passphrase;   /* what it said, once read: a pipe can be read only once */
    bool json;                   /* --json */
    bool quiet;                  /* --quiet: no progress, no hints of what comes next */
};

struct ph_command {
    const char *name;  /* "roster edit" is two words: group and verb */
    const char *area;  /* heading in `posthorn help` */
    const char *usage; /* after "posthorn NAME " */
    const char *help;  /* one line */
    const char *more;  /* options and examples for `posthorn help NAME`; may be NULL */
    int (*run)(struct ph_cli *cli, int argc, char **argv);
};

/** The table, ended by a row without a name. */
extern const struct ph_command ph_commands[];

/** The options that every command takes, for main(); PH_CLI_N_COMMON of them. */
#define PH_CLI_N_COMMON 5
const struct option *ph_cli_common(void);
/** Take one of them; false when it asks for help. */
bool ph_cli_take_common(struct ph_cli *cli, int option);

/** As getopt_long(), common options handled inside.
 * @options  the command's own, ended by zeros; values (`val`) are characters above ' ' of its
 * choice. Returns -1 at the end, '?' after an error message (the command returns 2), else the
 * option's value. */
int ph_cli_option(struct ph_cli *cli, int argc, char **argv, const struct option *options);

/** Print "posthorn: WHAT" and the hint; the exit code of @err. */
int ph_cli_fail(enum ph_err err, const struct ph_why *why);
/** Print a usage error and how to get help; 2. */
int ph_cli_usage(const struct ph_cli *cli, const char *format, ...) PH_PRINTF(2, 3);

/** A whole number of at most 18 digits. */
bool ph_cli_number(const char *text, uint64_t *out);

/** Print usage, options and examples of @command. */
void ph_cli_help(const struct ph_command *command);

#define PH_COMMAND(name) int ph_cmd_##name(struct ph_cli *cli, int argc, char **argv)
PH_COMMAND(init);
PH_COMMAND(community_create);
PH_COMMAND(roster_show);
PH_COMMAND(roster_edit);
PH_COMMAND(roster_sign);
PH_COMMAND(roster_apply);
PH_COMMAND(invite);
PH_COMMAND(join);
PH_COMMAND(person_add);
PH_COMMAND(import);
PH_COMMAND(publish);
PH_COMMAND(ls);
PH_COMMAND(show);
PH_COMMAND(lookup);
PH_COMMAND(search);
PH_COMMAND(export);
PH_COMMAND(status);
PH_COMMAND(peers);
PH_COMMAND(verify);

#endif
