#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Bundles and lists from strangers: good objects are kept, bad ones named by index, id and rule, and what is no
# bundle as a whole stores nothing.
. "$(dirname "$0")/lib.sh"

new_home IT
ph IT community create TEST >/dev/null 2>&1 </dev/null || fail "community create"
start IT
to=(--tlp GREEN --to community)

python3 "$HERE/bad_import.py" "$T" "$posthorn" --home "$T/IT" || fail "bad_import.py"
say "bundles"

refuses "missing file" 1 'none.json.*No such file' ph IT import "${to[@]}" "$T/none.json"
mkdir "$T/folder"
refuses "folder without files" 1 'folder' ph IT import "${to[@]}" "$T/folder"
ln -s "$T/loop" "$T/loop"
refuses "a link to itself" 1 'loop' ph IT import "${to[@]}" "$T/loop"
refuses "no permission to read" 1 'mem' ph IT import "${to[@]}" /proc/self/mem
refuses "no --to" 2 '--to is needed' ph IT import --tlp GREEN "$T/folder"

# The first file is good and the second no bundle: nothing of either is stored.
indicators 3 pair >"$T/folder/1.json"
echo '{"type":"bundle","objects":[{' >"$T/folder/2.json"
before=$(count IT records)
refuses "a folder with one broken bundle" 1 '2.json' ph IT import "${to[@]}" "$T/folder"
[ "$(count IT records)" -eq "$before" ] || fail "a broken folder stored something"
rm "$T/folder/2.json"
ph IT import "${to[@]}" "$T/folder" >/dev/null || fail "a good folder"
found IT pair-3.example || fail "the folder's last object is missing"

# A list: one line of 20 MB, one of control characters, one that is nothing; two that are good.
{
    echo first-of-list.example
    head -c 20971520 /dev/zero | tr '\0' x
    printf '\n\033]0;title\007\n..\nlast-of-list.example\n'
} >"$T/list.txt"
refuses "a list with bad lines" 1 "line 2" ph IT import "${to[@]}" "$T/list.txt"
grep -q "line 3" "$T/err" && grep -q "line 4" "$T/err" || fail "lines 3 and 4 are not listed: $(cat "$T/err")"
grep -q "$(printf '\033')" "$T/err" && fail "an escape sequence reached the terminal"
found IT first-of-list.example && found IT last-of-list.example || fail "a good line is missing"
before=$(count IT records)
printf 'strict.example\n..\n' | ph IT import --strict "${to[@]}" - >/dev/null 2>"$T/err" && fail "--strict passed"
[ "$(count IT records)" -eq "$before" ] || fail "--strict stored something"
printf 'piped.example\n' | ph IT import "${to[@]}" - >/dev/null || fail "a list through a pipe"
found IT piped.example || fail "the piped value is missing"
say "--strict, pipes"

wait_for 10 verified IT
stop IT || fail "IT did not stop in order"
