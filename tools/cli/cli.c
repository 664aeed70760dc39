/* SPDX-License-Identifier: Apache-2.0
 *
 * What all commands share: common options, errors, help of one command. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/cli/command.h"

enum {
    OPT_HOME = 1,
    OPT_JSON,
    OPT_PASSPHRASE_FILE,
    OPT_QUIET,
    OPT_HELP
};

static const struct option common[] = {
    {"home", required_argument, NULL, OPT_HOME},
    {"json", no_argument, NULL, OPT_JSON},
    {"passphrase-file", required_argument, NULL, OPT_PASSPHRASE_FILE},
    {"quiet", no_argument, NULL, OPT_QUIET},
    {"help", no_argument, NULL, OPT_HELP}};
_Static_assert(PH_LEN(common) == PH_CLI_N_COMMON, "as many as command.h says");

#define OPTIONS_MAX 40

void ph_cli_help(const struct ph_command *c)
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

const struct option *ph_cli_common(void)
{
    return common;
}

bool ph_cli_take_common(struct ph_cli *cli, int option)
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
        return false;
    }
    return true;
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
        if (!ph_cli_take_common(cli, c)) {
            ph_cli_help(cli->command);
            exit(0);
        }
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

bool ph_cli_number(const char *text, uint64_t *out)
{
    size_t n = strspn(text, "0123456789");
    if (n == 0 || n > 18 || text[n] != 0)
        return false;
    *out = strtoull(text, NULL, 10);
    return true;
}
