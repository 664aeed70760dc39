#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Who may have the store: one writer, the owner alone, on a disk of its own; and what becomes of a copy.
. "$(dirname "$0")/lib.sh"

new_community IT CH
start IT && start CH
wait_for 20 connected IT CH
pid=${PID[IT]}

refuses "second daemon" 5 "process $pid" "$posthornd" --home "$T/IT"
# A tool beside the daemon writes through it; where it cannot, the lock is in its way.
ph IT publish --tlp GREEN --to community indicator domain beside.example >/dev/null || fail "publish beside the daemon"
wait_for 5 found CH beside.example
mv "$T/IT/run/control" "$T/IT/run/away"
refuses "a tool that finds no socket" 5 "process $pid" ph IT publish --tlp GREEN --to community indicator domain lock.example
mv "$T/IT/run/away" "$T/IT/run/control"
found IT beside.example || fail "reading beside the daemon"
say "reading needs no lock"
# Many at once, each acknowledged.
for i in $(seq 1 20); do
    ph IT publish --tlp GREEN --to community indicator domain "many-$i.example" >"$T/many.$i" 2>&1 &
    many[i]=$!
done
for i in $(seq 1 20); do
    wait "${many[i]}" || fail "one of twenty tools: $(cat "$T/many.$i")"
done
[ "$(seq -f 'many-%g.example' 1 20 | ph CH lookup --json | wc -l)" -eq 20 ] || sleep 1
[ "$(seq -f 'many-%g.example' 1 20 | ph CH lookup --json | wc -l)" -ge 20 ] || fail "CH lacks some of the twenty"
say "twenty tools at once"

# A copy of the live home is whole, whatever moment it was taken at.
cp -a "$T/IT" "$T/COPY"
rm -f "$T/COPY/run/control"
ph COPY verify >"$T/copy.verify" 2>&1 || fail "the copy does not verify: $(cat "$T/copy.verify")"
say "a copy of the live home verifies"
# Started beside the original: the peer sees one key in two stores and says so.
sed -i "s/^listen.*/listen = 127.0.0.1:$(free_port)/" "$T/COPY/posthorn.conf"
start COPY
wait_for 30 alarmed CH "two machines"
stop COPY || fail "the copy did not stop in order"
say "a copy started beside the original: alarm"
stop IT || fail "IT did not stop in order"

home=$T/IT
as() { # WHAT CODE PATTERN: daemon and tool alike
    refuses "$1 (daemon)" "$2" "$3" "$posthornd" --home "$home"
    refuses "$1 (tool)" "$2" "$3" ph IT ls
}
chmod 777 "$home" && as "home that others can write" 5 "chmod go-w $home" && chmod 700 "$home"
chmod 755 "$home/store" && as "store others can read" 5 "chmod 700 $home/store" && chmod 700 "$home/store"
mv "$home/store" "$T/away" && ln -s "$T/away" "$home/store"
as "store by a symbolic link" 5 "store is a symbolic link"
rm "$home/store" && mv "$T/away" "$home/store"
mv "$home/store/data.mdb" "$T/data" && ln -s "$T/data" "$home/store/data.mdb"
as "data by a symbolic link" 5 "data.mdb is not a regular file"
rm "$home/store/data.mdb" && mv "$T/data" "$home/store/data.mdb"
ln -s "$home" "$T/link"
refuses "home by a symbolic link" 5 "link is a symbolic link" "$posthornd" --home "$T/link"
mv "$home/store" "$T/away" && : >"$home/store"
as "store that is a file" 5 "not a directory"
rm "$home/store" && mv "$T/away" "$home/store"
for key in node transport store; do
    chmod 640 "$home/keys/$key"
    refuses "keys/$key that the group can read" 5 "chmod 600 $home/keys/$key" ph IT roster sign "$T/draft"
    chmod 600 "$home/keys/$key"
done
if [ "$(id -u)" = 0 ]; then
    for what in "$home" "$home/keys" "$home/store" "$home/keys/node"; do
        chown 65534 "$what"
        as "${what#"$T/"} of another user" 5 "belongs to user 65534"
        chown 0 "$what"
    done
fi
if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
    refuses "a disk that is mounted read-only" 5 "Read-only\|read-only" unshare -m bash -c \
        'mount --bind "$1/store" "$1/store" && mount -o remount,bind,ro "$1/store" && exec "$2" --home "$1"' - "$home" "$posthornd"
fi
for n in 0 100 4096 8191; do
    cp "$home/store/data.mdb" "$T/data"
    truncate -s "$n" "$home/store/data.mdb"
    refuses "data cut to $n bytes (daemon)" 5 "." "$posthornd" --home "$home"
    refuses "data cut to $n bytes (tool)" 5 "." ph IT ls
    cp "$T/data" "$home/store/data.mdb"
done
start IT
verified IT || fail "verify at the end"
stop IT || fail "IT did not stop in order"
