# SPDX-License-Identifier: Apache-2.0
"""What the lints share: which files there are, and C without its comments and strings."""

import os
import re
import sys

sys.dont_write_bytecode = True

CODE = ("proto", "store", "node", "tools")
FOLDERS = CODE + ("tests",)
HERE = os.path.dirname(os.path.abspath(__file__))


def root(argv):
    """The tree to look at: the first argument, or the one this script stands in."""
    return os.path.abspath(argv[1] if len(argv) > 1 else os.path.join(HERE, "..", ".."))


def files(top, folders, endings):
    """Paths relative to top, sorted."""
    found = []
    for folder in folders:
        for where, dirs, names in os.walk(os.path.join(top, folder)):
            dirs[:] = [d for d in dirs if d not in ("corpus", "data", "__pycache__")]
            found += [os.path.relpath(os.path.join(where, n), top) for n in names if n.endswith(endings)]
    return sorted(found)


def read(top, path):
    with open(os.path.join(top, path), encoding="utf-8", errors="replace") as f:
        return f.read()


TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def bare(text):
    """C text with comments and literals blanked, line numbers kept. Include lines stay whole."""

    def blank(match):
        token = match.group(0)
        line = text.rfind("\n", 0, match.start()) + 1
        if token[0] == '"' and text[line : match.start()].replace(" ", "") == "#include":
            return token
        return re.sub(r"[^\n]", " ", token)

    return TOKEN.sub(blank, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def finish(name, findings):
    for finding in findings:
        print(finding)
    if findings:
        print(f"{name}: {len(findings)} found", file=sys.stderr)
    sys.exit(1 if findings else 0)
