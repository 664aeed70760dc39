#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The receiver is killed with -9 at random moments while it catches up: never a corrupt store, always complete
# in the end. 15 times in CI, 50 with PH_FULL=1.
. "$(dirname "$0")/lib.sh"

ROUNDS=15
[ -n "${PH_FULL:-}" ] && ROUNDS=50
N=3000
RANDOM=${PH_SEED:-4242}
new_community IT CH
start IT
for ((round = 1; round <= ROUNDS; round++)); do
    # New single-object records each round, so that there is a transfer to interrupt.
    indicators $N "round$round" >"$T/bundle.json"
    ph IT import --single --tlp GREEN --to community "$T/bundle.json" >/dev/null || fail "import $round"
    "$posthornd" --home "$T/CH" 2>>"$T/CH.log" </dev/null &
    PID[CH]=$!
    sleep "0.$(printf %03d $((RANDOM % 700)))"
    stop CH KILL
    ph CH verify >"$T/CH.verify" 2>&1 || fail "round $round: verify: $(cat "$T/CH.verify")"
done
say "$ROUNDS kills, verify clean after each"
start CH
wait_for 120 at_least CH objects $((ROUNDS * N))
wait_for 20 verified CH
[ "$(count IT records)" -eq "$(count CH records)" ] || fail "IT and CH hold different numbers of records"
say "complete in the end: $(count CH objects) objects"
