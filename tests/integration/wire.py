# SPDX-License-Identifier: Apache-2.0
"""As much of Posthorn's wire as an outsider could write: msgpack, keys, Noise IK, frames.

A second implementation in plain Python, from docs/protocol.md and the RFCs, so that the tests can speak to a
daemon as a stranger, as a member that misbehaves, or as an inviting node that lies. Slow and not constant-time:
for tests only.
"""
import hashlib
import hmac
import os
import socket
import struct
import time

# msgpack, shortest forms


def pack(v):
    if v is None:
        return b"\xc0"
    if v is True or v is False:
        return b"\xc3" if v else b"\xc2"
    if isinstance(v, int):
        for head, code, top in ((None, None, 0x7F), (0xCC, ">B", 0xFF), (0xCD, ">H", 0xFFFF),
                                (0xCE, ">I", 2**32 - 1), (0xCF, ">Q", 2**64 - 1)):
            if v <= top:
                return bytes([v]) if head is None else bytes([head]) + struct.pack(code, v)
    if isinstance(v, str):
        b = v.encode()
        return _head(len(b), (0xA0, 31), (0xD9, 0xDA, 0xDB)) + b
    if isinstance(v, (bytes, bytearray)):
        return _head(len(v), None, (0xC4, 0xC5, 0xC6)) + bytes(v)
    return _head(len(v), (0x90, 15), (None, 0xDC, 0xDD)) + b"".join(map(pack, v))


def _head(n, fix, wide):
    if fix and n <= fix[1]:
        return bytes([fix[0] | n])
    if wide[0] and n <= 0xFF:
        return bytes([wide[0], n])
    return bytes([wide[1]]) + struct.pack(">H", n) if n <= 0xFFFF else bytes([wide[2]]) + struct.pack(">I", n)


def unpack(b):
    v, end = _take(b, 0)
    if end != len(b):
        raise ValueError("trailing bytes")
    return v


def _take(b, i):
    c = b[i]
    i += 1
    if c <= 0x7F:
        return c, i
    if 0x90 <= c <= 0x9F or c in (0xDC, 0xDD):
        n, i = (c & 15, i) if c <= 0x9F else _number(b, i, 2 if c == 0xDC else 4)
        out = []
        for _ in range(n):
            v, i = _take(b, i)
            out.append(v)
        return out, i
    if 0xA0 <= c <= 0xBF:
        return b[i:i + (c & 31)].decode(), i + (c & 31)
    if c in (0xC0, 0xC2, 0xC3):
        return {0xC0: None, 0xC2: False, 0xC3: True}[c], i
    if 0xCC <= c <= 0xCF:
        return _number(b, i, 1 << (c - 0xCC))
    if c in (0xC4, 0xC5, 0xC6, 0xD9, 0xDA, 0xDB):
        is_bin = c < 0xD0
        n, i = _number(b, i, 1 << (c - (0xC4 if is_bin else 0xD9)))
        return (b[i:i + n] if is_bin else b[i:i + n].decode()), i + n
    raise ValueError(f"byte {c:#x}")


def _number(b, i, n):
    return int.from_bytes(b[i:i + n], "big"), i + n


# RFC 8439 and draft-irtf-cfrg-xchacha


def _words(state):
    x = list(state)

    def quarter(a, b, c, d):
        for p, q, r, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            x[p] = (x[p] + x[q]) & 0xFFFFFFFF
            v = x[r] ^ x[p]
            x[r] = ((v << turn) | (v >> (32 - turn))) & 0xFFFFFFFF

    for _ in range(10):
        quarter(0, 4, 8, 12), quarter(1, 5, 9, 13), quarter(2, 6, 10, 14), quarter(3, 7, 11, 15)
        quarter(0, 5, 10, 15), quarter(1, 6, 11, 12), quarter(2, 7, 8, 13), quarter(3, 4, 9, 14)
    return x


SIGMA = struct.unpack("<4I", b"expand 32-byte k")


def chacha20(key, nonce, counter, data):
    out = bytearray()
    for i in range(0, len(data), 64):
        state = SIGMA + struct.unpack("<8I", key) + (counter + i // 64,) + struct.unpack("<3I", nonce)
        stream = struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(state, _words(state))))
        out += bytes(a ^ b for a, b in zip(data[i:i + 64], stream))
    return bytes(out)


def _tag(key, nonce, ad, sealed):
    one_time = chacha20(key, nonce, 0, bytes(64))
    r = int.from_bytes(one_time[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    s = int.from_bytes(one_time[16:32], "little")
    text = ad + bytes(-len(ad) % 16) + sealed + bytes(-len(sealed) % 16) + struct.pack("<QQ", len(ad), len(sealed))
    acc = 0
    for i in range(0, len(text), 16):
        acc = (acc + int.from_bytes(text[i:i + 16] + b"\x01", "little")) * r % (2**130 - 5)
    return ((acc + s) & (2**128 - 1)).to_bytes(16, "little")


def seal(key, nonce, ad, plain):
    sealed = chacha20(key, nonce, 1, plain)
    return sealed + _tag(key, nonce, ad, sealed)


def unseal(key, nonce, ad, sealed):
    if _tag(key, nonce, ad, sealed[:-16]) != sealed[-16:]:
        raise ValueError("tag does not match")
    return chacha20(key, nonce, 1, sealed[:-16])


def xunseal(key, nonce, ad, sealed):
    x = _words(SIGMA + struct.unpack("<8I", key) + struct.unpack("<4I", nonce[:16]))
    return unseal(struct.pack("<8I", *(x[:4] + x[12:])), bytes(4) + nonce[16:], ad, sealed)


# RFC 7748 and RFC 8032

P = 2**255 - 19


def x25519(secret, public=(9).to_bytes(32, "little")):
    k = (int.from_bytes(secret, "little") & ~7 & ~(1 << 255)) | (1 << 254)
    u = int.from_bytes(public, "little") & (2**255 - 1)
    x2, z2, x3, z3, swapped = 1, 0, u, 1, 0
    for t in range(254, -1, -1):
        bit = (k >> t) & 1
        if bit != swapped:
            x2, z2, x3, z3 = x3, z3, x2, z2
        swapped = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        da, cb, aa, bb = d * a, c * b, a * a, b * b
        x3, z3 = (da + cb) ** 2 % P, u * (da - cb) ** 2 % P
        x2, z2 = aa * bb % P, (aa - bb) * (aa + 121665 * (aa - bb)) % P
    if swapped:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
BY = 4 * pow(5, P - 2, P) % P
BX = 15112221349535400772501151409588531511454012693041857206046113283949847762202


def _add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _base(s):
    q, p = (0, 1, 1, 0), (BX, BY, 1, BX * BY % P)
    while s:
        if s & 1:
            q = _add(q, p)
        p, s = _add(p, p), s >> 1
    z = pow(q[2], P - 2, P)
    x, y = q[0] * z % P, q[1] * z % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def ed25519_sign(secret, message):
    """secret: libsodium's 64 bytes, seed || public."""
    h = hashlib.sha512(secret[:32]).digest()
    a = (int.from_bytes(h[:32], "little") & ~7 & ~(1 << 255)) | (1 << 254)
    r = int.from_bytes(hashlib.sha512(h[32:] + message).digest(), "little") % L
    big_r = _base(r)
    k = int.from_bytes(hashlib.sha512(big_r + secret[32:] + message).digest(), "little") % L
    return big_r + ((r + k * a) % L).to_bytes(32, "little")


# Posthorn's own


def keyed_hash(use, key, data):
    return hashlib.blake2b(b"posthorn " + use + b" 1\0" + data, key=key, digest_size=32).digest()


def sign(kind, community, document, secret):
    return ed25519_sign(secret, b"posthorn " + kind + b" 1\0" + community + document)


def load_key(home, name):
    """(public, secret) of HOME/keys/NAME, one that the store key wraps."""
    with open(f"{home}/keys/store", "rb") as f:
        store_key = unpack(f.read())[1]
    with open(f"{home}/keys/{name}", "rb") as f:
        raw = f.read()
    (_, kind, public, _, _, _, _, nonce), sealed = unpack(raw)
    head = raw[1:len(raw) - len(pack(sealed))]
    return public, xunseal(keyed_hash(b"wrap secret", store_key, bytes([kind])), nonce, head, sealed)


class Invite:
    """An invite taken apart; encode() signs it as the node whose home is given."""

    def __init__(self, path):
        with open(path, "rb") as f:
            document, self.sig = unpack(f.read())
        self.community, self.org, self.inviter, self.rosters, self.cards, self.expires = unpack(document)

    def encode(self, home):
        document = pack([self.community, self.org, self.inviter, self.rosters, self.cards, self.expires])
        return pack([document, sign(b"invite", self.community, document, load_key(home, "node")[1])])


class Noise:
    """The dialling side of Noise_IK_25519_ChaChaPoly_BLAKE2b, and a Posthorn session after it."""

    def __init__(self, community, public, secret, remote):
        name = b"Noise_IK_25519_ChaChaPoly_BLAKE2b"
        self.h = self.ck = name + bytes(64 - len(name))
        self.key, self.public, self.secret, self.remote = None, public, secret, remote
        self._mix(b"posthorn/1" + community)
        self._mix(remote)
        self.inner = b""

    def _mix(self, data):
        self.h = hashlib.blake2b(self.h + data).digest()

    def _derive(self, data):
        t = hmac.new(self.ck, data, hashlib.blake2b).digest()
        one = hmac.new(t, b"\x01", hashlib.blake2b).digest()
        two = hmac.new(t, one + b"\x02", hashlib.blake2b).digest()
        self.ck, self.key, self.n = one, two[:32], 0
        return one[:32], two[:32]

    def _seal(self, plain):
        sealed = seal(self.key, struct.pack("<IQ", 0, self.n), self.h, plain)
        self.n += 1
        self._mix(sealed)
        return sealed

    def message1(self, payload):
        self.e = os.urandom(32)
        e_public = x25519(self.e)
        self._mix(e_public)
        self._derive(x25519(self.e, self.remote))
        static = self._seal(self.public)
        self._derive(x25519(self.secret, self.remote))
        m = e_public + static + self._seal(payload)
        return struct.pack(">H", len(m)) + m

    def message2(self, m):
        self._mix(m[:32])
        self._derive(x25519(self.e, m[:32]))
        self._derive(x25519(self.secret, m[:32]))
        unseal(self.key, bytes(12), self.h, m[32:])
        self.tx, self.rx = self._derive(b"")
        self.sent = self.received = 0

    def sealed_frame(self, message):
        frame = pack(message)
        return self.sealed(struct.pack(">I", len(frame)) + frame)

    def sealed(self, inner):
        out = seal(self.tx, struct.pack("<IQ", 0, self.sent), b"", inner)
        self.sent += 1
        return struct.pack(">H", len(out)) + out

    def opened(self, m):
        self.inner += unseal(self.rx, struct.pack("<IQ", 0, self.received), b"", m)
        self.received += 1
        frames = []
        while len(self.inner) >= 4 and len(self.inner) >= 4 + int.from_bytes(self.inner[:4], "big"):
            n = 4 + int.from_bytes(self.inner[:4], "big")
            frames.append(unpack(self.inner[4:n]))
            self.inner = self.inner[n:]
        return frames


def now_ms():
    return time.time_ns() // 1000000


def read_exactly(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if not piece:
            raise EOFError(f"closed after {len(data)} of {n} bytes")
        data += piece
    return data


def read_noise(sock):
    return read_exactly(sock, int.from_bytes(read_exactly(sock, 2), "big"))


class Member:
    """A session with the daemon at (host, port), as the node whose home is given."""

    def __init__(self, home, community, remote, address, source=None):
        public, secret = load_key(home, "transport")
        self.sock = socket.create_connection(address, 10, source)
        self.noise = Noise(community, public, secret, remote)
        self.sock.sendall(self.noise.message1(pack([now_ms(), None, None])))
        self.noise.message2(read_noise(self.sock))

    def send(self, message):
        self.sock.sendall(self.noise.sealed_frame(message))

    def receive(self):
        frames = []
        while not frames:
            frames = self.noise.opened(read_noise(self.sock))
        return frames

    def hello(self, like):
        """Our HELLO: the peer's own with another store id, so that trust is equal."""
        mine = list(like)
        mine[5], mine[6] = now_ms(), os.urandom(16)
        self.send(mine)


def selftest():
    """RFC 8439 2.8.2, RFC 7748 5.2, RFC 8032 7.1 test 1."""
    key = bytes(range(0x80, 0xA0))
    text = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."
    sealed = seal(key, bytes.fromhex("070000004041424344454647"), bytes.fromhex("50515253c0c1c2c3c4c5c6c7"), text)
    assert sealed[-16:].hex() == "1ae10b594f09e26a7e902ecbd0600691"
    k = bytes.fromhex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4")
    u = bytes.fromhex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")
    assert x25519(k, u).hex() == "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    assert ed25519_sign(seed + public, b"").hex().startswith("e5564300c360ac729086e2cc806e828a")
    for v in (0, 127, 128, 255, 256, 65536, 2**63, "x" * 40, b"y" * 300, [[], [1] * 20, None, True]):
        assert unpack(pack(v)) == v
    return "wire.py agrees with the RFCs"


if __name__ == "__main__":
    print(selftest())
