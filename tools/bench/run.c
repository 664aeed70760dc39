/* SPDX-License-Identifier: Apache-2.0
 *
 * Running the real programs on homes in the scratch directory. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/read.h"
#include "tools/bench/bench.h"

#define ARGS_MAX 32

/* Child: program on home, streams away from ours. */
static _Noreturn void exec_program(const struct ph_bench *b, const char *program, const char *home,
                                   const char *const *args, const char *in)
{
    char path[4200];
    const char *argv[ARGS_MAX + 4] = {program, "--home", home};
    for (size_t i = 0; args != NULL && args[i] != NULL && i < ARGS_MAX; i++)
        argv[i + 3] = args[i];
    int null = open("/dev/null", O_RDWR), input = in ? open(in, O_RDONLY) : null;
    snprintf(path, sizeof(path), "%s/%s", b->bin, program);
    if (null < 0 || input < 0 || dup2(input, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
        _exit(127);
    execv(path, (char *const *)(uintptr_t)argv);
    _exit(127);
}

int ph_bench_run(const struct ph_bench *b, const char *home, const char *const *args,
                 const char *in)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        exec_program(b, "posthorn", home, args, in);
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        ph_bench_die("cannot run posthorn: %s", strerror(errno));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

void ph_bench_must(const struct ph_bench *b, const char *home, const char *const *args)
{
    int code = ph_bench_run(b, home, args, NULL);
    if (code != 0)
        ph_bench_die("posthorn %s … exited %d", args[0], code);
}

/* The newest bound port answers: the daemon is ready when its control socket takes calls. */
static bool is_ready(const struct ph_bench *b, const char *home)
{
    static const char *const args[] = {"status", "--json", NULL};
    char path[4300];
    struct stat st;
    snprintf(path, sizeof(path), "%s/run/control", home);
    return stat(path, &st) == 0 && ph_bench_run(b, home, args, NULL) == 0;
}

int ph_bench_start(const struct ph_bench *b, const char *home)
{
    pid_t pid = fork();
    if (pid == 0)
        exec_program(b, "posthornd", home, NULL, NULL);
    if (pid < 0)
        ph_bench_die("cannot start posthornd: %s", strerror(errno));
    for (int i = 0; i < 1000 && !is_ready(b, home); i++)
        usleep(10000);
    return (int)pid;
}

void ph_bench_stop(int pid)
{
    int status = 0;
    (void)kill(pid, SIGTERM);
    (void)waitpid(pid, &status, 0);
}

size_t ph_bench_bundle(const struct ph_bench *b, const char *name, size_t n, char out[static 4200])
{
    snprintf(out, 4200, "%s/%s.json", b->dir, name);
    FILE *f = fopen(out, "w");
    if (f == NULL)
        ph_bench_die("cannot write %s: %s", out, strerror(errno));
    fputs(
        "{\"type\":\"bundle\",\"id\":\"bundle--11111111-1111-4111-8111-111111111111\",\"objects\":[\n",
        f);
    for (size_t i = 0; i < n; i++)
        fprintf(
            f,
            "%s{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"indicator--%08zx-1111-4111-"
            "8111-111111111111\",\"created\":\"2026-01-01T00:00:00.000Z\",\"modified\":"
            "\"2026-01-01T00:00:00.000Z\",\"name\":\"Parcel fee page %zu\",\"description\":\"Asks for a "
            "small customs fee and a card number\",\"indicator_types\":[\"malicious-activity\"],"
            "\"pattern\":\"[domain-name:value = 'parcel-%zu.%s-fee.example']\",\"pattern_type\":"
            "\"stix\",\"valid_from\":\"2026-01-01T00:00:00Z\"}",
            i ? ",\n" : "", i, i, i, name);
    fputs("\n]}\n", f);
    long size = ftell(f);
    if (fclose(f) != 0 || size < 0)
        ph_bench_die("cannot write %s: %s", out, strerror(errno));
    return (size_t)size;
}

/* A port that is free now. */
static int free_port(void)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)(void *)&addr, sizeof(addr)) != 0 ||
        getsockname(fd, (struct sockaddr *)(void *)&addr, &size) != 0)
        ph_bench_die("cannot find a free port: %s", strerror(errno));
    close(fd);
    return ntohs(addr.sin_port);
}

static void init(const struct ph_bench *b, const char *home, const char *code)
{
    char listen[32];
    snprintf(listen, sizeof(listen), "127.0.0.1:%d", free_port());
    const char *const args[] = {"init",      "--org", code,       "--name", "Bench",
                                "--country", "IT",    "--listen", listen,   NULL};
    ph_bench_must(b, home, args);
}

void ph_bench_pair(const struct ph_bench *b, const char *sub, char home_a[static 4200],
                   char home_b[static 4200])
{
    char draft[4200], invite[4200], request[4300];
    snprintf(home_a, 4200, "%s/%s-a", b->dir, sub);
    snprintf(home_b, 4200, "%s/%s-b", b->dir, sub);
    snprintf(draft, sizeof(draft), "%s/%s.draft", b->dir, sub);
    snprintf(invite, sizeof(invite), "%s/%s.invite", b->dir, sub);
    snprintf(request, sizeof(request), "%s/BB.request", home_b);
    init(b, home_a, "AA");
    ph_bench_must(b, home_a, (const char *const[]){"community", "create", "BENCH", NULL});
    init(b, home_b, "BB");
    ph_bench_must(b, home_a,
                  (const char *const[]){"roster", "edit", "--add", request, "--out", draft, NULL});
    ph_bench_must(b, home_a, (const char *const[]){"roster", "sign", draft, NULL});
    ph_bench_must(b, home_a, (const char *const[]){"roster", "apply", draft, NULL});
    ph_bench_must(b, home_a, (const char *const[]){"invite", "BB", "--out", invite, NULL});
    ph_bench_must(b, home_b, (const char *const[]){"join", invite, NULL});
}

void ph_bench_counts(const char *path, uint64_t *records, uint64_t *objects)
{
    struct ph_home home = {0};
    struct ph_identity *identity = NULL;
    struct ph_store *store = NULL;
    struct ph_counts counts = {0};
    struct ph_why why = {0};
    const struct ph_store_config config = {.mode = PH_STORE_READ};
    enum ph_err err = ph_home_locate(&home, path, &why);
    if (err == PH_OK)
        err = ph_identity_load(&identity, &home, NULL, &why);
    if (err == PH_OK)
        err = ph_store_open(&store, &home, identity, &config, &why);
    if (err == PH_OK)
        err = ph_counts(store, &counts, &why);
    ph_store_close(store);
    ph_identity_free(identity);
    ph_home_done(&home);
    if (err != PH_OK)
        ph_bench_die("cannot read the store of %s: %s", path, why.what);
    *records = counts.records;
    *objects = counts.objects;
}
