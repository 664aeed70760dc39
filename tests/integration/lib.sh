# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the integration tests share: real daemons on loopback, in a directory of their own that goes away,
# with every process stopped, however the test ends.
#
#   . "$(dirname "$0")/lib.sh"
#   new_community IT CH FR          # homes $T/IT …, joined, not started
#   start IT; start CH
#   wait_for 10 found CH some.example
set -u

: "${PH_BIN_DIR:?the directory of posthorn and posthornd}"
: "${PH_SOURCE_DIR:?the source directory}"
posthorn=$PH_BIN_DIR/posthorn
posthornd=$PH_BIN_DIR/posthornd
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
T=$(mktemp -d "${TMPDIR:-/tmp}/posthorn-test.XXXXXX")
declare -A PID PORT
declare -A VIA    # VIA[ORG]=PORT: the card says that port instead, of a proxy
declare -A SILENT # SILENT[ORG]=1: takes no calls, only dials
export POSTHORN_HOME=

cleanup() {
    local code=$?
    exec 3>&2 2>/dev/null # the shell's own words on killed jobs
    for org in "${!PID[@]}"; do
        kill -9 "${PID[$org]}"
    done
    jobs -p | xargs -r kill -9 # what else the test began
    wait
    exec 2>&3
    if [ "$code" -ne 0 ] && [ -n "${PH_KEEP:-}" ]; then
        echo "kept: $T" >&2
    else
        rm -rf "$T"
    fi
    exit "$code"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

fail() {
    echo "FAIL: $*" >&2
    for log in "$T"/*.log; do
        [ -f "$log" ] && { echo "--- $log" >&2; tail -n 15 "$log" >&2; }
    done
    exit 1
}

say() { echo "ok: $*"; }

# ph ORG ARGUMENT… : the tool on that organisation's home.
ph() {
    local org=$1
    shift
    "$posthorn" --home "$T/$org" "$@"
}

# A port that nobody listens on now; the kernel picks from below its own range for outgoing calls.
free_port() {
    local port
    while :; do
        port=$((10000 + RANDOM % 20000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
    done
}

# new_home ORG : keys and an empty store.
new_home() {
    local words=()
    PORT[$1]=$(free_port)
    [ -n "${SILENT[$1]:-}" ] || words+=(--listen "127.0.0.1:${PORT[$1]}")
    [ -z "${VIA[$1]:-}" ] || words+=(--address "127.0.0.1:${VIA[$1]}")
    ph "$1" init --org "$1" --name "Post of $1" --country IT "${words[@]}" \
        >"$T/$1.init" 2>&1 </dev/null || fail "init $1: $(cat "$T/$1.init")"
}

# admit FOUNDER ORG… : onto the roster, in one signed step; EDIT holds more words for `roster edit`.
admit() {
    local founder=$1 org adds=()
    shift
    for org in "$@"; do
        adds+=(--add "$T/$org/$org.request")
    done
    { ph "$founder" roster edit "${adds[@]}" ${EDIT:-} --out "$T/draft" &&
        ph "$founder" roster sign "$T/draft" && ph "$founder" roster apply "$T/draft"; } \
        >"$T/roster.out" 2>&1 </dev/null || fail "roster: $(cat "$T/roster.out")"
}

# join FOUNDER ORG
join() {
    { ph "$1" invite "$2" --out "$T/$2.invite" && ph "$2" join "$T/$2.invite"; } \
        >"$T/$2.join" 2>&1 </dev/null || fail "join $2: $(cat "$T/$2.join")"
}

# new_community FOUNDER ORG… : all joined, none started.
new_community() {
    local founder=$1 org
    new_home "$founder"
    ph "$founder" community create "TEST-ISAC" >"$T/create.out" 2>&1 </dev/null ||
        fail "community create: $(cat "$T/create.out")"
    shift
    for org in "$@"; do
        new_home "$org"
    done
    admit "$founder" "$@"
    for org in "$@"; do
        join "$founder" "$org"
    done
}

# start ORG : its daemon, ready when this returns. Logs to $T/ORG.log.
start() {
    local lines=0
    [ -f "$T/$1.log" ] && lines=$(wc -l <"$T/$1.log")
    "$posthornd" --home "$T/$1" 2>>"$T/$1.log" </dev/null &
    PID[$1]=$!
    wait_for 20 ready_after "$1" "$lines"
}
ready_after() { tail -n +$(($2 + 1)) "$T/$1.log" | grep -q 'event=ready'; }

# stop ORG [SIGNAL] : and its exit code.
stop() {
    local code=0
    kill "-${2:-TERM}" "${PID[$1]}" 2>/dev/null
    wait "${PID[$1]}" 2>/dev/null || code=$?
    unset "PID[$1]"
    return "$code"
}

# wait_for SECONDS COMMAND… : until it succeeds.
wait_for() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -ge "$deadline" ] && fail "not in time: $*"
        sleep 0.05
    done
}

# refuses WHAT CODE PATTERN COMMAND… : the command exits with CODE and says PATTERN on standard error.
refuses() {
    local what=$1 code=$2 pattern=$3 got=0
    shift 3
    [ "$1" != ph ] || set -- "$posthorn" --home "$T/$2" "${@:3}"
    timeout 20 "$@" >"$T/out" 2>"$T/err" </dev/null || got=$?
    [ "$got" -eq "$code" ] || fail "$what: exit $got, not $code: $(tail -n 5 "$T/err")"
    grep -q -- "$pattern" "$T/err" || fail "$what: no \"$pattern\" in: $(tail -n 5 "$T/err")"
    [ -n "${QUIET:-}" ] || say "$what"
}

# start_proxy ARGUMENT… : proxy.py; its lines go to $T/proxy.out.
start_proxy() {
    python3 "$HERE/proxy.py" "$@" >"$T/proxy.out" 2>&1 &
    PID[proxy]=$!
    wait_for 10 grep -q ready "$T/proxy.out"
}
stop_proxy() { stop proxy KILL || true; }

# canary FROM TO : a new record of FROM is found by TO in under two seconds, whatever else goes on.
canary() {
    local name="canary-$RANDOM-$RANDOM.example" began
    began=$(date +%s%N)
    ph "$1" publish --tlp GREEN --to community indicator domain "$name" >"$T/canary.out" 2>&1 ||
        fail "canary: publish at $1: $(cat "$T/canary.out")"
    until found "$2" "$name" >/dev/null 2>&1; do
        [ $((($(date +%s%N) - began) / 1000000)) -lt 2000 ] || fail "canary: not at $2 in 2 s"
        sleep 0.02
    done
    say "canary from $1 at $2 after $((($(date +%s%N) - began) / 1000000)) ms"
}

# rss_mb ORG
rss_mb() { awk '/^VmRSS/ { print int($2 / 1024) }' "/proc/${PID[$1]}/status"; }
# store_hash ORG : its store file. A tool that opens it for writing counts that in it.
store_hash() { sha256sum <"$T/$1/store/data.mdb"; }
# holdings ORG : what it has been given or has made.
holdings() {
    { ph "$1" roster show --json; ph "$1" ls --all --json; ls "$T/$1" "$T/$1/keys"; } 2>&1 | sha256sum
}

found() { ph "$1" lookup "$2"; }
connected() { ph "$1" status --json | grep -q "\"org\":\"$2\"[^}]*\"connected\":true"; }
count() { ph "$1" status --json | sed -n "s/.*\"$2\":\([0-9]*\).*/\1/p"; }
at_least() { [ "$(count "$1" "$2")" -ge "$3" ]; }
# alarmed ORG WORDS
alarmed() { ph "$1" status --json | sed -n 's/.*"alarms":\[\([^]]*\)\].*/\1/p' | grep -q -- "$2"; }
verified() { ph "$1" verify >"$T/$1.verify" 2>&1; }

# indicators N [PREFIX] : a STIX bundle of N indicators on domains PREFIX-1.example …, deterministic.
indicators() {
    awk -v n="$1" -v p="${2:-host}" 'BEGIN {
        printf "{\"type\":\"bundle\",\"id\":\"bundle--00000000-0000-4000-8000-000000000000\",\"objects\":[\n"
        for (i = 1; i <= n; i++) {
            h = 0; s = p i
            for (k = 1; k <= length(s); k++) h = (h * 131 + index("abcdefghijklmnopqrstuvwxyz0123456789-", substr(s, k, 1))) % 4294967296
            printf "%s{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"indicator--%08x-%04x-4000-8000-%012x\",\"created\":\"2026-01-01T00:00:00.000Z\",\"modified\":\"2026-01-01T00:00:00.000Z\",\"name\":\"%s %d\",\"indicator_types\":[\"malicious-activity\"],\"pattern\":\"[domain-name:value = \x27%s-%d.example\x27]\",\"pattern_type\":\"stix\",\"valid_from\":\"2026-01-01T00:00:00Z\"}", (i > 1 ? ",\n" : ""), h, i % 65536, i, p, i, p, i
        }
        printf "\n]}\n"
    }'
}
