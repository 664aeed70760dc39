#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Ends: SIGTERM under load drains in under five seconds, SIGKILL while publishing loses nothing that was acknowledged.
. "$(dirname "$0")/lib.sh"

ROUNDS=8
[ -n "${PH_FULL:-}" ] && ROUNDS=50
RANDOM=${PH_SEED:-77}

# stops_in MS ORG SIGNAL CODE
stops_in() {
    local began code=0 took
    began=$(date +%s%N)
    stop "$2" "$3" || code=$?
    took=$((($(date +%s%N) - began) / 1000000))
    [ "$code" -eq "$4" ] || fail "$2: exit $code after SIG$3"
    [ "$took" -lt "$1" ] || fail "$2: $took ms after SIG$3"
    say "$2: SIG$3, exit $code after $took ms"
}

all_found() { [ "$(ph IT lookup --json <"$T/acknowledged" | wc -l)" -ge "$(wc -l <"$T/acknowledged")" ]; }

new_community IT CH
start IT && start CH
wait_for 20 connected IT CH
stops_in 1500 CH TERM 0
grep -q 'event=stopped' "$T/CH.log" || fail "no last word in the log"
start CH
stops_in 1500 CH INT 0
start CH
kill -HUP "${PID[CH]}"
wait_for 5 grep -q 'event="configuration reloaded"' "$T/CH.log"

stop CH && stop IT || fail "not stopped in order"

: >"$T/acknowledged"
for ((round = 1; round <= ROUNDS; round++)); do
    start IT
    rm -f "$T/enough"
    ( # goes on a little without the daemon: then the tool writes by itself
        for ((i = 1; i < 2000; i++)); do
            [ ! -e "$T/enough" ] || exit 0
            name="kill-$round-$i.example"
            ph IT publish --tlp GREEN --to community indicator domain "$name" >/dev/null 2>&1 &&
                echo "$name" >>"$T/acknowledged"
        done
    ) &
    publishing=$!
    sleep "0.$(printf %03d $((100 + RANDOM % 500)))"
    stop IT KILL
    sleep 0.05
    touch "$T/enough"
    wait "$publishing"
    verified IT || fail "round $round: verify: $(cat "$T/IT.verify")"
done
start IT
n=$(wc -l <"$T/acknowledged")
[ "$n" -ge "$ROUNDS" ] || fail "only $n acknowledged: this shows nothing"
wait_for 10 all_found
say "$ROUNDS kills while publishing: all of $n acknowledged are there"
start CH

# While a tool imports here and a peer fetches there.
indicators 20000 load >"$T/bundle.json"
ph IT import --single --tlp GREEN --to community "$T/bundle.json" >"$T/import.out" 2>"$T/import.err" &
importing=$!
wait_for 30 at_least IT objects $((n + 2000))
stops_in 5000 CH TERM 0
stops_in 5000 IT TERM 0
code=0
wait "$importing" || code=$?
[ "$code" -eq 4 ] || fail "the tool whose daemon stopped: exit $code: $(cat "$T/import.err")"
stored=$(sed -n 's/.*: \([0-9]*\) objects were stored before that.*/\1/p' "$T/import.err")
wait_for 10 verified IT
wait_for 10 verified CH
start IT
wait_for 20 at_least IT objects "${stored:-0}"
say "stopped in the middle: ${stored:-0} acknowledged, $(count IT objects) there"

# The same import goes on where it was.
ph IT import --single --tlp GREEN --to community "$T/bundle.json" >"$T/import.out" 2>&1 || fail "import again: $(cat "$T/import.out")"
wait_for 20 at_least IT objects 20000
start CH
wait_for 60 at_least CH objects 20000
say "imported again, and caught up"
stop CH || fail "CH did not stop in order"

# A second signal does not wait.
indicators 20000 second >"$T/bundle.json"
ph IT import --single --tlp GREEN --to community "$T/bundle.json" >/dev/null 2>&1 &
importing=$!
sleep 0.3
kill -TERM "${PID[IT]}"
sleep 0.01
code=0
stop IT TERM || code=$?
[ "$code" -le 1 ] || [ "$code" -eq 143 ] || fail "exit $code after two signals"
wait "$importing"
wait_for 10 verified IT
