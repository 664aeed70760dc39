/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tools/bench/bench.h"

static const struct {
    const char *name, *help;
    void (*run)(struct ph_bench *b);
} benches[] = {
    {"primitives", "what this machine can do at most", ph_bench_primitives},
    {"import", "STIX bundle to sealed, durable, indexed records", ph_bench_import},
    {"replicate", "two daemons on loopback: single objects, then packed", ph_bench_replicate},
    {"lookup", "one `posthorn lookup` process, 1 % hits", ph_bench_lookup},
    {"reconcile", "set reconciliation: bytes, round trips, CPU", ph_bench_reconcile},
};

double ph_bench_now(void)
{
    struct timespec ts = {0};
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

void ph_bench_row(const char *what, double figure, const char *unit, const char *ratio)
{
    printf("| %-46s | %12.0f | %-12s | %s |\n", what, figure, unit, ratio ? ratio : "");
    fflush(stdout);
}

const char *ph_bench_share(char out[static 64], double figure, double limit, const char *of)
{
    if (limit <= 0)
        out[0] = 0;
    else
        snprintf(out, 64, "%.0f %% of %s", 100 * figure / limit, of);
    return out;
}

_Noreturn void ph_bench_die(const char *format, ...)
{
    va_list args;
    fputs("posthorn-bench: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(5);
}

static int usage(FILE *to)
{
    fputs("Usage: posthorn-bench [--n N] [all | BENCHMARK…]\n"
          "Prints a Markdown table. Each run measures the machine's primitives first.\n\n",
          to);
    for (size_t i = 0; i < PH_LEN(benches); i++)
        fprintf(to, "  %-12s %s\n", benches[i].name, benches[i].help);
    return to == stderr ? 2 : 0;
}

static struct ph_bench scratch; /* main's own, so that atexit can remove its directory */

static void remove_scratch(void)
{
    char command[4200];
    snprintf(command, sizeof(command), "rm -rf '%s'", scratch.dir);
    if (scratch.dir[0] != 0 && system(command) != 0)
        fprintf(stderr, "posthorn-bench: cannot remove %s\n", scratch.dir);
}

/* posthorn and posthornd are looked for beside this program. */
static void locate(struct ph_bench *b)
{
    ssize_t n = readlink("/proc/self/exe", b->bin, sizeof(b->bin) - 1);
    if (n <= 0)
        ph_bench_die("cannot find my own directory: %s", strerror(errno));
    b->bin[n] = 0;
    *strrchr(b->bin, '/') = 0;
    const char *tmp = getenv("TMPDIR");
    snprintf(b->dir, sizeof(b->dir), "%s/posthorn-bench.XXXXXX", tmp ? tmp : "/var/tmp");
    if (mkdtemp(b->dir) == NULL)
        ph_bench_die("cannot make %s: %s", b->dir, strerror(errno));
    atexit(remove_scratch);
}

static void (*find(const char *name))(struct ph_bench *)
{
    for (size_t i = 0; i < PH_LEN(benches); i++) {
        if (strcmp(benches[i].name, name) == 0)
            return benches[i].run;
    }
    return NULL;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"n", required_argument, NULL, 'n'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    for (int c; (c = getopt_long(argc, argv, "n:h", options, NULL)) != -1;) {
        if (c == 'n')
            scratch.n = strtoul(optarg, NULL, 10);
        else
            return usage(c == 'h' ? stdout : stderr);
    }
    for (int i = optind; i < argc; i++) {
        if (strcmp(argv[i], "all") != 0 && find(argv[i]) == NULL)
            return usage(stderr);
    }
    if (sodium_init() < 0)
        ph_bench_die("libsodium cannot start");
    json_object_seed(0);
    locate(&scratch);
    puts("| what | figure | unit | beside the machine |\n|---|---:|---|---|");
    ph_bench_primitives(&scratch);
    bool all = optind == argc || strcmp(argv[optind], "all") == 0;
    for (size_t i = 1; all && i < PH_LEN(benches); i++)
        benches[i].run(&scratch);
    for (int i = optind; !all && i < argc; i++) {
        if (strcmp(argv[i], "primitives") != 0)
            find(argv[i])(&scratch);
    }
    return 0;
}
