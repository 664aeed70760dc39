#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Types at a command's passphrase prompts, on a terminal of its own, and watches the echo.

    prompt.py KEYS COMMAND…     KEYS: what to type at each prompt, separated by commas; ^C interrupts, ^D ends

Prints what came to the terminal. Exits as the command did, 128 + the signal when one ended it; 99 when echo was on at
a prompt, or not restored after it, or when a passphrase came to the terminal.
"""
import os
import pty
import select
import signal
import sys
import termios
import time


def has_echo(fd):
    return bool(termios.tcgetattr(fd)[3] & termios.ECHO)


def wait_until(what, seconds=20):
    until = time.monotonic() + seconds
    while not what():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def main():
    keys, command = sys.argv[1].split(","), sys.argv[2:]
    # Our own descriptor of the slave keeps the terminal readable after the command's end.
    fd, slave = pty.openpty()
    pid = os.fork()
    if pid == 0:
        os.login_tty(slave)
        os.execvp(command[0], command)
    seen, prompts, wrong = b"", 0, []

    def read():
        nonlocal seen
        while select.select([fd], [], [], 0.02)[0]:
            seen += os.read(fd, 4096)
        return seen

    def at_prompt():
        return read().count(b" key: ") > prompts and not has_echo(slave)

    ended = None
    for key in keys:
        if not wait_until(lambda: at_prompt() or os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)):
            wrong.append(f"no prompt for {key}, or echo was on")
            break
        prompts += 1
        os.write(fd, {"^C": b"\x03", "^D": b"\x04"}.get(key, key.encode() + b"\n"))
        if not wait_until(lambda: has_echo(slave) or at_prompt()):
            wrong.append(f"echo off after {key}")
    until = time.monotonic() + 30
    while ended is None and time.monotonic() < until:
        read()
        done, status = os.waitpid(pid, os.WNOHANG)
        ended = status if done else None
    if ended is None:
        os.kill(pid, signal.SIGKILL)
        wrong.append("did not end")
    read()
    if not has_echo(slave):
        wrong.append("echo is off at the end")
    for key in keys:
        if not key.startswith("^") and key.encode() in seen:
            wrong.append(f"{key} was shown")
    sys.stdout.write(seen.decode(errors="replace"))
    for line in wrong:
        print("prompt.py:", line)
    sys.exit(99 if wrong else 128 + os.WTERMSIG(ended) if os.WIFSIGNALED(ended) else os.WEXITSTATUS(ended))


if __name__ == "__main__":
    main()
