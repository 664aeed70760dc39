#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# A node is stopped, 10,000 objects are imported elsewhere, it starts again and catches up by itself.
. "$(dirname "$0")/lib.sh"

N=10000
new_community IT CH FR
start IT && start CH && start FR
wait_for 20 connected IT CH
stop CH || fail "CH did not stop in order"
indicators $N >"$T/bundle.json"
ph IT import --tlp GREEN --to community "$T/bundle.json" || fail "import"
wait_for 60 at_least FR objects $N
start CH
wait_for 60 at_least CH objects $N
found CH "host-1.example" || fail "the first is missing"
found CH "host-$N.example" || fail "the last is missing"
say "caught up by itself"

# The same file again stores nothing new, here and (as nothing travels) nowhere else.
before=$(count IT records)
ph IT import --tlp GREEN --to community "$T/bundle.json" >"$T/again.out" || fail "second import"
[ "$(count IT records)" -eq "$before" ] || fail "the second import stored something"
say "the same file again stores nothing"
for org in IT CH FR; do
    wait_for 20 verified "$org"
done
say "verify is clean on all"
