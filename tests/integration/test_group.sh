#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# AMBER to a group of two: both find it, the third member holds and learns nothing of it; and no plain text of
# a sealed record is in any store or on the wire.
. "$(dirname "$0")/lib.sh"

capture=
if [ "$(id -u)" = 0 ] && command -v tcpdump >/dev/null; then
    tcpdump -i lo -U -w "$T/wire.pcap" "tcp" >/dev/null 2>"$T/tcpdump.err" &
    capture=$!
    wait_for 10 grep -q listening "$T/tcpdump.err"
fi

EDIT="--group alps=IT,CH" new_community IT CH FR
start IT && start CH && start FR
wait_for 20 connected IT CH
wait_for 20 connected IT FR

ph IT import --tlp GREEN --to community "$PH_SOURCE_DIR/tests/data/stix/poisonivy.json" ||
    fail "import of the bundle"
sed -n '2,60p' "$PH_SOURCE_DIR/tests/data/domains/phishing-postal.csv" | cut -d, -f1 >"$T/domains.txt"
ph IT import --tlp AMBER --to group:alps "$T/domains.txt" || fail "import of the list"
ph IT publish --tlp AMBER --to group:alps indicator domain canary-of-the-group.example \
    --note "plain-canary-text" || fail "publish"

wait_for 20 found CH canary-of-the-group.example
say "the second member of the group finds it"
# Each domain of the list, in one call.
[ "$(ph CH lookup --json <"$T/domains.txt" | grep -o '"value":"[^"]*"' | sort -u | wc -l)" -eq \
    "$(sort -u "$T/domains.txt" | wc -l)" ] || fail "CH does not find the whole list"

# The bundle has reached the third member, so whatever was to come has had its chance.
bundle_at_fr() { [ "$(ph FR ls --json --tlp GREEN | wc -l)" -ge 1 ]; }
wait_for 20 bundle_at_fr
sleep 1
ph FR lookup canary-of-the-group.example && fail "FR finds the group's record"
ph FR lookup <"$T/domains.txt" && fail "FR finds the group's list"
[ -z "$(ph FR ls --json --all --tlp AMBER)" ] || fail "FR holds an AMBER record"
ph IT ls --json --all --tlp AMBER | grep -o '"record":"[0-9a-f]*"' | cut -d'"' -f4 >"$T/ids"
[ -s "$T/ids" ] || fail "IT lists no AMBER record"
while read -r id; do
    ph FR show "$id" >/dev/null 2>&1 && fail "FR knows the id $id"
    python3 - "$id" "$T/FR/store/data.mdb" <<'PY' || fail "the id $id is in FR's store file"
import sys
sys.exit(bytes.fromhex(sys.argv[1]) in open(sys.argv[2], "rb").read())
PY
done <"$T/ids"
say "the third holds neither body nor id"

for org in IT CH FR; do
    wait_for 10 verified "$org"
    stop "$org" || fail "$org did not stop in order"
done
if [ -n "$capture" ]; then
    sleep 0.5
    kill "$capture"
    wait "$capture" 2>/dev/null
    [ "$(stat -c %s "$T/wire.pcap")" -gt 10000 ] || fail "the capture is empty"
fi
# Words of each: the canary, its note, a listed domain, and names out of the bundle.
for word in canary-of-the-group plain-canary-text "$(head -n 1 "$T/domains.txt")" 'Poison Ivy' \
    admin@338 menuPass; do
    for file in "$T"/*/store/data.mdb "$T/wire.pcap"; do
        [ -f "$file" ] || continue
        grep -aqF -- "$word" "$file" && fail "\"$word\" is in plain in $file"
    done
done
say "no plain text in any store${capture:+ or in the capture}"
