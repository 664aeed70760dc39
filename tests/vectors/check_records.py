#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Recomputes every byte of records.json from its inputs, with none of Posthorn's code.

    check_records.py BUILD_DIR [RECORDS_JSON]

A second implementation in small, after docs/protocol.md. Its cryptography is not libsodium's where
that can be: Ed25519 is OpenSSL's (cryptography), BLAKE2b Python's own, XChaCha20-Poly1305 is written
out below. Only the boxes of grants come from PyNaCl. The packages of requirements.txt go to a virtual
environment in BUILD_DIR. Exit status 77: they cannot be had here.
"""
import hashlib
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def in_virtual_environment(build_dir):
    """Runs this script again where the packages are."""
    place = os.path.join(build_dir, "records-venv")
    python = os.path.join(place, "bin", "python3")
    requirements = os.path.join(HERE, "requirements.txt")
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    for command in ([sys.executable, "-m", "venv", place],
                    [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                     "--requirement", requirements]):
        try:
            done = subprocess.run(command, **quiet)
        except OSError as error:
            print(f"skipped: {error}")
            sys.exit(77)
        if done.returncode:
            print(done.stdout)
            print("skipped: Python's venv module or the packages of requirements.txt cannot be had here")
            sys.exit(77)
    sys.exit(subprocess.run([python, os.path.abspath(__file__), *sys.argv[1:]],
                            env=dict(os.environ, PH_RECORDS_VENV="1")).returncode)


if "PH_RECORDS_VENV" not in os.environ:
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    in_virtual_environment(sys.argv[1])

import msgpack  # noqa: E402
import nacl.bindings  # noqa: E402
import nacl.public  # noqa: E402
import zstandard  # noqa: E402
from cryptography.exceptions import InvalidSignature  # noqa: E402
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey  # noqa: E402

CONTENT, GRANT, BLOB, RETRACT, RECEIPT, ANCHOR = range(6)
DAY = 86400000
checked = 0


def same(what, got, expected):
    global checked
    checked += 1
    if got != expected:
        shown = [x.hex() if isinstance(x, bytes) else repr(x) for x in (got, expected)]
        sys.exit(f"{what}\n  computed {shown[0]}\n  in file  {shown[1]}")


def unhex(text):
    return None if text is None else bytes.fromhex(text)


# The one rule for hashes and signatures.

def hashed(use, *pieces, key=b""):
    return hashlib.blake2b(b"posthorn " + use.encode() + b" 1\0" + b"".join(pieces),
                           digest_size=32, key=key).digest()


def signed(kind, community, data):
    return b"posthorn " + kind.encode() + b" 1\0" + community + data


# XChaCha20-Poly1305-IETF (draft-irtf-cfrg-xchacha-03, RFC 8439).

def words(data):
    return [int.from_bytes(data[i:i + 4], "little") for i in range(0, len(data), 4)]


def rounds(state):
    s = list(state)

    def quarter(a, b, c, d):
        for x, y, z, n in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            s[x] = (s[x] + s[y]) & 0xffffffff
            v = s[z] ^ s[x]
            s[z] = (v << n | v >> (32 - n)) & 0xffffffff

    for _ in range(10):
        for i in range(4):
            quarter(i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return s


SIGMA = words(b"expand 32-byte k")


def hchacha(key, nonce16):
    s = rounds(SIGMA + words(key) + words(nonce16))
    return b"".join(w.to_bytes(4, "little") for w in s[:4] + s[12:])


def chacha(key, nonce12, counter):
    state = SIGMA + words(key) + [counter] + words(nonce12)
    return b"".join(((a + b) & 0xffffffff).to_bytes(4, "little") for a, b in zip(state, rounds(state)))


class XChaCha:
    def __init__(self, key, nonce):
        self.key = hchacha(key, nonce[:16])
        self.nonce = bytes(4) + nonce[16:]
        one_time = chacha(self.key, self.nonce, 0)
        self.r = int.from_bytes(one_time[:16], "little") & 0x0ffffffc0ffffffc0ffffffc0fffffff
        self.s = int.from_bytes(one_time[16:32], "little")

    def stream(self, data):
        out = b"".join(chacha(self.key, self.nonce, 1 + i) for i in range((len(data) + 63) // 64))
        return bytes(a ^ b for a, b in zip(data, out))

    def tag(self, blocks):
        h = 0
        for block in blocks:
            h = (h + block) * self.r % P
        return ((h + self.s) % 2**128).to_bytes(16, "little")


P = 2**130 - 5


def poly_blocks(aad, sealed):
    data = aad + bytes(-len(aad) % 16) + sealed + bytes(-len(sealed) % 16)
    data += len(aad).to_bytes(8, "little") + len(sealed).to_bytes(8, "little")
    return [int.from_bytes(data[i:i + 16] + b"\1", "little") for i in range(0, len(data), 16)]


def encrypt(key, nonce, aad, plain):
    cipher = XChaCha(key, nonce)
    sealed = cipher.stream(plain)
    return sealed + cipher.tag(poly_blocks(aad, sealed))


def decrypt(key, nonce, aad, body):
    cipher = XChaCha(key, nonce)
    sealed, tag = body[:-16], body[-16:]
    return cipher.stream(sealed) if cipher.tag(poly_blocks(aad, sealed)) == tag else None


# Records.

def padme(n):
    if n < 2:
        return n
    e = n.bit_length() - 1
    step = 1 << (e - e.bit_length())
    return -(-n // step) * step


def fields(h):
    kind, audience_id = h["audience"]
    return [h["version"], h["type"], unhex(h["community"]), unhex(h["author"]), h["created"], h["expires"],
            h["label"], [kind, unhex(audience_id)], h["recipients"], h["flags"], unhex(h["key"]),
            unhex(h["nonce"]), h["body_size"], unhex(h["body_hash"])]


def record_key(audience_key, h):
    return hashed("record key", bytes([h["label"]]), unhex(h["nonce"]), key=audience_key)


def unframe(framed, padded):
    plain_size, zstd_size = (int.from_bytes(framed[i:i + 4], "big") for i in (0, 4))
    same("length of the frame", len(framed), padme(8 + zstd_size) if padded else 8 + zstd_size)
    same("padding", framed[8 + zstd_size:], bytes(len(framed) - 8 - zstd_size))
    frame = framed[8:8 + zstd_size]
    same("declared size", zstandard.frame_content_size(frame), plain_size)
    return zstandard.ZstdDecompressor().decompress(frame)


def check_body(r, h, body):
    if h["type"] in (CONTENT, BLOB, RECEIPT):
        aad = msgpack.packb(fields(h)[:12])
        framed = body
        if h["nonce"] is not None:
            key = record_key(unhex(r["audience_key"]), h)
            framed = decrypt(key, unhex(h["nonce"]), aad, body)
            same("sealing the same again", encrypt(key, unhex(h["nonce"]), aad, framed), body)
        same("plain body", unframe(framed, h["nonce"] is not None), unhex(r["plain"]))
    elif h["type"] == GRANT:
        check_grant(r, h, body)
    elif h["type"] == RETRACT:
        same("targets", msgpack.packb([[unhex(i), expires] for i, expires in r["targets"]]), body)
    else:
        number, head = msgpack.unpackb(body)
        same("anchor", msgpack.packb([number, head]), body)


def check_grant(r, h, body):
    key = unhex(r["audience_key"])
    kind, audience_id = h["audience"]
    message = msgpack.packb([unhex(h["author"]), [kind, unhex(audience_id)], hashed("key commitment", key), key])
    rows = []
    for box in r["boxes"]:
        public = unhex(box["public"])
        key_id = hashed("key id", public)[:16]
        same("key id", key_id, unhex(box["key_id"]))
        ephemeral, secret = nacl.bindings.crypto_box_seed_keypair(unhex(box["seed"]))
        nonce = hashlib.blake2b(ephemeral + public, digest_size=24).digest()
        sealed = ephemeral + nacl.bindings.crypto_box(message, nonce, public, secret)
        rows.append([key_id, sealed])
        opened = nacl.public.SealedBox(nacl.public.PrivateKey(unhex(box["secret"]))).decrypt(sealed)
        same("opened box", opened, message)
    same("grant", msgpack.packb([r["epoch"], sorted(rows)]), body)


def check_record(r):
    h = r["header"]
    body = unhex(r["body"])
    author = Ed25519PrivateKey.from_private_bytes(unhex(r["author_seed"]))
    same("author", author.public_key().public_bytes_raw(), unhex(h["author"]))
    same("body size", len(body), h["body_size"])
    same("body hash", hashed("record body", body), unhex(h["body_hash"]))
    if h["recipients"] is not None:
        same("audience id", hashed("direct audience", msgpack.packb(h["recipients"])), unhex(h["audience"][1]))
    if h["key"] is not None:
        same("commitment", hashed("key commitment", unhex(r["audience_key"])), unhex(h["key"]))
    header = msgpack.packb(fields(h))
    same("header", header, unhex(r["header_bytes"]))
    same("id", h["created"].to_bytes(6, "big") + hashed("record id", header)[:26], unhex(r["id"]))
    message = signed("record", unhex(h["community"]), header)
    same("signature", author.sign(message), unhex(r["signature"]))
    for wrong in (signed("roster", unhex(h["community"]), header), signed("record", bytes(32), header), header):
        try:
            Ed25519PublicKey.from_public_bytes(unhex(h["author"])).verify(unhex(r["signature"]), wrong)
            sys.exit("the signature covers more than a record")
        except InvalidSignature:
            pass
    if r["name"] != "two readings":
        check_body(r, h, body)


# What must be refused, by the table of docs/protocol.md.

def judge(data):
    """The token of the rule that @data, a header, breaks; None for a good one."""
    try:
        f = msgpack.unpackb(data, strict_map_key=False)
    except Exception:  # trailing bytes, bad forms: msgpack has its own names for them
        return "format"
    if not isinstance(f, list) or len(f) < 1:
        return "format"
    if f[0] != 1:
        return "version"
    if msgpack.packb(f) != data or len(f) != 14 or not all(isinstance(f[i], int) for i in (1, 4, 5, 6, 9, 12)):
        return "format"
    _, kind, _, _, created, expires, label, (audience, audience_id), recipients, flags, key, nonce, size, _ = f
    longest = 3653 * DAY + (31 * DAY if kind == GRANT else 0)
    if kind > 5 or label > 4 or flags > 15 or not 0 < created < 2**48 or not 0 < expires - created <= longest \
            or size == 0:
        return "range"
    if size > 2**20:
        return "limit"
    persons = {"/" in r for r in recipients or []}
    fits = {0: audience == 0, 4: audience == 2 and persons == {True}}.get(
        label, audience < 2 or persons == {False})
    if not fits or (audience == 2) != bool(recipients):
        return "misfit"
    if audience == 2 and hashed("direct audience", msgpack.packb(recipients)) != audience_id:
        return "misfit"
    sealed = kind == RECEIPT or (kind in (CONTENT, BLOB) and label > 0)
    if (nonce is not None) != sealed or (key is not None) != (sealed or kind == GRANT):
        return "misfit"
    if (kind == GRANT and label == 0) or (kind == ANCHOR and (label, audience) != (1, 0)) \
            or (kind == RECEIPT and ((label, audience) != (3, 2) or len(recipients) > 1 or flags & 1)):
        return "misfit"
    return None


# One body, two keys.

def two_readings(r):
    """Finds the body of @r: XChaCha20-Poly1305 does not commit to its key, so one block of the
    ciphertext can be chosen such that the tags under two keys are equal. (Dodis, Grubbs, Ristenpart,
    Woodage, "Fast message franking", 2018; Len, Grubbs, Ristenpart, "Partitioning oracle attacks",
    2021.)"""
    h = r["header"]
    nonce = unhex(h["nonce"])
    aad = msgpack.packb(fields(h)[:12])
    ciphers = [XChaCha(record_key(unhex(r[name]), h), nonce) for name in ("audience_key", "other_audience_key")]
    free = 2  # block of the ciphertext; inside the content of the raw block written here
    for attempt in range(1000):
        # One zstd frame with its 47 bytes as they are: magic, single segment, size; last, raw, 47.
        text = b"reading %7d" % attempt + bytes(32)
        frame = b"\x28\xb5\x2f\xfd\x20" + bytes([47]) + (47 << 3 | 1).to_bytes(3, "little") + text
        framed = (47).to_bytes(4, "big") + len(frame).to_bytes(4, "big") + frame
        sealed = bytearray(ciphers[0].stream(framed))
        blocks = poly_blocks(aad, bytes(sealed))
        at = (len(aad) + 15) // 16 + free
        power = len(blocks) - at
        blocks[at] = 0
        rest = []
        for c in ciphers:
            value = 0
            for block in blocks:
                value = (value + block) * c.r % P
            rest.append(value)
        a, b = ciphers
        slope = pow((pow(a.r, power, P) - pow(b.r, power, P)) % P, -1, P)
        for carry in range(-4, 5):
            x = (b.s - a.s + carry * 2**128 + rest[1] - rest[0]) * slope % P
            if not 2**128 <= x < 2**129:
                continue
            blocks[at] = x
            if a.tag(blocks) == b.tag(blocks):
                sealed[16 * free:16 * free + 16] = (x - 2**128).to_bytes(16, "little")
                return bytes(sealed) + a.tag(blocks)
    sys.exit("no body with two readings found")


def check_two_readings(r):
    h = r["header"]
    body = two_readings(r)
    if "--show" in sys.argv:
        print(body.hex())
    check_record(r)
    same("body with two readings", body, unhex(r["body"]))
    aad = msgpack.packb(fields(h)[:12])
    readings = [decrypt(record_key(unhex(r[k]), h), unhex(h["nonce"]), aad, body)
                for k in ("audience_key", "other_audience_key")]
    same("both open", [reading is not None for reading in readings], [True, True])
    same("to different plain texts", readings[0] != readings[1], True)
    same("the first is whole", unframe(readings[0], True), unhex(r["plain"]))
    same("the second is not committed to", hashed("key commitment", unhex(r["other_audience_key"])) != unhex(h["key"]),
         True)


def main():
    path = next((a for a in sys.argv[2:] if not a.startswith("--")), os.path.join(HERE, "records.json"))
    with open(path, encoding="utf-8") as f:
        file = json.load(f)
    for r in file["records"]:
        check_record(r)
        same(r["name"] + ": good by the table", judge(unhex(r["header_bytes"])), None)
    check_two_readings(file["two_readings"])
    for r in file["refused_headers"]:
        same(r["name"], judge(unhex(r["header_bytes"])), r["error"])
    for r in file["content"]:
        same("content", msgpack.packb([r["object"]]), unhex(r["plain"]))
    for n, padded in file["padme"]:
        same(f"Padmé of {n}", padme(n), padded)
    print(f"{checked} values recomputed, all equal")


main()
