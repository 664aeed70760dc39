#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Passphrases: wrong, empty, too long, from a pipe, at a prompt, and Ctrl-C there. Each wrong one is refused in one
# line and changes nothing, so that the right one still does what it is for.
. "$(dirname "$0")/lib.sh"

printf 'the right passphrase\n' >"$T/right"
printf 'another one\n' >"$T/wrong"
printf '\nsecond line\n' >"$T/empty"
head -c 1048576 /dev/zero | tr '\0' p >"$T/long"
head -c 1024 /dev/zero | tr '\0' p >"$T/longest"

PORT[IT]=$(free_port)
init=(init --org IT --name "Post" --country IT --listen "127.0.0.1:${PORT[IT]}")
refuses "init with a passphrase of 1 MB" 1 "over 1,024 bytes" ph IT "${init[@]}" --passphrase-file "$T/long"
refuses "init with an empty one" 1 "empty first line" ph IT "${init[@]}" --passphrase-file "$T/empty"
refuses "init with a file that is not there" 1 "none.*No such file" ph IT "${init[@]}" --passphrase-file "$T/none"
[ ! -e "$T/IT/keys/org" ] || fail "a refused init made a key"
ph IT "${init[@]}" --passphrase-file "$T/right" >/dev/null 2>&1 </dev/null || fail "init"

# The organisation key is needed for the first card: nothing of the community is made before it opens.
one_line() { [ "$(grep -vc hint "$T/err")" -eq 1 ] || fail "more than one line: $(cat "$T/err")"; }
before=$(holdings IT)
refuses "found with a wrong passphrase" 3 "wrong passphrase" ph IT community create A --passphrase-file "$T/wrong"
one_line
refuses "found without one" 3 "passphrase-file" ph IT community create A
one_line
refuses "found with an empty one" 1 "empty first line" ph IT community create A --passphrase-file "$T/empty"
one_line
[ "$(holdings IT)" = "$before" ] || fail "a wrong passphrase left something"
ph IT community create A --passphrase-file <(cat "$T/right") >"$T/out" 2>&1 </dev/null ||
    fail "found with the right one from a pipe: $(cat "$T/out")"
say "founded with the right one, from a pipe"

PORT[CH]=$(free_port)
ph CH init --org CH --name "Post" --country CH --passphrase-file "$T/longest" >/dev/null 2>&1 </dev/null ||
    fail "init with 1,024 bytes"
ph IT roster edit --add "$T/CH/CH.request" --out "$T/draft" >/dev/null || fail "roster edit"
before=$(sha256sum <"$T/draft")
refuses "sign with a wrong passphrase" 3 "wrong passphrase" ph IT roster sign "$T/draft" --passphrase-file "$T/wrong"
one_line
refuses "sign without one" 3 "locked" ph IT roster sign "$T/draft"
[ "$(sha256sum <"$T/draft")" = "$before" ] || fail "the draft was changed"
ph IT roster sign "$T/draft" --passphrase-file "$T/right" >/dev/null || fail "sign"
ph IT roster apply "$T/draft" >/dev/null || fail "apply"
ph IT invite CH --out "$T/CH.invite" >/dev/null || fail "invite"
before=$(holdings CH)
refuses "join with a wrong passphrase" 3 "wrong passphrase" ph CH join "$T/CH.invite" --passphrase-file "$T/right"
one_line
[ "$(holdings CH)" = "$before" ] || fail "a wrong passphrase left something"
ph CH join "$T/CH.invite" --passphrase-file "$T/longest" >/dev/null 2>"$T/err" || fail "join: $(cat "$T/err")"
say "joined with the right one, of 1,024 bytes"

refuses "a person without one" 3 "needs a passphrase" ph IT person add alice --name "Alice" \
    --org-passphrase-file "$T/right"
refuses "a person, organisation's wrong" 3 "wrong passphrase" ph IT person add alice --name "Alice" \
    --org-passphrase-file "$T/wrong" --passphrase-file "$T/right"
one_line
[ ! -e "$T/IT/keys/person-alice" ] || fail "a wrong passphrase left a person's key"
ph IT person add alice --name "Alice" --org-passphrase-file "$T/right" --passphrase-file "$T/wrong" >/dev/null ||
    fail "person add"
say "a person with one of their own"

# prompted WHAT CODE PATTERN KEYS COMMAND…
prompted() {
    local what=$1 code=$2 pattern=$3 got=0
    shift 3
    python3 "$HERE/prompt.py" "$@" >"$T/tty" 2>&1 || got=$?
    [ "$got" -eq "$code" ] && grep -q -- "$pattern" "$T/tty" || fail "$what: exit $got, not $code: $(cat "$T/tty")"
    say "$what"
}
FR=("$posthorn" --home "$T/FR" init --org FR --name "Post" --country FR)
prompted "Ctrl-C at the prompt" 130 "New passphrase" ^C "${FR[@]}"
prompted "Ctrl-C at the second prompt" 130 "Once more" secret-one,^C "${FR[@]}"
prompted "end of file at the prompt" 1 "no passphrase" ^D "${FR[@]}"
prompted "two that differ" 3 "differ" secret-one,secret-two "${FR[@]}"
[ ! -e "$T/FR/keys" ] || fail "an interrupted init left something"
prompted "two that agree" 0 "is ready" secret-one,secret-one "${FR[@]}"
prompted "wrong at the prompt" 3 "wrong passphrase" secret-two \
    "$posthorn" --home "$T/FR" community create B
prompted "Ctrl-C at the organisation's prompt" 130 "organisation key" ^C \
    "$posthorn" --home "$T/FR" community create B
prompted "right at the prompt" 0 "." secret-one,steward-one,steward-one "$posthorn" --home "$T/FR" community create B
