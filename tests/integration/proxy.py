#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A TCP proxy on loopback that harms what it carries, in a way that is the same each time.

    proxy.py [--save DIR] LISTEN_PORT TARGET_PORT [FAULT…]

The n-th connection has the n-th fault; those after the last have the last one. DIR is `up` (from the caller) or `down`.

    pass                  harm nothing
    delay:MS              hold each piece back that long, both ways
    cut:DIR:N             after N bytes in that direction close both ends
    stall:DIR:N           after N bytes in that direction carry no more of it; stay open
    dribble:DIR:MS        one byte every MS
    flip:DIR:N            flip one bit of byte N
    swap:DIR:K            the K-th message (2-byte length in front; from 0) after the next, if one comes
    drop:DIR:K            leave the K-th message out
    double:DIR:K          carry the K-th message twice

One line for each thing that happens: "0 open", "0 fault", "0 closed up=U down=D" with the bytes that either side
was given. --save keeps what came from either side in DIR/N.up and DIR/N.down.
"""
import itertools
import os
import socket
import sys
import threading
import time


def say(*words):
    print(*words, flush=True)


class Harm:
    """What one connection does to one direction."""

    def __init__(self, fault, direction, tell):
        kind, *rest = fault.split(":")
        if kind == "delay":
            rest.insert(0, direction)
        here = bool(rest) and rest[0] == direction
        self.kind, self.n = (kind, int(rest[1])) if here else ("pass", 0)
        self.tell, self.done = tell, 0
        self.pending, self.count, self.held = b"", 0, b""

    def pieces(self, data):
        """(bytes, seconds to wait first, whether to close after) for what came in."""
        start, self.done = self.done, self.done + len(data)
        if self.kind == "pass":
            yield data, 0, False
        elif self.kind == "delay":
            yield data, self.n / 1000, False
        elif self.kind == "dribble":
            for b in data:
                yield bytes([b]), self.n / 1000, False
        elif self.kind in ("cut", "stall"):
            keep = data[:max(0, self.n - start)]
            hit = self.done > self.n or (self.done == self.n and self.kind == "cut")
            if hit and start <= self.n:
                self.tell()
            yield keep, 0, hit and self.kind == "cut"
        elif self.kind == "flip":
            if start <= self.n < self.done:
                self.tell()
                i = self.n - start
                data = data[:i] + bytes([data[i] ^ 0x10]) + data[i + 1:]
            yield data, 0, False
        else:
            yield b"".join(self.messages(data)), 0, False

    def messages(self, data):
        self.pending += data
        while len(self.pending) >= 2:
            n = 2 + int.from_bytes(self.pending[:2], "big")
            if len(self.pending) < n:
                return
            message, self.pending = self.pending[:n], self.pending[n:]
            at, self.count = self.count - self.n, self.count + 1
            if at == 0:
                self.held = message
                self.tell()
                if self.kind == "double":
                    yield message + message
            elif at == 1 and self.kind == "swap":
                yield message + self.held
            else:
                yield message


class Connection:
    def __init__(self, number, near, target, fault, save):
        self.number, self.near, self.save = number, near, save
        self.given = {"up": 0, "down": 0}
        self.lock = threading.Lock()
        self.told = self.closed = False
        say(number, "open")
        try:
            self.far = socket.create_connection(("127.0.0.1", target), 10)
            self.far.settimeout(None)
        except OSError:
            self.far = near
            self.close()
            return
        for direction, a, b in (("up", near, self.far), ("down", self.far, near)):
            threading.Thread(target=self.carry, args=(direction, a, b, Harm(fault, direction, self.fault)),
                             daemon=True).start()

    def fault(self):
        if not self.told:
            self.told = True
            say(self.number, "fault")

    def carry(self, direction, a, b, harm):
        copy = open(os.path.join(self.save, f"{self.number}.{direction}"), "wb") if self.save else None
        try:
            while data := a.recv(65536):
                if copy:
                    copy.write(data)
                    copy.flush()
                for piece, wait, close in harm.pieces(data):
                    if wait:
                        time.sleep(wait)
                    b.sendall(piece)
                    self.given[direction] += len(piece)
                    if close:
                        return
        except OSError:
            pass
        finally:
            if copy:
                copy.close()
            self.close()

    def close(self):
        with self.lock:
            if self.closed:
                return
            self.closed = True
        for s in (self.near, self.far):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()
        say(self.number, f"closed up={self.given['up']} down={self.given['down']}")


def serve(port, target, faults, save=None):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(64)
    say("ready")
    for number in itertools.count():
        near, _ = listener.accept()
        near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        Connection(number, near, target, faults[min(number, len(faults) - 1)], save)


def main():
    args = sys.argv[1:]
    save = None
    if args[:1] == ["--save"]:
        save, args = args[1], args[2:]
    if len(args) < 2:
        sys.exit(__doc__)
    serve(int(args[0]), int(args[1]), args[2:] or ["pass"], save)


if __name__ == "__main__":
    main()
