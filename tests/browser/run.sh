#!/bin/sh
# The pages in Debian's Chromium, against the real program. Screenshots land in build/screenshots.
cd "$(dirname "$0")" || exit 1
npm ci --no-audit --no-fund --loglevel=error || exit 1
out=$(mktemp)
node --test phone.test.mjs >"$out" 2>&1
status=$?
cat "$out"
pass=$(sed -n 's/^# pass \([0-9]*\)/\1/p; s/^ℹ pass \([0-9]*\)/\1/p' "$out")
fail=$(sed -n 's/^# fail \([0-9]*\)/\1/p; s/^ℹ fail \([0-9]*\)/\1/p' "$out")
rm -f "$out"
echo "${pass:-0} ${fail:-1}"
exit $status
