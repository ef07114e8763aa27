#!/bin/sh
# Twilio's library and a strict stub against our Twilio adapter. From anywhere:
#     tests/provider/run.sh
# Installs the npm packages of package-lock.json when missing, builds the two small drivers, runs both
# scripts with node's test runner (Node 18.15 or later), ends with "N passed, N failed".
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
bin=$root/build/tests/provider
mkdir -p "$bin"

cd "$root"
flags="-std=gnu17 -D_GNU_SOURCE -I. -O1 -g -Wall -Wextra"
base=
for name in arena buf clock digest err log must text; do
	base="$base responder/base/$name.c"
done
for name in verify build; do
	# shellcheck disable=SC2046,SC2086
	${CC:-gcc} $flags -o "$bin/${name}_main" "tests/provider/${name}_main.c" \
		responder/provider/*.c responder/sms/sms.c responder/net/http.c $base \
		$(pkg-config --cflags --libs glib-2.0 jansson libcrypto)
done

cd "$here"
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
	npm ci --no-audit --no-fund --loglevel=error
fi
log=$bin/log
code=0
node --test --test-reporter=tap sign.mjs send.mjs >"$log" 2>&1 || code=$?
passed=$(grep -cE '^ *ok [0-9]+ - [^/]*$' "$log" || true)
failed=$(grep -cE '^ *not ok [0-9]+ - [^/]*$' "$log" || true)
if [ "$code" -ne 0 ]; then
	cat "$log"
	[ "$failed" -gt 0 ] || failed=1
fi
echo "$passed passed, $failed failed"
exit "$code"
