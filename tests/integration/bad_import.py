#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Files that `posthorn import` must survive, and what it must say of each.

    bad_import.py DIR COMMAND…      DIR is for the files; then the command, to which `import …` is added

Each case: a name, the file's bytes, the exit code, how many objects are stored, and what standard error says.
"""
import json
import os
import re
import subprocess
import sys

KIB = 1024


def indicator(case, i, **more):
    number = sum(ord(c) * 131**k for k, c in enumerate(case)) % 2**32
    obj = {"type": "indicator", "spec_version": "2.1", "id": f"indicator--{number:08x}-0000-4000-8000-{i:012x}",
           "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z", "name": f"{case} {i}",
           "indicator_types": ["malicious-activity"], "pattern_type": "stix",
           "pattern": f"[domain-name:value = '{case}-{i}.example']", "valid_from": "2026-01-01T00:00:00Z"}
    obj.update(more)
    return {k: v for k, v in obj.items() if v is not None}


def text(obj):
    return json.dumps(obj, separators=(",", ":"))


def bundle(*objects):
    """Objects as dict or as text of their own, in a bundle."""
    body = ",\n".join(o if isinstance(o, str) else text(o) for o in objects)
    return ('{"type":"bundle","id":"bundle--00000000-0000-4000-8000-000000000000","objects":[\n' + body + "\n]}\n").encode()


def sized(case, i, n):
    """An indicator whose text has exactly n bytes."""
    obj = indicator(case, i, description="")
    obj["description"] = "x" * (n - len(text(obj)))
    assert len(text(obj)) == n
    return obj


def between(case, bad):
    """Two good ones around a bad one: text, or properties that make it bad."""
    middle = bad if isinstance(bad, str) else text(indicator(case, 1, **bad))
    return bundle(indicator(case, 0), middle, indicator(case, 2))


def with_value(case, raw):
    return text(indicator(case, 1, x_value=0)).replace('"x_value":0', '"x_value":' + raw)


BAD_VALUES = [("deep", "[" * 10000 + "]" * 10000, "deep"), ("deep33", "[" * 32 + "]" * 32, "nested 33 deep"),
              ("nan", "NaN", "line 3"), ("inf", "-Infinity", "line 3"), ("huge-real", "1e400", "line 3.*(real|number)"),
              ("too-big", str(2**63), "line 3.*(integer|number)"), ("too-small", str(-2**63 - 1), "line 3.*(integer|number)"),
              ("leading-zero", "0123", "line 3"), ("half", "1.", "line 3"), ("nul", '"a\\u0000b"', "(NUL|0000)"),
              ("surrogate", '"\\ud800"', "line 3"), ("bare", "bare", "line 3"), ("tab", '"a\tb"', "line 3")]

GOOD_VALUES = [("int-max", str(2**63 - 1)), ("int-min", str(-2**63)), ("deep31", "[" * 31 + "]" * 31),
               ("real", "1.0"), ("emoji", '"\\ud83d\\udcef"')]

# What is wrong, and which property the message names.
BAD_OBJECTS = [("no-type", {"type": None}, "type: required"), ("no-id", {"id": None}, "id: required"),
               ("id-form", {"id": "indicator--zz"}, "id: must be"), ("id-type", {"id": "malware--00000000-0000-4000-8000-000000000001"}, "id: must be"),
               ("no-created", {"created": None}, "created: required"), ("no-pattern", {"pattern": None}, "pattern: required"),
               ("bad-pattern", {"pattern": "[domain-name:value = 'x'"}, "pattern: "), ("time", {"modified": "yesterday"}, "modified: "),
               ("order", {"modified": "2025-01-01T00:00:00.000Z"}, "modified: "), ("version", {"spec_version": "2.9"}, "spec_version: "),
               ("version-type", {"spec_version": 2.1}, "spec_version: "), ("name-type", {"name": 7}, "name: "),
               ("bad-key", {"X-Upper": 1}, "X-Upper: property names"), ("bundle", {"type": "bundle", "id": "bundle--00000000-0000-4000-8000-000000000001"}, "type: "),
               ("confidence", {"confidence": 101}, "confidence: ")]


def cases():
    for name, raw, rule in BAD_VALUES:
        yield name, between(name, with_value(name, raw)), 1, 2, f"object 1.*{rule}"
    for name, raw in GOOD_VALUES:
        yield name, between(name, with_value(name, raw)), 0, 3, None
    for name, bad, rule in BAD_OBJECTS:
        known = "" if "id" in bad else rf" \({indicator(name, 1)['id']}\)"
        yield name, between(name, bad), 1, 2, f"object 1{known}.*{rule}"
    twice = text(indicator("twice", 1)).replace('"name"', '"name":"other","name"')
    yield "twice", between("twice", twice), 1, 2, "object 1.*duplicate"
    for name, raw in (("number", "7"), ("string", '"x"'), ("null", "null"), ("list", "[]")):
        yield f"is-{name}", between(f"is-{name}", raw), 1, 2, "object 1.*not a JSON object"
    utf8 = between("utf8", text(indicator("utf8", 1))).replace(b'"name":"utf8 1"', b'"name":"utf8 \xff\xfe"')
    yield "utf8", utf8, 1, 2, "object 1.*decode byte"
    overlong = between("overlong", text(indicator("overlong", 1))).replace(b'"overlong 1"', b'"overlong \xc0\xaf"')
    yield "overlong", overlong, 1, 2, "object 1.*decode byte"
    raw_nul = between("raw-nul", text(indicator("raw-nul", 1))).replace(b'"raw-nul 1"', b'"raw\0nul"')
    yield "raw-nul", raw_nul, 1, 2, "object 1.*(NUL|control|0x0)"
    yield "mark", b"\xef\xbb\xbf" + between("mark", {}), 0, 3, None
    yield "limit", between("limit", sized("limit", 1, 256 * KIB)), 0, 3, None
    yield "over-limit", between("over-limit", text(sized("over-limit", 1, 256 * KIB + 1))), 1, 2, "object 1.*262144"
    line = between("one-line", with_value("one-line", '"' + "x" * (20 << 20) + '"')).replace(b"\n", b"")
    yield "one-line", line, 1, 2, "object 1.*262144"
    many = bundle(*(sized("many", i, 200 * KIB) for i in range(100))).replace(b"\n", b"")
    yield "many", many, 0, 100, None
    array = ("[" + ",".join(text(indicator("array", i)) for i in range(3)) + "]").encode()
    yield "array", array, 0, 3, None

    # What is no bundle as a whole stores nothing.
    whole = between("cut", {})
    for n in (1, 2, 20, len(whole) // 3, len(whole) // 2, len(whole) - 3):
        yield f"cut-{n}", whole[:n], 1, 0, r"cut-\d+\.json.*(line|ends|end of)"
    yield "empty", b"", 1, 0, "is empty"
    yield "blank", b" \n\t\r\n" * 1000, 1, 0, "is empty"
    yield "utf16le", b"\xff\xfe" + between("utf16le", {}).decode().encode("utf-16le"), 1, 0, "UTF-8"
    yield "utf16be", b"\xfe\xff" + between("utf16be", {}).decode().encode("utf-16be"), 1, 0, "UTF-8"
    yield "utf16none", between("utf16none", {}).decode().encode("utf-16be"), 1, 0, "UTF-8"
    yield "zeros", bytes(100000), 1, 0, "UTF-8"
    yield "brackets", b'{"a":]}', 1, 0, "line 1, column 6"
    yield "all-open", b"[" * 1000000, 1, 0, "line 1|object 0"
    yield "all-braces", b'{"a":' * 100000, 1, 0, "line 1|ends"
    yield "trailing", between("trailing", {}) + b"x", 1, 0, "line 6, column 1"
    yield "other-type", between("other-type", {}).replace(b'"type":"bundle"', b'"type":"bungle"', 1), 1, 0, "bundle"
    yield "two-lists", between("two-lists", {}).replace(b"\n]}", b'],"objects":[]}'), 1, 0, "second list|duplicate"


def run(command, path, *more):
    done = subprocess.run([*command, "import", "--json", "--tlp", "GREEN", "--to", "community", *more, path],
                          capture_output=True, timeout=120, stdin=subprocess.DEVNULL)
    stored = json.loads(done.stdout)["stored"] if done.stdout.strip() else 0
    return done.returncode, stored, done.stderr.decode(errors="replace")


def main():
    directory, *command = sys.argv[1:]
    failed = n = 0
    for name, data, code, stored, says in cases():
        path = os.path.join(directory, f"{name}.json")
        with open(path, "wb") as f:
            f.write(data)
        n += 1
        if code == 1 and stored > 0:
            got = run(command, path, "--strict")
            if got[:2] != (1, 0) or "nothing was stored" not in got[2]:
                failed += 1
                print(f"FAIL: {name} --strict: exit {got[0]}, stored {got[1]}: {got[2].strip()[:400]}")
        got = run(command, path)
        if got[:2] != (code, stored) or (says and not re.search(says, got[2])):
            failed += 1
            print(f"FAIL: {name}: exit {got[0]} (not {code}), stored {got[1]} (not {stored}), "
                  f"not /{says}/ in: {got[2].strip()[:400]}")
        if stored:
            again = run(command, path)
            if again[1] != 0:
                failed += 1
                print(f"FAIL: {name}: stored {again[1]} the second time")
        os.unlink(path)
    print(f"{n} files, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
