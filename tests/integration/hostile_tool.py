#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a hostile tool does to the daemon's control socket.

    hostile_tool.py SOCKET messages     messages that are no requests: an error each, or the end of the connection
    hostile_tool.py SOCKET half         half a request: closed at 30 s
    hostile_tool.py SOCKET crowd N      N tools at once; 64 may stay
    hostile_tool.py SOCKET deaf         asks for ever and reads nothing
    hostile_tool.py SOCKET gone         leaves while its request runs
    hostile_tool.py SOCKET denied       as another user: not let in
"""
import os
import socket
import struct
import sys
import time

import wire

LIMIT = 8 << 20
CLIENTS_MAX = 64
STATUS = wire.pack([1, 1])


def fail(*words):
    print("FAIL:", *words, flush=True)
    sys.exit(1)


def connect(path):
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    s.settimeout(10)
    return s


def framed(message):
    return struct.pack(">I", len(message)) + message


def answer(s):
    n = int.from_bytes(wire.read_exactly(s, 4), "big")
    return wire.unpack(wire.read_exactly(s, n))


def publish(objects, label=1, kind=0, audience=bytes(32)):
    return wire.pack([1, 2, label, kind, audience, [], 0, 0, False, objects])


def messages(path):
    errors = [("garbage", os.urandom(100)), ("nothing", b""), ("no array", wire.pack(7)), ("empty array", wire.pack([])),
              ("version 9", wire.pack([9, 1])), ("operation 99", wire.pack([1, 99])), ("a field too many", wire.pack([1, 1, 1])),
              ("trailing byte", STATUS + b"\0"), ("not the shortest form", b"\x92\xcc\x01\x01"),
              ("array of 2^32", b"\x9a\x01\x02" + b"\xdd\xff\xff\xff\xff"), ("bytes of 2^32", b"\x95\x01\x04\xc6\xff\xff\xff\xff"),
              ("deep", b"\x91" * 100000), ("label 9", publish([b"x"], label=9)), ("audience 9", publish([b"x"], kind=9)),
              ("an unknown group", publish([b"x"], kind=1)), ("an object that is none", publish([b"garbage"])),
              ("65,536 objects", publish([b""] * 65536)), ("no objects of bytes", wire.pack([1, 2, 1, 0, bytes(32), [], 0, 0, False, [1, 2]])),
              ("recipient of nobody", wire.pack([1, 2, 1, 2, bytes(32), ["../etc/passwd"], 0, 0, False, [b"x"]])),
              ("rosters of garbage", wire.pack([1, 3, [os.urandom(500)], []])), ("cards of garbage", wire.pack([1, 3, [], [os.urandom(500)]])),
              ("audit of half an id", wire.pack([1, 4, "me", "door", bytes(33)])),
              ("audit by a name too long", wire.pack([1, 4, "m" * 1000, "door", bytes(32)]))]
    s = connect(path)
    for name, message in errors:
        s.sendall(framed(message))
        try:
            got = answer(s)
        except (OSError, EOFError) as e:
            fail(f"{name}: no answer: {e}")
        if got[0] != 1 or got[1] == 0 or not isinstance(got[2], str) or not got[2]:
            fail(f"{name}: {got}")
        print(f"{name}: error {got[1]}, {got[2][:90]}")
    s.sendall(framed(STATUS))
    if answer(s)[1] != 0:
        fail("no status after all that on one connection")
    # Two requests in one piece, and one in pieces of one byte: an answer each, in order.
    s.sendall(framed(STATUS) + framed(wire.pack([1, 99])))
    if [answer(s)[1] == 0, answer(s)[1] == 0] != [True, False]:
        fail("two requests in one piece")
    for b in framed(STATUS):
        s.sendall(bytes([b]))
    if answer(s)[1] != 0:
        fail("a request byte by byte")
    s.close()
    for n in (LIMIT + 1, 2**31, 2**32 - 1):
        s = connect(path)
        s.sendall(struct.pack(">I", n) + bytes(1000))
        if s.recv(1):
            fail(f"length {n}: an answer")
    print(f"{len(errors)} messages: an error each; lengths over 8 MiB: closed")


def half(path):
    s = connect(path)
    s.settimeout(40)
    s.sendall(framed(STATUS)[:5])
    began = time.monotonic()
    if s.recv(1):
        fail("half a request: an answer")
    took = time.monotonic() - began
    if not 25 < took < 35:
        fail(f"half a request: closed after {took:.0f} s")
    print(f"half a request: closed after {took:.0f} s")


def crowd(path, n):
    held = []
    for _ in range(n):
        try:
            held.append(connect(path))
        except OSError:
            time.sleep(0.01)
    time.sleep(0.5)
    stay = []
    for s in held:
        s.setblocking(False)
        try:
            s.recv(4096) or s.close()
        except BlockingIOError:
            stay.append(s)
        except OSError:
            pass
    print(f"{len(held)} tools, {len(stay)} stayed", flush=True)
    if not 0 < len(stay) <= CLIENTS_MAX:
        fail("crowd")
    stay[0].setblocking(True)
    stay[0].settimeout(10)
    stay[0].sendall(framed(STATUS))
    if answer(stay[0])[1] != 0:
        fail("one that stayed gets no status")
    print("held", flush=True)
    sys.stdin.read()


def deaf(path):
    s = connect(path)
    s.settimeout(1)
    sent, piece = 0, framed(STATUS) * 10000
    try:
        while sent < 64 << 20:
            sent += s.send(piece)
    except OSError:
        pass
    print(f"deaf: {sent} bytes of requests went in")
    if sent >= 64 << 20:
        fail("deaf: no end to what it takes")


def gone(path):
    for _ in range(50):
        s = connect(path)
        s.sendall(framed(publish([b"garbage"])) + framed(STATUS) * 3)
        s.close()
        s = connect(path)
        s.sendall(framed(STATUS)[:3])
        s.close()
    print("gone: 100 tools left early")


def denied(path):
    try:
        s = connect(path)
        s.sendall(framed(STATUS))
        data = s.recv(1)
    except OSError:
        data = b""
    if data:
        fail("another user gets an answer")
    print("another user: closed without an answer")


def main():
    path, name, *args = sys.argv[1:] if len(sys.argv) > 2 else sys.exit(__doc__)
    if name == "crowd":
        crowd(path, int(args[0]))
    elif name in ("messages", "half", "deaf", "gone", "denied"):
        globals()[name](path)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
