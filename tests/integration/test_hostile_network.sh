#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Whoever sits on the line: replays the first message, cuts, stalls, alters, reorders and drops. The session ends,
# the peer is called again, and the set heals.
. "$(dirname "$0")/lib.sh"

N=1500
VIA[IT]=$(free_port)
SILENT[CH]=1
new_community IT CH FR
start IT
start_proxy "${VIA[IT]}" "${PORT[IT]}" pass
start FR # its card reaches IT by its own call; from then on IT calls it
wait_for 20 connected IT FR
stop_proxy
wait_for 20 connected IT FR

# harmed WHAT FAULT… : CH's calls meet these one after the other; it is killed and started until all were met, and
# with the line whole again it has everything.
harmed() {
    local what=$1 faults=$(($# - 1)) tries=0
    shift
    rm -f "$T/proxy.out"
    start_proxy "${VIA[IT]}" "${PORT[IT]}" "$@" pass
    while [ "$(grep -c open "$T/proxy.out")" -le "$faults" ]; do
        [ $((tries++)) -lt $((faults * 2 + 3)) ] || fail "$what: $(cat "$T/proxy.out")"
        start CH
        sleep 0.45
        stop CH KILL || true
    done
    [ "$(grep -c fault "$T/proxy.out")" -ge "$faults" ] ||
        fail "$what: not each fault was met: $(cat "$T/proxy.out")"
    start CH
    wait_for 40 at_least CH objects "$N"
    wait_for 20 verified CH
    say "$what: $faults faults, healed"
    stop CH || fail "CH did not stop in order"
    stop_proxy
}

# Message 1 is taken off the line and never delivered: whoever has it gets message 2 and no further.
mkdir "$T/first" "$T/second"
start_proxy --save "$T/first" "${VIA[IT]}" "${PORT[IT]}" cut:up:0
start CH
wait_for 10 grep -q closed "$T/proxy.out"
stop CH KILL || true
stop_proxy
sleep 0.3
before=$(store_hash IT)
python3 "$HERE/hostile.py" replay "${PORT[IT]}" "$T/first/0.up" 50 || fail "replay of an undelivered message"
connected IT CH && fail "a replay made a session"
[ "$(store_hash IT)" = "$before" ] || fail "a replay was written to the store"
say "a stolen first message leads to no session and no write"

start_proxy --save "$T/second" "${VIA[IT]}" "${PORT[IT]}" pass
start CH
wait_for 20 connected IT CH
stop CH || fail "CH did not stop in order"
stop_proxy
sleep 0.5
before=$(store_hash IT)
for file in "$T/first/0.up" "$T/second/0.up"; do
    python3 "$HERE/hostile.py" replay "${PORT[IT]}" "$file" || fail "replay to the same node"
    python3 "$HERE/hostile.py" replay "${PORT[FR]}" "$file" || fail "replay to another node"
done
connected IT CH && fail "a replay made a session"
[ "$(store_hash IT)" = "$before" ] || fail "a replay was written to the store"
stop FR || fail "FR did not stop in order" # or CH would fetch from it what the faults keep away
say "a first message again, to the same node and to another: not a byte, no session, no write"

# Slower than a handshake may be, though it never stops.
rm -f "$T/proxy.out"
start_proxy "${VIA[IT]}" "${PORT[IT]}" dribble:up:40
began=$(date +%s%N)
start CH
wait_for 12 grep -q '^0 closed' "$T/proxy.out"
took=$((($(date +%s%N) - began) / 1000000))
[ "$took" -gt 4000 ] && [ "$took" -lt 7500 ] || fail "dribble: closed after $took ms"
wait_for 5 grep -q 'reason=timeout' "$T/IT.log"
say "dribble: closed after $took ms"
stop CH KILL || true
stop_proxy

# Called again by itself: no restart here.
rm -f "$T/proxy.out"
start_proxy "${VIA[IT]}" "${PORT[IT]}" cut:down:49 cut:down:60 pass
start CH
wait_for 30 connected IT CH
[ "$(grep -c fault "$T/proxy.out")" -eq 2 ] || fail "cut: $(cat "$T/proxy.out")"
say "cut twice, called again"
stop CH KILL || true
stop_proxy

indicators "$N" >"$T/bundle.json"
ph IT import --single --tlp GREEN --to community "$T/bundle.json" >/dev/null || fail "import"
harmed "cut on the way down" cut:down:{0,1,2,3,25,49,50,51,52,53,60,69,90,300,1000,3000,9000,30000,70000}
grep -q 'reason=truncated' "$T/IT.log" "$T/CH.log" || fail "no line says truncated"
harmed "cut on the way up" cut:up:{0,1,2,3,34,81,82,100,200,600,700,760}

indicators "$N" more >"$T/bundle.json"
ph IT import --single --tlp GREEN --to community "$T/bundle.json" >/dev/null || fail "import"
N=$((2 * N))
harmed "bits flipped" flip:down:{0,1,2,20,45,52,60,72,150,400,2000,9000,40000} \
    flip:up:{0,1,5,40,70,100,400,700}
grep -q 'reason=forged' "$T/CH.log" || fail "CH's log has no forged"

indicators "$N" third >"$T/bundle.json"
ph IT import --single --tlp GREEN --to community "$T/bundle.json" >/dev/null || fail "import"
N=$((2 * N))
harmed "messages dropped, moved, doubled" {drop,swap,double}:down:{1,2,3,4} {drop,swap,double}:up:{1,2,3}
[ "$(count IT records)" -eq "$(count CH records)" ] || fail "IT and CH hold different numbers of records"
wait_for 20 verified IT
stop IT || fail "IT did not stop in order"
