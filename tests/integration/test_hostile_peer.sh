#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Strangers at the peer port: no byte for them, no memory to speak of, and nobody else notices.
. "$(dirname "$0")/lib.sh"

hostile() { python3 "$HERE/hostile.py" "$@" || fail "hostile.py $1"; }
# undisturbed WHAT : IT's session with CH has lived on, and carries records.
undisturbed() {
    canary IT CH
    kill -0 "${PID[IT]}" || fail "$1: the daemon died"
    grep -q 'event="session down" org=CH' "$T/IT.log" && fail "$1: a session went down"
    [ "$(rss_mb IT)" -lt "$RSS_MAX" ] || fail "$1: $(rss_mb IT) MB resident"
    say "$1"
}

RSS_MAX=48
grep -q __asan_init "$posthornd" && RSS_MAX=600
new_community IT CH FR
new_home XX
ph XX community create OTHER >/dev/null 2>&1 </dev/null || fail "another community"
new_home YY
admit XX YY
join XX YY
start IT && start CH && start FR
wait_for 20 connected IT CH
wait_for 20 connected IT FR # IT has its card from now on
stop FR || fail "FR did not stop in order"
port=${PORT[IT]}

hostile junk "$port"
undisturbed "random bytes, TLS, SSH, HTTP: not a byte back"

# FR's node does not run: whoever calls with its key has stolen it.
hostile strangers "$port" "$T/IT" "$T/FR" "$T/YY.invite"
grep -q 'event="connection refused".*phtran1' "$T/IT.log" || fail "the log does not name the unknown key"
undisturbed "no members, wrong community, wrong time: not a byte back"

python3 "$HERE/hostile.py" stall "$port" "$T/IT" "$T/FR" >"$T/stall.out" &
stalling=$!
sleep 1
canary IT CH
wait "$stalling" || fail "stall: $(cat "$T/stall.out")"
cat "$T/stall.out"
undisturbed "handshakes that stall at each byte: closed at 5 s"

python3 "$HERE/hostile.py" idle "$port" 2000 5 >"$T/idle.out" &
idling=$!
wait_for 20 grep -q "^held" "$T/idle.out"
undisturbed "2,000 callers that say nothing"
grep -q 'event="connections turned away".*cap=per-address' "$T/IT.log" || fail "no line about the cap"
wait "$idling" || fail "idle: $(cat "$T/idle.out")"
cat "$T/idle.out"

python3 "$HERE/hostile.py" storm "$port" 4 >"$T/storm.out" &
storming=$!
wait_for 10 grep -q "^begun" "$T/storm.out"
canary IT CH
wait "$storming" || fail "storm: $(cat "$T/storm.out")"
cat "$T/storm.out"
undisturbed "a storm of callers"
[ "$(wc -l <"$T/IT.log")" -lt 2000 ] || fail "the log grew to $(wc -l <"$T/IT.log") lines"

# A removed member's key, from the moment the roster is in force.
node=$(sed -n 's/.*event="session up" org=CH node=\(phnode1[a-z0-9]*\).*/\1/p' "$T/IT.log" | head -n 1)
[ -n "$node" ] || fail "no session up in the log"
{ ph IT roster edit --remove CH --reason "test" --out "$T/draft" && ph IT roster sign "$T/draft" &&
    ph IT roster apply "$T/draft"; } >"$T/remove.out" 2>&1 || fail "removal: $(cat "$T/remove.out")"
wait_for 5 grep -q "event=\"session down\".*$node" "$T/IT.log"
stop CH KILL || true
lines=$(wc -l <"$T/IT.log")
hostile refused "$port" "$T/IT" "$T/CH"
tail -n +$((lines + 1)) "$T/IT.log" | grep -q "event=\"connection refused\".*$node" ||
    fail "the log does not name the removed member's key"
say "removed member: session ended, then not a byte back, and the log names its key"
start CH
sleep 2
connected IT CH && fail "the removed member is connected"
stop IT || fail "IT did not stop in order"
