/* SPDX-License-Identifier: Apache-2.0
 *
 * posthorn: finds the command in the table and runs it. */
#include <jansson.h>
#include <signal.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tools/cli/command.h"

enum {
    OPT_HOME = 1,
    OPT_JSON,
    OPT_PASSPHRASE_FILE,
    OPT_QUIET,
    OPT_HELP,
    OPT_VERSION
};

static const struct option common[] = {
    {"home", required_argument, NULL, OPT_HOME},
    {"json", no_argument, NULL, OPT_JSON},
    {"passphrase-file", required_argument, NULL, OPT_PASSPHRASE_FILE},
    {"quiet", no_argument, NULL, OPT_QUIET},
    {"help", no_argument, NULL, OPT_HELP}};

#define OPTIONS_MAX 40

static void help_command(const struct ph_command *c)
{
    printf("Usage: posthorn %s %s\n%s\n", c->name, c->usage, c->help);
    if (c->more != NULL)
        printf("\n%s", c->more);
    puts("\nCommon options:\n"
         "  --home DIR              configuration, keys and store in one directory\n"
         "                          (or POSTHORN_HOME)\n"
         "  --passphrase-file FILE  first line unlocks steward, organisation and person keys\n"
         "  --json                  machine-readable output, where the command prints data\n"
         "  --quiet                 no progress");
}

static void take_common(struct ph_cli *cli, int option)
{
    switch (option) {
    case OPT_HOME:
        cli->home = optarg;
        break;
    case OPT_JSON:
        cli->json = true;
        break;
    case OPT_PASSPHRASE_FILE:
        cli->passphrase_file = optarg;
        break;
    case OPT_QUIET:
        cli->quiet = true;
        break;
    default: /* OPT_HELP */
        help_command(cli->command);
        exit(0);
    }
}

int ph_cli_option(struct ph_cli *cli, int argc, char **argv, const struct option *options)
{
    struct option all[OPTIONS_MAX] = {0};
    size_t n = 0;
    for (; options != NULL && options[n].name != NULL && n < OPTIONS_MAX - PH_LEN(common) - 1; n++)
        all[n] = options[n];
    memcpy(all + n, common, sizeof(common));
    for (;;) {
        int c = getopt_long(argc, argv, "", all, NULL);
        if (c == '?') {
            fprintf(stderr, "posthorn: see: posthorn help %s\n", cli->command->name);
            return '?';
        }
        if (c == -1 || c > ' ')
            return c;
        take_common(cli, c);
    }
}

int ph_cli_fail(enum ph_err err, const struct ph_why *why)
{
    fprintf(stderr, "posthorn: %s\n", why && why->what[0] ? why->what : ph_err_text(err));
    if (why && why->hint[0])
        fprintf(stderr, "posthorn: hint: %s\n", why->hint);
    return ph_err_exit(err);
}

int ph_cli_usage(const struct ph_cli *cli, const char *format, ...)
{
    va_list args;
    fprintf(stderr, "posthorn %s: ", cli->command->name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\nUsage: posthorn %s %s\n", cli->command->name, cli->command->usage);
    return 2;
}

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
        help_command(c);
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

int main(int argc, char **argv)
{
    static const struct ph_command self = {.name = "", .usage = "COMMAND", .help = ""};
    struct ph_cli cli = {.home = getenv("POSTHORN_HOME"), .command = &self};
    struct option before[PH_LEN(common) + 2] = {0};
    (void)signal(SIGPIPE, SIG_IGN);
    if (sodium_init() < 0) {
        fputs("posthorn: libsodium cannot start: no source of randomness\n", stderr);
        return 5;
    }
    json_object_seed(0);
    memcpy(before, common, sizeof(common));
    before[PH_LEN(common)] = (struct option){"version", no_argument, NULL, OPT_VERSION};
    for (int c; (c = getopt_long(argc, argv, "+", before, NULL)) != -1;) {
        if (c == '?')
            return 2;
        if (c == OPT_VERSION) {
            puts("posthorn " PH_VERSION);
            return 0;
        }
        if (c == OPT_HELP)
            return help(argc - optind, argv + optind);
        take_common(&cli, c);
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
    optind = 0; /* glibc: start over, for the command's own options */
    int code = cli.command->run(&cli, argc - words + 1, argv + words - 1);
    if (fflush(stdout) != 0 && code == 0) {
        perror("posthorn: standard output");
        code = 5;
    }
    return code;
}
