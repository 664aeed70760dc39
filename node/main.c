/* SPDX-License-Identifier: Apache-2.0
 *
 * posthornd: arguments in, exit code out. */
#include <getopt.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/node.h"

static const char usage[] =
    "Usage: posthornd [--home DIR] [-c FILE]\n"
    "Runs a Posthorn node in the foreground; logs to standard error.\n"
    "\n"
    "  --home DIR     configuration, keys and store in one directory (or POSTHORN_HOME);\n"
    "                 without it /etc/posthorn and /var/lib/posthorn\n"
    "  -c, --config FILE  another configuration file\n"
    "  --version      print the version\n"
    "\n"
    "SIGTERM stops it in under 5 s, SIGHUP reloads the log settings. Manual: posthornd(8).\n";

int main(int argc, char **argv)
{
    static const struct option options[] = {{"home", required_argument, NULL, 'H'},
                                            {"config", required_argument, NULL, 'c'},
                                            {"help", no_argument, NULL, 'h'},
                                            {"version", no_argument, NULL, 'V'},
                                            {NULL, 0, NULL, 0}};
    const char *home = getenv("POSTHORN_HOME"), *conf = NULL;
    for (int c; (c = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
        switch (c) {
        case 'H':
            home = optarg;
            break;
        case 'c':
            conf = optarg;
            break;
        case 'h':
            fputs(usage, stdout);
            return 0;
        case 'V':
            puts(PH_SOFTWARE);
            return 0;
        default:
            fputs("Try: posthornd --help\n", stderr);
            return 2;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "posthornd: unexpected argument \"%s\"\n", argv[optind]);
        return 2;
    }
    if (sodium_init() < 0) {
        fputs("posthornd: libsodium cannot start: no source of randomness\n", stderr);
        return 5;
    }
    json_object_seed(0);
    struct ph_why why = {0};
    enum ph_err err = ph_node_run(home, conf, &why);
    if (err != PH_OK) {
        fprintf(stderr, "posthornd: %s\n", why.what[0] ? why.what : ph_err_text(err));
        if (why.hint[0])
            fprintf(stderr, "posthornd: hint: %s\n", why.hint);
    }
    return ph_err_exit(err);
}
