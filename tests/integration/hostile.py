#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a hostile stranger, or one with a stolen key, does to a peer port. Only loopback, all of it bounded.

Each command prints what it found and exits 1 when the daemon did what it must not.

    hostile.py junk PORT                         no handshake at all: every caller is closed without a byte
    hostile.py strangers PORT TARGET MEMBER FR   handshakes of those who are no members, or not of this community
    hostile.py refused PORT TARGET MEMBER        handshake of MEMBER's key, which must be refused without a byte
    hostile.py replay PORT FILE [BYTES]          FILE's bytes again; at most BYTES come back (0), then it is closed
    hostile.py stall PORT TARGET MEMBER          handshakes that stop after each byte
    hostile.py idle PORT N SECONDS               N callers that say nothing
    hostile.py storm PORT SECONDS                connect and close, as fast as it goes

TARGET, MEMBER: homes; the community and the target's key come from MEMBER's invite and TARGET's key file.
"""
import os
import selectors
import socket
import struct
import sys
import threading
import time

import wire

HANDSHAKE_S = 5
HALF_OPEN_MAX = 64
PER_ADDRESS_MAX = 16
LATE_S = 2.0  # what a busy machine may add


def fail(*words):
    print("FAIL:", *words, flush=True)
    sys.exit(1)


def source(i):
    """One of a few loopback addresses, so that no address comes to its cap."""
    return (f"127.0.1.{1 + i % 200}", 0)


def connect(port, i=0):
    s = socket.create_connection(("127.0.0.1", port), 10, source(i))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


def watch(sockets, seconds):
    """Until all are closed or the time is over: {socket: (bytes that came, seconds until closed or None)}."""
    began, found = time.monotonic(), {s: [b"", None] for s in sockets}
    selector = selectors.DefaultSelector()
    for s in sockets:
        s.setblocking(False)
        selector.register(s, selectors.EVENT_READ)
    left = len(sockets)
    while left and time.monotonic() < began + seconds:
        for key, _ in selector.select(0.1):
            try:
                data = key.fileobj.recv(65536)
            except ConnectionError:
                data = b""
            found[key.fileobj][0] += data
            if not data:
                found[key.fileobj][1] = time.monotonic() - began
                selector.unregister(key.fileobj)
                left -= 1
    return found


def expect_silence(names_sockets, within, what):
    """Each is closed in time, and not a byte came."""
    found = watch([s for _, s in names_sockets], within + LATE_S)
    for name, s in names_sockets:
        data, closed = found[s]
        if data:
            fail(f"{what}: {name}: {len(data)} bytes came back: {data[:40].hex()}")
        if closed is None:
            fail(f"{what}: {name}: still open after {within + LATE_S:.0f} s")
    print(f"{what}: {len(names_sockets)} callers, all closed, not a byte back", flush=True)
    return found


def junk(port):
    hello = bytes.fromhex("16030100c8010000c40303") + os.urandom(32) + bytes(157)
    cases = [("random", os.urandom(16384)), ("one byte", b"\x00"), ("nothing, then end", None),
             ("TLS hello", hello), ("SSH", b"SSH-2.0-OpenSSH_9.2p1\r\n"), ("length 0", b"\x00\x00"),
             ("HTTP", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"), ("length 65535", b"\xff\xff"),
             ("too short for keys", b"\x00\x10" + os.urandom(16)),
             ("random of the right length", struct.pack(">H", 110) + os.urandom(110)),
             ("zero keys", struct.pack(">H", 110) + bytes(110)),
             ("longest", struct.pack(">H", 61536) + os.urandom(61536)),
             ("control message", struct.pack(">I", 3) + wire.pack([1, 1]))]
    open_ones = []
    for i, (name, data) in enumerate(cases):
        s = connect(port, i)
        try:
            if data is None:
                s.shutdown(socket.SHUT_WR)
            else:
                s.sendall(data)
        except ConnectionError:
            pass
        open_ones.append((name, s))
    expect_silence(open_ones, HANDSHAKE_S, "junk")


class Target:
    """A daemon's address and key, and a community."""

    def __init__(self, port, home, invite):
        self.port, self.community = port, wire.Invite(invite).community
        self.key = wire.load_key(home, "transport")[0]
        self.callers = 0

    def call(self, keys, payload=None, community=None, length=None):
        """A caller that has sent (the first @length bytes of) message 1."""
        noise = wire.Noise(community or self.community, *keys, self.key)
        message = noise.message1(wire.pack([wire.now_ms(), None, None]) if payload is None else payload)
        s = connect(self.port, self.callers)
        self.callers += 1
        s.sendall(message[:length])
        return s, noise, len(message)


def strangers(port, target, member, other):
    t = Target(int(port), target, member + ".invite")
    stolen = wire.load_key(member, "transport")
    secret = os.urandom(32)
    nobody = (wire.x25519(secret), secret)
    card = wire.Invite(member + ".invite").cards[0]
    at = wire.now_ms()
    cases = [("key on no card", nobody, None, None),
             ("another community", stolen, None, wire.Invite(other).community),
             ("another community, no member", nobody, None, wire.Invite(other).community),
             ("key on no card, with somebody's card", nobody, wire.pack([at, None, card]), None),
             ("key on no card, with a made-up card", nobody, wire.pack([at, None, os.urandom(300)]), None),
             ("member, eleven minutes ago", stolen, wire.pack([at - 660000, None, None]), None),
             ("member, in eleven minutes", stolen, wire.pack([at + 660000, None, None]), None),
             ("member, no timestamp", stolen, wire.pack([None, None, None]), None),
             ("member, trailing byte", stolen, wire.pack([at, None, None]) + b"\0", None),
             ("member, payload that is no array", stolen, b"\xdf\xff\xff\xff\xff", None),
             ("member, no payload", stolen, b"", None)]
    expect_silence([(name, t.call(keys, payload, community)[0]) for name, keys, payload, community in cases],
                   HANDSHAKE_S, "strangers")


def refused(port, target, member):
    t = Target(int(port), target, member + ".invite")
    expect_silence([("its key", t.call(wire.load_key(member, "transport"))[0])], HANDSHAKE_S, "refused")


def replay(port, path, allowed=0):
    with open(path, "rb") as f:
        head = f.read(2)
        message = head + f.read(int.from_bytes(head, "big"))
    if len(message) < 100:
        fail(f"replay: {path} holds no first message")
    s = connect(port)
    s.sendall(message)
    data, closed = watch([s], HANDSHAKE_S + LATE_S)[s]
    if len(data) != allowed:
        fail(f"replay: {len(data)} bytes came back, not {allowed}")
    if closed is None:
        fail("replay: still open")
    print(f"replay: {len(message)} bytes sent, {len(data)} came back, closed after {closed:.1f} s", flush=True)


def stall(port, target, member):
    """Message 1 cut after each byte; then the whole of it, and the first transport message cut likewise."""
    t = Target(int(port), target, member + ".invite")
    keys = wire.load_key(member, "transport")
    s, _, length = t.call(keys, length=0)
    s.close()
    step = 1 if os.environ.get("PH_FULL") else 3
    places = sorted(set(range(0, length, step)) | {0, 1, 2, 3, length - 1})
    at_once = HALF_OPEN_MAX - 8
    for i in range(0, len(places), at_once):
        began = time.monotonic()
        callers = [(f"byte {n}", t.call(keys, length=n)[0]) for n in places[i:i + at_once]]
        for s, (_, closed) in expect_silence(callers, HANDSHAKE_S, "stall in message 1").items():
            if closed < HANDSHAKE_S - (time.monotonic() - began) - 1:
                fail(f"stall: closed after {closed:.1f} s already")
    later = []
    for n in (0, 1, 2, 10, 18, 30):
        s, noise, _ = t.call(keys)
        noise.message2(wire.read_noise(s))
        s.sendall(noise.sealed_frame([1, 1, 0, 0, "", wire.now_ms(), bytes(16), 1, 1, bytes(32), bytes(32)])[:n])
        later.append((f"byte {n} of HELLO", s))
    expect_silence(later, HANDSHAKE_S, "stall after message 2")
    # One byte every 60 ms never stops, and takes longer than the handshake may.
    s, noise, _ = t.call(keys, length=0)
    began, message = time.monotonic(), noise.message1(wire.pack([wire.now_ms(), None, None]))
    try:
        for b in message:
            s.sendall(bytes([b]))
            time.sleep(0.06)
    except ConnectionError:
        pass
    took = time.monotonic() - began
    if not HANDSHAKE_S - 1 < took < HANDSHAKE_S + LATE_S:
        fail(f"dribble: {took:.1f} s")
    print(f"dribble: closed after {took:.1f} s", flush=True)


def idle(port, n, seconds):
    """Hold what is not closed; never more than the caps allow."""
    held = []
    for i in range(n):
        try:
            held.append(connect(port, i // 100))  # 100 from each address
        except OSError:
            break
    time.sleep(0.5)
    still = {}
    for s in held:
        s.setblocking(False)
        try:
            if s.recv(1):
                fail("idle: a byte came back")
        except BlockingIOError:
            still.setdefault(s.getsockname()[0], []).append(s)
        except ConnectionError:
            pass
    total, most = sum(map(len, still.values())), max(map(len, still.values()), default=0)
    print(f"idle: {len(held)} callers, {total} kept open, {most} of one address", flush=True)
    if total > HALF_OPEN_MAX or most > PER_ADDRESS_MAX:
        fail("idle: over the cap")
    if total == 0:
        fail("idle: nobody was let in, which shows nothing")
    kept = [s for v in still.values() for s in v]
    print("held", flush=True)
    for s, (data, closed) in watch(kept, max(seconds, HANDSHAKE_S + LATE_S)).items():
        if data or closed is None:
            fail(f"idle: {len(data)} bytes, open after {HANDSHAKE_S + LATE_S:.0f} s: {closed is None}")


def storm(port, seconds):
    counts, until = [0, 0], time.monotonic() + seconds
    first = threading.Event()

    def one(k):
        i = 0
        while time.monotonic() < until and counts[k] < 10000:
            i += 1
            try:
                connect(port, i % 50).close()
                counts[k] += 1
            except OSError:
                time.sleep(0.001)
            first.set()

    threads = [threading.Thread(target=one, args=(k,)) for k in range(2)]
    for thread in threads:
        thread.start()
    first.wait()
    print("begun", flush=True)
    for thread in threads:
        thread.join()
    print(f"storm: {sum(counts)} connections in {seconds} s", flush=True)


def main():
    name, *args = sys.argv[1:] or [""]
    if name == "junk":
        junk(int(args[0]))
    elif name == "strangers":
        strangers(*args)
    elif name == "refused":
        refused(*args)
    elif name == "replay":
        replay(int(args[0]), args[1], int(args[2]) if len(args) > 2 else 0)
    elif name == "stall":
        stall(*args)
    elif name == "idle":
        idle(int(args[0]), int(args[1]), float(args[2]))
    elif name == "storm":
        storm(int(args[0]), float(args[1]))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
