#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The control socket: hostile tools get errors or the door, other users get nothing, and the daemon serves on.
. "$(dirname "$0")/lib.sh"

new_home IT
ph IT community create TEST >/dev/null 2>&1 </dev/null || fail "community create"
start IT
socket=$T/IT/run/control
tool() { python3 "$HERE/hostile_tool.py" "$socket" "$@" || fail "hostile_tool.py $1"; }
RSS_MAX=64
grep -q __asan_init "$posthornd" && RSS_MAX=600
serves() {
    ph IT status >/dev/null || fail "$1: no status any more"
    [ "$(rss_mb IT)" -lt "$RSS_MAX" ] || fail "$1: $(rss_mb IT) MB resident"
    say "$1"
}

[ "$(stat -c %a "$socket")" = 660 ] || fail "the socket's mode is $(stat -c %a "$socket")"
python3 "$HERE/hostile_tool.py" "$socket" half >"$T/half.out" &
half=$!
before=$(count IT records)
tool messages
[ "$(count IT records)" -eq "$before" ] || fail "a bad message stored something"
serves "messages that are no requests"
tool gone
serves "tools that leave early"
tool deaf
serves "a tool that does not read"

mkfifo "$T/hold"
python3 "$HERE/hostile_tool.py" "$socket" crowd 1000 <"$T/hold" >"$T/crowd.out" &
crowd=$!
exec 9>"$T/hold"
wait_for 20 grep -q "^held\|^FAIL" "$T/crowd.out"
grep -q "^held" "$T/crowd.out" || fail "crowd: $(cat "$T/crowd.out")"
code=0
timeout 20 "$posthorn" --home "$T/IT" status >"$T/out" 2>"$T/err" || code=$?
[ "$code" -eq 4 ] && grep -q "64" "$T/err" || fail "one more tool: exit $code: $(cat "$T/err")"
exec 9>&-
wait "$crowd" || fail "crowd: $(cat "$T/crowd.out")"
head -n 1 "$T/crowd.out"
serves "1,000 tools at once"

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    other=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    chmod 755 "$T" "$T/IT" "$T/IT/run"
    refuses "another user's tool" 5 "." "${other[@]}" "$posthorn" --home "$T/IT" status
    # Even where the modes are wrong, the peer's credentials decide.
    chmod 666 "$socket"
    cp "$HERE/hostile_tool.py" "$HERE/wire.py" "$T"
    "${other[@]}" /usr/bin/python3 "$T/hostile_tool.py" "$socket" denied || fail "denied"
    chmod 660 "$socket"
    serves "another user"
fi

wait "$half" || fail "half: $(cat "$T/half.out")"
cat "$T/half.out"
verified IT || fail "verify"
stop IT || fail "IT did not stop in order"
[ ! -e "$socket" ] || fail "the socket is left behind"
ph IT status >"$T/out" 2>&1 && grep -q "not running; start it: posthornd" "$T/out" ||
    fail "status without a daemon: $(cat "$T/out")"
# A file that is no socket is not removed.
echo precious >"$socket"
refuses "a file where the socket should be" 5 "control" "$posthornd" --home "$T/IT"
[ "$(cat "$socket")" = precious ] || fail "the file was overwritten"
