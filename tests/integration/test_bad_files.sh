#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Invites, drafts, requests, cards and key files that are missing, cut short, altered or somebody else's: a clear
# error that names the file, exit 1, and nothing stored.
. "$(dirname "$0")/lib.sh"
QUIET=1

# unchanged WHAT ORG : its holdings are as they were at the last `remember ORG`.
declare -A SEEN
remember() { SEEN[$1]=$(holdings "$1"); }
unchanged() { [ "$(holdings "$2")" = "${SEEN[$2]}" ] || fail "$1: something was stored"; }

# harmed KIND FILE ORG COMMAND… : the command on each way in which a file can be bad; @ stands for it. ORG's store stays.
# KIND: signed, or open for what has no signature that the command could check: there a bit may make another good one.
harmed() {
    local kind=$1 file=$2 org=$3 size n step
    shift 3
    local name
    name=$(basename "$file")
    bad() { # WHAT PATTERN
        refuses "$name: $1" 1 "$2" "${words[@]}"
        [ "$(grep -c '^posthorn' "$T/err")" -le 2 ] || fail "$name: $1: more than a line and a hint"
    }
    local words=("${@//@/$T/bad}")
    size=$(stat -c %s "$file")
    step=$((size / 40 + 1))
    remember "$org"
    rm -rf "$T/bad"
    bad "missing" "bad"
    : >"$T/bad"
    bad "empty" "bad"
    for ((n = 1; n < size; n += n < 8 || n > size - 4 ? 1 : step)); do
        head -c "$n" "$file" >"$T/bad"
        bad "cut to $n of $size bytes" "bad"
    done
    local bits=(0 1)
    [ "$kind" = open ] || bits+=(2 3 5 $((size / 3)) $((size / 2)) $((size - 70)) $((size - 1)))
    for n in "${bits[@]}"; do
        python3 -c 'import sys
b = bytearray(open(sys.argv[1], "rb").read()); b[int(sys.argv[3])] ^= 1; open(sys.argv[2], "wb").write(b)' \
            "$file" "$T/bad" "$n"
        bad "bit of byte $n" "bad"
    done
    { cat "$file"; printf x; } >"$T/bad"
    bad "a byte too many" "bad"
    head -c 5000 /dev/urandom >"$T/bad"
    bad "random" "bad"
    printf '\335\377\377\377\377' >"$T/bad"
    bad "array of 2^32" "bad"
    printf '\222\306\377\377\377\377' >"$T/bad"
    bad "string of 2^32" "bad"
    rm -f "$T/bad"
    truncate -s 80G "$T/bad"
    bad "80 GB of nothing" "bad"
    rm -f "$T/bad"
    mkfifo "$T/bad"
    bad "a pipe that nobody writes" "regular file"
    rm -f "$T/bad"
    mkdir "$T/bad"
    bad "a folder" "regular file\|directory"
    rmdir "$T/bad"
    unchanged "$name" "$org"
    say "$name: ${*:2}"
}

new_home IT
ph IT community create "TEST-ISAC" >/dev/null 2>&1 </dev/null || fail "community create"
new_home CH
new_home FR
harmed signed "$T/CH/CH.request" IT ph IT roster edit --add @ --out "$T/draft"
[ ! -e "$T/draft" ] || fail "a draft was written"
admit IT CH FR
ph IT roster edit --group all=IT,CH --out "$T/draft" >/dev/null || fail "roster edit"
harmed open "$T/draft" IT ph IT roster sign @
ph IT roster sign "$T/draft" >/dev/null || fail "roster sign"
harmed open "$T/draft" IT ph IT roster show @
harmed signed "$T/draft" IT ph IT roster apply @
mv "$T/draft" "$T/next"
for org in CH FR; do
    ph IT invite "$org" --out "$T/$org.invite" >/dev/null || fail "invite"
done
harmed signed "$T/CH.invite" CH ph CH join @

# Invites that are whole and signed, but not right.
remember CH
new_home XX
ph XX community create "OTHER" >/dev/null 2>&1 </dev/null || fail "another community"
admit XX CH
ph XX invite CH --out "$T/XX-CH.invite" >/dev/null || fail "invite of another community"
python3 - "$HERE" "$T" <<'PY' || fail "invites"
import os, sys
sys.path.insert(0, sys.argv[1])
import wire
t = sys.argv[2]
def write(name, change):
    invite = wire.Invite(t + "/CH.invite")
    change(invite)
    with open(f"{t}/{name}.invite", "wb") as f:
        f.write(invite.encode(t + "/IT"))
other = wire.Invite(t + "/XX-CH.invite")
def swap_chain(i): i.rosters = other.rosters
def swap_id(i): i.community = other.community
def swap_both(i): i.rosters, i.community = other.rosters, other.community
def swap_cards(i): i.cards = other.cards
def expire(i): i.expires = wire.now_ms() - 1000
def no_cards(i): i.cards = []
def no_chain(i): i.rosters = []
def no_genesis(i): i.rosters = i.rosters[1:]
def backwards(i): i.rosters = i.rosters[::-1]
def for_other(i): i.org = "FR"
def by_other(i): i.inviter = wire.load_key(t + "/FR", "node")[0]
for change in (swap_chain, swap_id, swap_both, swap_cards, expire, no_cards, no_chain, no_genesis, backwards, for_other,
               by_other):
    write(change.__name__, change)
write("same", lambda i: None)
assert open(t + "/same.invite", "rb").read() == open(t + "/CH.invite", "rb").read(), "wire.py encodes differently"
PY
while read -r name says; do
    refuses "$name" 1 "$says" ph CH join "$T/$name.invite"
    grep -q "$name.invite" "$T/err" || fail "$name: the file is not named: $(cat "$T/err")"
done <<'END'
swap_chain .
swap_id .
swap_both .
swap_cards .
expire expired at 20
no_cards on no card
no_chain .
no_genesis .
backwards .
for_other for FR
by_other signature
END
refuses "invite for another organisation" 1 "for FR, and this is CH" ph CH join "$T/FR.invite"
unchanged "invites" CH
say "invites: edited, swapped, expired, for another: refused, nothing stored"

# The right one still does it; once.
ph CH join "$T/CH.invite" >"$T/join.out" 2>&1 || fail "join: $(cat "$T/join.out")"
grep -q "Fingerprint" "$T/join.out" || fail "join shows no fingerprint"
refuses "join again" 1 "in a community already" ph CH join "$T/CH.invite"

# A draft that lacks signatures, is old, or belongs to another community.
ph IT roster edit --group other=IT,FR --out "$T/unsigned" >/dev/null || fail "roster edit"
refuses "unsigned draft" 1 "signature" ph IT roster apply "$T/unsigned"
ph IT roster apply "$T/next" >/dev/null || fail "roster apply"
ph IT roster apply "$T/next" >/dev/null || fail "the same draft again: nothing to do is no error"
ph XX roster edit --group other=XX,CH --out "$T/foreign" >/dev/null || fail "roster edit"
ph XX roster sign "$T/foreign" >/dev/null || fail "roster sign"
remember IT
refuses "draft of another community" 1 "." ph IT roster apply "$T/foreign"
refuses "sign a draft of another community" 1 "." ph FR roster sign "$T/foreign"
unchanged "drafts" IT
say "drafts: unsigned, old, foreign: refused"

# The node's own files.
QUIET=1
for key in store node transport "$(basename "$T"/CH/keys/reading-*)"; do
    cp -a "$T/CH/keys/$key" "$T/key"
    : >"$T/CH/keys/$key"
    refuses "keys/$key empty" 5 "keys/$key" "$posthornd" --home "$T/CH"
    head -c 40 "$T/key" >"$T/CH/keys/$key"
    refuses "keys/$key cut" 5 "keys/$key" "$posthornd" --home "$T/CH"
    head -c 150 /dev/urandom >"$T/CH/keys/$key"
    refuses "keys/$key random" 5 "keys/$key" ph CH ls
    rm "$T/CH/keys/$key"
    mv "$T/key" "$T/CH/keys/$key"
done
cp -a "$T/IT/keys/transport" "$T/CH/keys/transport"
refuses "another home's key" 1 "keys/transport" "$posthornd" --home "$T/CH"
say "key files: empty, cut, random, another home's: refused by name"
