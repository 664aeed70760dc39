#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What leaves through which door of the command line: the egress table on real records, markings, relationships
# without their ends, exercises, audit entries before anything is printed.
. "$(dirname "$0")/lib.sh"

# ends CODE PATTERN COMMAND… : with that exit code, and PATTERN on standard error.
ends() {
    local code=$1 pattern=$2 got=0
    shift 2
    "$@" >"$T/out" 2>"$T/err" </dev/null || got=$?
    [ "$got" -eq "$code" ] || fail "$*: exit $got, not $code: $(cat "$T/err")"
    grep -q -- "$pattern" "$T/err" || fail "$*: no \"$pattern\" in: $(cat "$T/err")"
}

new_home IT
ph IT community create TEST >/dev/null 2>&1 </dev/null || fail "community create"
echo "a person's passphrase" >"$T/pass"
ph IT person add alice --name Alice --passphrase-file "$T/pass" >/dev/null 2>"$T/err" </dev/null ||
    fail "person add: $(cat "$T/err")"

uuid() { printf '%08x-0000-4000-8000-000000000000' "$1"; }
object() { # TYPE N LABEL MORE
    printf '{"type":"%s","spec_version":"2.1","id":"%s--%s","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z"%s%s}' \
        "$1" "$1" "$(uuid "$2")" "${3:+,\"labels\":[\"tlp:$3\"]}" "$4"
}
indicator() { # N LABEL
    object indicator "$1" "$2" ",\"pattern\":\"[domain-name:value = 'd$1.example']\",\"pattern_type\":\"stix\",\"valid_from\":\"2026-01-01T00:00:00Z\""
}
relationship() { # N LABEL FROM TO
    object relationship "$1" "$2" ",\"relationship_type\":\"related-to\",\"source_ref\":\"indicator--$(uuid "$3")\",\"target_ref\":\"indicator--$(uuid "$4")\""
}
{
    printf '['
    indicator 1 clear; printf ,; indicator 2 green; printf ,; indicator 3 amber; printf ,; indicator 4 amber+strict; printf ,
    relationship 11 clear 1 1; printf ,
    relationship 12 clear 1 2; printf ,   # looser than one of its ends
    relationship 13 green 3 2; printf ,
    relationship 14 amber 3 4; printf ,
    relationship 15 clear 1 99; printf ,  # an end that nobody has
    object sighting 16 clear ",\"sighting_of_ref\":\"indicator--$(uuid 4)\""
    printf ']'
} >"$T/bundle.json"
ph IT import --to community "$T/bundle.json" || fail "import"
indicator 5 "" >"$T/drill.json"
ph IT import --exercise --tlp CLEAR --to community "$T/drill.json" >/dev/null || fail "import of the drill"
indicator 6 "" >"$T/red.json"
ph IT import --tlp RED --to IT/alice "$T/red.json" >/dev/null || fail "import of RED"

# leaves DOOR N… : those objects and no other, each marked, and no relationship without its ends.
leaves() {
    local door=$1
    shift
    ph IT export --format stix --for "$door" --out "$T/out.json" >/dev/null || fail "export for $door"
    python3 - "$T/out.json" "$@" <<'PY' || fail "export for $door"
import json, sys
path, *want = sys.argv[1:]
objects = json.load(open(path))["objects"]
ids = {o["id"] for o in objects}
got = sorted(int(o["id"].split("--")[1][:8], 16) for o in objects if o["type"] != "marking-definition")
tlp = {o["id"]: o["name"].removeprefix("TLP:").lower() for o in objects if o["type"] == "marking-definition"}
bad = [o["id"] for o in objects if o["type"] != "marking-definition" and
       [tlp.get(r) for r in o["object_marking_refs"]] != [o["labels"][0].removeprefix("tlp:")]]
if got != sorted(map(int, want)) or bad or len(ids) != len(objects):
    sys.exit(f"left: {got}, not {want}; badly marked: {bad}; twice: {len(objects) - len(ids)}")
PY
}
leaves public 1 11
leaves community 1 2 11 12
leaves client 1 2 3 11 12 13
leaves internal 1 2 3 4 11 12 13 14 16
say "each door lets out what the table says, with its marking and without loose ends"
[ "$(ph IT export --format stix --for internal --tlp GREEN | grep -c '"d[0-9]*.example\|indicator--')" -gt 0 ] || fail "--tlp"
ph IT export --format stix --for internal --tlp GREEN | grep -q "$(uuid 3)" && fail "--tlp GREEN lets AMBER out"
ends 2 '--for' ph IT export --format stix --for peer

# A drill is shown as such; RED is not shown here at all.
ph IT lookup d5.example | grep -q exercise || fail "the drill does not say so"
[ -z "$(ph IT lookup d6.example)" ] || fail "RED is looked up"
[ -z "$(ph IT ls --json --all --tlp RED)" ] || fail "RED is listed"
[ -z "$(ph IT search d6)" ] || fail "RED is found by its words"

entries() { ph IT verify --json | sed 's/.*"audit_entries":\([0-9]*\).*/\1/'; }
logs() { # N COMMAND… : adds so many audit entries
    local n=$1 before
    shift
    before=$(entries)
    "$@" >"$T/out" 2>&1 || fail "$*: $(cat "$T/out")"
    [ $(($(entries) - before)) -eq "$n" ] || fail "$*: $(($(entries) - before)) audit entries, not $n"
}
audited() {
    logs 0 ph IT lookup d1.example d2.example d3.example
    logs 1 ph IT lookup d4.example d1.example
    logs 1 ph IT ls --tlp AMBER+STRICT
    logs 1 ph IT show "indicator--$(uuid 4)"
    logs 1 ph IT export --format stix --for client
    logs 0 ph IT export --format stix --for community
}
audited
start IT
audited
stop IT || fail "IT did not stop in order"
say "what must be logged is, with the daemon and without, once a batch"

# Another command holds the store: what must be logged is left out, the rest is shown.
exec 9>>"$T/IT/store/lock"
flock 9
ends 3 'left out what must be logged' ph IT lookup d2.example d4.example d1.example
[ "$(cut -f1 "$T/out" | tr '\n' ' ')" = "d2.example d1.example " ] || fail "shown: $(cat "$T/out")"
ends 3 'left out what must be logged' \
    ph IT export --format stix --for internal --out "$T/out.json"
grep -q "$(uuid 3)" "$T/out.json" || fail "what needs no entry is not exported"
grep -q "$(uuid 4)\|$(uuid 14)\|$(uuid 16)" "$T/out.json" && fail "exported without an entry"
exec 9>&-
verified IT || fail "verify: $(cat "$T/IT.verify")"
say "without an entry it stays in"
