/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/cli/term.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "proto/base/secret.h"
#include "store/home.h"

#define PASSPHRASE_MAX PH_CLI_PASSPHRASE_MAX

/* The first line of @path, which may be a pipe. */
static enum ph_err from_file(struct ph_buf *out, const char *path, struct ph_why *why)
{
    uint8_t bytes[PASSPHRASE_MAX + 1];
    size_t n = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return ph_fail(why, PH_ERR_NOTFOUND, "cannot read passphrase file \"%s\": %s", path,
                       strerror(errno));
    for (ssize_t got; n < sizeof(bytes) && (got = read(fd, bytes + n, sizeof(bytes) - n)) != 0;) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            break;
        n += (size_t)got;
        if (memchr(bytes, '\n', n) != NULL)
            break;
    }
    close(fd);
    const uint8_t *end = (const uint8_t *)memchr(bytes, '\n', n);
    size_t length = end ? (size_t)(end - bytes) : n;
    if (length > 0 && bytes[length - 1] == '\r')
        length--;
    enum ph_err err;
    if (length > PASSPHRASE_MAX)
        err = ph_fail(why, PH_ERR_LIMIT, "passphrase in \"%s\" is over 1,024 bytes", path);
    else if (length == 0)
        err = ph_fail(why, PH_ERR_INPUT, "passphrase file \"%s\" has an empty first line", path);
    else
        err = ph_buf_add(out, ph_bytes(bytes, length));
    ph_wipe(bytes, sizeof(bytes));
    return err;
}

static int read_line(int fd, struct ph_buf *out)
{
    for (uint8_t c = 0;;) {
        ssize_t got = read(fd, &c, 1);
        if (got < 0)
            return -1; /* EINTR too: Ctrl-C must end the prompt */
        if (got == 0)
            return -1; /* end of file is no answer, an empty line is */
        if (c == '\n')
            return 0;
        if (ph_buf_add(out, ph_bytes(&c, 1)) != PH_OK)
            return -1;
    }
}

static volatile sig_atomic_t interrupted; /* the one thing a signal handler can tell us through */

static void on_signal(int signo)
{
    interrupted = signo;
}

/* Echo off, one line, echo back on, whatever happened; a signal is raised again after that. */
static enum ph_err ask(int tty, const char *prompt, const char *purpose, struct ph_buf *out,
                       struct ph_why *why)
{
    static const int signos[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    struct sigaction old[PH_LEN(signos)], act = {.sa_handler = on_signal};
    struct termios saved, quiet;
    if (tcgetattr(tty, &saved) != 0)
        return ph_fail(why, PH_ERR_IO, "cannot ask for a passphrase: %s", strerror(errno));
    interrupted = 0;
    for (size_t i = 0; i < PH_LEN(signos); i++)
        (void)sigaction(signos[i], &act, &old[i]);
    quiet = saved;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    (void)tcsetattr(tty, TCSAFLUSH, &quiet);
    (void)dprintf(tty, "%s for the %s: ", prompt, purpose);
    int rc = read_line(tty, out);
    (void)tcsetattr(tty, TCSAFLUSH, &saved);
    (void)dprintf(tty, "\n");
    for (size_t i = 0; i < PH_LEN(signos); i++)
        (void)sigaction(signos[i], &old[i], NULL);
    if (interrupted)
        (void)raise(interrupted);
    return rc == 0 ? PH_OK : ph_fail(why, PH_ERR_INPUT, "no passphrase given");
}

static enum ph_err from_terminal(struct ph_buf *out, int tty, const char *purpose, bool is_new,
                                 struct ph_why *why)
{
    enum ph_err err = ask(tty, is_new ? "New passphrase" : "Passphrase", purpose, out, why);
    if (err != PH_OK || !is_new || out->n == 0)
        return err;
    struct ph_buf again = ph_buf(PASSPHRASE_MAX);
    err = ask(tty, "Once more", purpose, &again, why);
    if (err == PH_OK && !ph_bytes_equal(ph_buf_bytes(out), ph_buf_bytes(&again)))
        err = ph_fail(why, PH_ERR_PASS, "the two passphrases for the %s differ", purpose);
    ph_buf_wipe(&again);
    return err;
}

/* One file for all keys of a command. It may be a pipe, so it is read once. */
static enum ph_err common_passphrase(struct ph_buf *out, const struct ph_cli *cli,
                                     struct ph_why *why)
{
    if (cli->passphrase->n == 0) {
        enum ph_err err = from_file(cli->passphrase, cli->passphrase_file, why);
        if (err)
            return err;
    }
    return ph_buf_add(out, ph_buf_bytes(cli->passphrase));
}

enum ph_err ph_term_passphrase(struct ph_buf *out, const struct ph_cli *cli, const char *file,
                               const char *purpose, bool is_new, struct ph_why *why)
{
    *out = ph_buf(PASSPHRASE_MAX);
    if (file == NULL && cli->passphrase_file != NULL)
        return common_passphrase(out, cli, why);
    if (file != NULL)
        return from_file(out, file, why);
    /* Only when a person sits there: a script's standard input is no place for a prompt. */
    int tty = isatty(STDIN_FILENO) ? open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY) : -1;
    if (tty < 0)
        return PH_OK;
    enum ph_err err = from_terminal(out, tty, purpose, is_new, why);
    close(tty);
    if (err != PH_OK)
        ph_buf_wipe(out);
    return err;
}

bool ph_term_colour(int fd)
{
    const char *term = getenv("TERM");
    return isatty(fd) && getenv("NO_COLOR") == NULL && term != NULL && strcmp(term, "dumb") != 0;
}

const char *ph_term_tlp_on(enum ph_tlp label, bool colour)
{
    if (!colour)
        return "";
    switch (label) { /* on black, as FIRST's TLP 2.0 says */
    case PH_TLP_CLEAR:
        return "\x1b[48;2;0;0;0;38;2;255;255;255m";
    case PH_TLP_GREEN:
        return "\x1b[48;2;0;0;0;38;2;51;255;0m";
    case PH_TLP_AMBER:
    case PH_TLP_AMBER_STRICT:
        return "\x1b[48;2;0;0;0;38;2;255;192;0m";
    case PH_TLP_RED:
        return "\x1b[48;2;0;0;0;38;2;255;43;43m";
    }
    return "";
}

const char *ph_term_off(bool colour)
{
    return colour ? "\x1b[0m" : "";
}
