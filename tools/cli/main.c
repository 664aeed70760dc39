/* SPDX-License-Identifier: Apache-2.0
 *
 * posthorn: finds the command in the table and runs it. */
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tools/cli/command.h"

/* How many words of @argv name the command: 0 for none. */
static int words_of(const struct ph_command *c, int argc, char **argv)
{
    const char *space = strchr(c->name, ' ');
    if (space == NULL)
        return strcmp(argv[0], c->name) == 0 ? 1 : 0;
    size_t n = (size_t)(space - c->name);
    bool group = strlen(argv[0]) == n && strncmp(argv[0], c->name, n) == 0;
    return group && argc > 1 && strcmp(argv[1], space + 1) == 0 ? 2 : 0;
}

static const struct ph_command *find(int argc, char **argv, int *out_words)
{
    for (const struct ph_command *c = ph_commands; argc > 0 && c->name != NULL; c++) {
        *out_words = words_of(c, argc, argv);
        if (*out_words > 0)
            return c;
    }
    return NULL;
}

static void help_all(FILE *to)
{
    const char *area = "";
    fputs("Usage: posthorn [--home DIR] COMMAND [ARGUMENT…]\n"
          "Shares threat intelligence between postal operators, node to node.\n",
          to);
    for (const struct ph_command *c = ph_commands; c->name != NULL; c++) {
        if (strcmp(area, c->area) != 0)
            fprintf(to, "\n%s\n", c->area);
        area = c->area;
        fprintf(to, "  %-18s %s\n", c->name, c->help);
    }
    fputs("\nposthorn help COMMAND tells more; so does posthorn(1).\n", to);
}

static int help(int argc, char **argv)
{
    int words = 0;
    const struct ph_command *c = find(argc, argv, &words);
    if (c != NULL) {
        ph_cli_help(c);
        return 0;
    }
    if (argc == 0) {
        help_all(stdout);
        return 0;
    }
    /* A group's name alone, such as `help roster`: the commands in it. */
    bool any = false;
    for (c = ph_commands; c->name != NULL; c++) {
        size_t n = strlen(argv[0]);
        if (strncmp(c->name, argv[0], n) == 0 && c->name[n] == ' ') {
            printf("posthorn %s %s\n    %s\n", c->name, c->usage, c->help);
            any = true;
        }
    }
    if (any)
        return 0;
    fprintf(stderr, "posthorn: no command \"%s\". See: posthorn help\n", argv[0]);
    return 2;
}

/* A truncated data file ends in SIGBUS where it is read: one line then, not a core of what was
 * open. */
static void on_bus_error(int signo)
{
    static const char line[] = "posthorn: the store is damaged or was truncated\n"
                               "posthorn: hint: Run: posthorn verify; peers have the records of "
                               "others still\n";
    (void)signo;
    (void)!write(STDERR_FILENO, line, sizeof(line) - 1);
    _exit(5);
}

int main(int argc, char **argv)
{
    static const struct ph_command self = {.name = "", .usage = "COMMAND", .help = ""};
    const char *home = getenv("POSTHORN_HOME");
    struct ph_buf passphrase = ph_buf(PH_CLI_PASSPHRASE_MAX);
    struct ph_cli cli = {
        .home = home && home[0] ? home : NULL, .command = &self, .passphrase = &passphrase};
    struct option before[PH_CLI_N_COMMON + 2] = {0};
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGBUS, on_bus_error);
    if (sodium_init() < 0) {
        fputs("posthorn: libsodium cannot start: no source of randomness\n", stderr);
        return 5;
    }
    json_object_seed(0);
    memcpy(before, ph_cli_common(), PH_CLI_N_COMMON * sizeof(*before));
    before[PH_CLI_N_COMMON] = (struct option){"version", no_argument, NULL, 'V'};
    for (int c; (c = getopt_long(argc, argv, "+", before, NULL)) != -1;) {
        if (c == '?')
            return 2;
        if (c == 'V') {
            puts("posthorn " PH_VERSION);
            return 0;
        }
        if (!ph_cli_take_common(&cli, c))
            return help(argc - optind, argv + optind);
    }
    argc -= optind;
    argv += optind;
    if (argc == 0) {
        help_all(stderr);
        return 2;
    }
    if (strcmp(argv[0], "help") == 0)
        return help(argc - 1, argv + 1);
    int words = 0;
    cli.command = find(argc, argv, &words);
    if (cli.command == NULL) {
        (void)help(1, argv);
        return 2;
    }
    static char self_name[] = "posthorn";
    argv[words - 1] = self_name; /* what getopt puts before its messages */
    optind = 0;                  /* glibc: start over, for the command's own options */
    int code = cli.command->run(&cli, argc - words + 1, argv + words - 1);
    ph_buf_wipe(&passphrase);
    /* A reader that has seen enough (`| head`) is no failure of ours. */
    if (fflush(stdout) != 0 && errno != EPIPE && code == 0) {
        perror("posthorn: standard output");
        code = 5;
    }
    return code;
}
