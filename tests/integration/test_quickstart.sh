#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# tools/quickstart does what it says and leaves nothing: twice at once, from elsewhere, without HOME and with
# standard input closed; and also when a daemon does not start, and when it is interrupted.
. "$(dirname "$0")/lib.sh"

quick=$PH_SOURCE_DIR/tools/quickstart
mkdir "$T/tmp" "$T/elsewhere"
cd "$T/elsewhere" || exit 1

# quickstart OUT [WORD…] : in the environment of nobody in particular.
quickstart() {
    local out=$1
    shift
    env -u HOME -u POSTHORN_HOME TMPDIR="$T/tmp" PH_BIN_DIR="${BIN:-$PH_BIN_DIR}" \
        timeout 120 "$quick" "$@" >"$out" 2>&1 <&-
}

# What runs with its working directory in ours: the daemons of a quick start.
left_running() {
    local cwd
    for cwd in /proc/[0-9]*/cwd; do
        case $(readlink "$cwd" 2>/dev/null) in
        "$T/tmp"/*) echo "$cwd" ;;
        esac
    done
}
nothing_left() {
    local running left
    running=$(left_running)
    [ -z "$running" ] || fail "$1: still running: $running"
    left=$(find "$T/tmp" "$T/elsewhere" -mindepth 1)
    [ -z "$left" ] || fail "$1: left $left"
}

quickstart "$T/first" &
first=$!
quickstart "$T/second" || fail "quick start: $(tail -n 20 "$T/second")"
wait "$first" || fail "a second one at the same time: $(tail -n 20 "$T/first")"
for out in "$T/first" "$T/second"; do
    grep -q '^CH finds the last of them [0-9]* ms after the import ended' "$out" || fail "no time of arrival: $(tail -n 30 "$out")"
    grep -q '^== Done in ' "$out" || fail "no end in $out"
done
nothing_left "two at once"
say "two at once pass and leave nothing"

refuses "an unknown word" 2 "usage:" "$quick" --kepe
nothing_left "an unknown word"

BIN=$T/bin
mkdir "$BIN"
ln -s "$PH_BIN_DIR/posthorn" "$BIN/posthorn"
printf '#!/bin/sh\necho "no such luck" >&2\nexit 5\n' >"$BIN/posthornd"
chmod +x "$BIN/posthornd"
quickstart "$T/broken" && fail "passes with a daemon that does not start"
grep -q 'quickstart: posthornd --home it has ended' "$T/broken" || fail "does not say what failed: $(tail -n 5 "$T/broken")"
grep -q 'no such luck' "$T/broken" || fail "does not show the daemon's last words"
nothing_left "a daemon that does not start"
say "a daemon that does not start fails it, in words, and leaves nothing"

# Kept, to look around in it: only the daemons go.
BIN=
quickstart "$T/kept" --keep || fail "--keep: $(tail -n 5 "$T/kept")"
kept=$(sed -n 's/^Kept: //p' "$T/kept")
[ -f "$kept/it/store/data.mdb" ] || fail "--keep keeps nothing at \"$kept\""
[ -z "$(left_running)" ] || fail "--keep: still running"
rm -rf "$kept"
say "--keep leaves the homes"

TMPDIR="$T/tmp" "$quick" >"$T/interrupted" 2>&1 </dev/null &
PID[quick]=$! # stop() reads it
wait_for 30 grep -q 'posthornd --home fr' "$T/interrupted"
stop quick TERM && fail "exits 0 when it is interrupted"
nothing_left "interrupted"
say "interrupted, it leaves nothing"
