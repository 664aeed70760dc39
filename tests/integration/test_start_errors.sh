#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What a tired operator gets wrong at the start: each is refused in one line that says what to do.
. "$(dirname "$0")/lib.sh"

refuses "no home yet" 1 "posthorn init" "$posthornd" --home "$T/none"
new_home IT
refuses "no community yet" 1 "posthorn join" "$posthornd" --home "$T/IT"
refuses "init twice" 1 "initialised already" "$posthorn" --home "$T/IT" init --org IT --name X --country IT
ph IT community create TEST >/dev/null 2>&1 </dev/null || fail "community create"

chmod 644 "$T/IT/keys/node"
refuses "key file others can read" 5 "chmod 600" "$posthornd" --home "$T/IT"
chmod 600 "$T/IT/keys/node"
chmod 755 "$T/IT/keys"
refuses "keys directory others can read" 5 "chmod 700" "$posthornd" --home "$T/IT"
chmod 700 "$T/IT/keys"
mv "$T/IT/keys/node" "$T/node.away"
ln -s "$T/node.away" "$T/IT/keys/node"
refuses "key file is a symbolic link" 5 "symbolic link\|symlink" "$posthornd" --home "$T/IT"
rm "$T/IT/keys/node"
mv "$T/node.away" "$T/IT/keys/node"

cp "$T/IT/posthorn.conf" "$T/conf.good"
sed 's/^listen/lisen/' "$T/conf.good" >"$T/IT/posthorn.conf"
refuses "config typo" 1 'posthorn.conf:[0-9]*: unknown key "lisen"' "$posthornd" --home "$T/IT"
printf '[store]\nmax_size = 99999999999999999999G\n' >"$T/IT/posthorn.conf"
refuses "config number too large" 1 "posthorn.conf:2: max_size: expected" "$posthornd" --home "$T/IT"
printf 'listen here\n' >"$T/IT/posthorn.conf"
refuses "config line that is none" 1 "posthorn.conf:1: " "$posthornd" --home "$T/IT"
cp "$T/conf.good" "$T/IT/posthorn.conf"
chmod 666 "$T/IT/posthorn.conf"
refuses "config that others can write" 5 "chmod go-w" "$posthornd" --home "$T/IT"
chmod 640 "$T/IT/posthorn.conf"

start IT
refuses "second daemon on one store" 5 "${PID[IT]}" "$posthornd" --home "$T/IT"
PORT[CH]=${PORT[IT]}
"$posthorn" --home "$T/CH" init --org CH --name CH --country CH --listen "127.0.0.1:${PORT[IT]}" \
    >/dev/null 2>&1 </dev/null
ph CH community create OTHER >/dev/null 2>&1 </dev/null
refuses "port in use" 5 "${PORT[IT]}.*in use" "$posthornd" --home "$T/CH"
ph IT status >/dev/null || fail "the first daemon was disturbed"

stop IT KILL
[ -S "$T/IT/run/control" ] || fail "no stale socket to start over"
start IT
ph IT status >/dev/null || fail "no answer after a start over a stale socket"
say "a stale socket is taken over"
stop IT || fail "IT did not stop in order"

long=$T/$(printf 'x%.0s' $(seq 1 100))
mkdir "$long"
mv "$T/IT" "$long/IT"
refuses "path of the socket too long" 1 "107 bytes" "$posthornd" --home "$long/IT"
