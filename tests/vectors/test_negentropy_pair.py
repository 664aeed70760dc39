#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs negentropy-harness against a second implementation of the protocol, byte for byte.

    test_negentropy_pair.py HARNESS BUILD_DIR

The other side is the Rust crate that negentropy-pair/Cargo.lock names, fetched and built in BUILD_DIR.
Four processes share each reconciliation: a client and a server of ours, a client and a server of
theirs. Every message goes to both of the other role, and what the two answer must be the same bytes;
what the clients report in the end must be exactly what the sets differ in. PH_FULL=1 goes up to
100,000 items. Exit status 77: cargo is not here or the registry cannot be reached.
"""
import os
import random
import re
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
LIMITS = (0, 4096, 60000)
ROUNDS_MAX = 20000


def build(build_dir):
    """The other implementation's program, built in @build_dir."""
    if not shutil.which("cargo"):
        print("skipped: cargo is not installed, so there is no second implementation to build")
        sys.exit(77)
    place = os.path.join(build_dir, "negentropy-pair")
    os.makedirs(place, exist_ok=True)
    for name in ("Cargo.toml", "Cargo.lock", "main.rs"):
        shutil.copy(os.path.join(HERE, "negentropy-pair", name), place)
    fetch = subprocess.run(["cargo", "fetch", "--locked"], cwd=place, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if fetch.returncode:
        network = (r"could not (resolve|connect)|unable to update|failed to (download|fetch)"
                   r"|network|timed out")
        print(fetch.stdout)
        if re.search(network, fetch.stdout, re.I):
            print("skipped: the crate registry cannot be reached")
            sys.exit(77)
        sys.exit(1)
    target = os.path.join(place, "target")
    subprocess.run(["cargo", "build", "--release", "--locked", "--offline", "--quiet",
                    "--target-dir", target], cwd=place, check=True)
    return os.path.join(target, "release", "negentropy-pair")


class Side:
    """One process that speaks the harness protocol."""

    def __init__(self, program, limit, items):
        env = dict(os.environ, FRAMESIZELIMIT=str(limit))
        self.limit = limit
        self.have = []
        self.need = []
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, env=env)
        for created, identity in items:
            self.process.stdin.write(f"item,{created},{identity}\n")
        self.process.stdin.write("seal\n")

    def ask(self, line):
        """Send @line; the message that comes back, or None for "done"."""
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        while True:
            verb, _, value = self.process.stdout.readline().rstrip("\n").partition(",")
            if verb == "have":
                self.have.append(value)
            elif verb == "need":
                self.need.append(value)
            elif verb == "done":
                return None
            elif verb == "msg":
                if self.limit and len(value) // 2 > self.limit:
                    raise AssertionError("message over the frame limit")
                return value
            else:
                raise AssertionError(f"unexpected answer: {verb!r}")

    def close(self):
        self.process.stdin.close()
        if self.process.wait() != 0:
            raise AssertionError("a harness failed")


def both(sides, line):
    """The one answer of two implementations."""
    answers = [side.ask(line) for side in sides]
    if answers[0] != answers[1]:
        raise AssertionError("the implementations differ:\n  ours   %.2000s\n  theirs %.2000s\n"
                             "on %.2000s" % (answers[0], answers[1], line))
    return answers[0]


def check_found(client, mine, yours):
    for found, expected, what in ((client.have, mine - yours, "have"),
                                  (client.need, yours - mine, "need")):
        if set(found) != {identity for _, identity in expected}:
            raise AssertionError(f"{what}: {len(found)} ids found, {len(expected)} differ")


def reconcile(programs, limits, mine, yours):
    """Rounds that it takes."""
    clients = [Side(program, limits[0], mine) for program in programs]
    servers = [Side(program, limits[1], yours) for program in programs]
    rounds = 0
    message = both(clients, "initiate")
    while message is not None:
        rounds += 1
        if rounds > ROUNDS_MAX:
            raise AssertionError("no end in sight")
        message = both(clients, "msg," + both(servers, "msg," + message))
    for client in clients:
        check_found(client, mine, yours)
    for side in clients + servers:
        side.close()
    return rounds


def make_sets(rng, size, mine_only, yours_only, shape):
    """Two sets of about @size items; the fractions say how many only one side has."""
    mine, yours = set(), set()
    for i in range(size):
        identity = rng.randbytes(32)
        if shape == "prefixes":  # long common prefixes, so that bounds need many bytes
            identity = bytes(rng.randrange(28)) + identity
            identity = identity[:32]
        created = {"spread": 1677970534 + rng.randrange(size + 1), "one": 1677970534,
                   "prefixes": 7, "zero": rng.randrange(3)}[shape]
        item = (created, identity.hex())
        chance = rng.random()
        if chance >= mine_only:
            yours.add(item)
        if chance < mine_only or chance >= mine_only + yours_only:
            mine.add(item)
    return mine, yours


def cases(full):
    differences = ((0, 0), (0.01, 0.01), (0.3, 0.3), (0, 1), (1, 0), (0.5, 0.5), (0, 0.5))
    sizes = (0, 1, 31, 32, 33, 500, 3000) + ((20000, 100000) if full else ())
    for size in sizes:
        for limits in [(n, n) for n in LIMITS] + [(4096, 60000), (60000, 4096), (0, 4096)]:
            for at, difference in enumerate(differences):
                shapes = ("spread", "one", "prefixes", "zero")
                if not full and size >= 500 and at % 2 != LIMITS.index(limits[0]) % 2:
                    continue
                if size == 100000 and (limits[0] != limits[1] or difference not in differences[:4]):
                    continue
                shape = shapes[(at + size) % len(shapes)] if size < 100000 else "spread"
                yield size, limits, difference, shape


def main():
    harness, build_dir = sys.argv[1:]
    full = os.environ.get("PH_FULL") == "1"
    programs = (harness, build(build_dir))
    start = time.monotonic()
    n = 0
    for size, limits, difference, shape in cases(full):
        name = f"size={size} limits={limits} differ={difference} shape={shape}"
        mine, yours = make_sets(random.Random(name), size, *difference, shape)
        try:
            rounds = reconcile(programs, limits, mine, yours)
        except (AssertionError, BrokenPipeError) as error:
            print(f"FAILED: {name}: {error}")
            sys.exit(1)
        n += 1
        if size >= 20000:
            print(f"{name}: {len(mine ^ yours)} differences in {rounds} rounds", flush=True)
    print(f"{n} reconciliations agree byte for byte, {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
