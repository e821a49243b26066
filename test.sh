#!/usr/bin/env bash
# Runs every test of the project, and installs what they need where it may.
# Usage: ./test.sh [a filter as `dotnet test --filter` takes it]
# It ends with one line: N passed, N failed, N skipped.
set -uo pipefail
cd "$(dirname "$0")"

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
left_out=()

finish() { # finish PASSED FAILED SKIPPED
  if [ ${#left_out[@]} -gt 0 ]; then printf 'Left out: %s\n' "${left_out[@]}"; fi
  printf '%s passed, %s failed, %s skipped\n' "$1" "$2" "$3"
  [ "$2" -eq 0 ] && [ "$1" -gt 0 ]
}

if ! command -v dotnet >/dev/null; then
  left_out+=("everything: the .NET SDK is not installed (https://dot.net, version in global.json)")
  finish 0 1 0
  exit 1
fi

# Ten thousand connections at once need as many open files, on both sides.
hard=$(ulimit -Hn)
if [ "$hard" = unlimited ] || [ "$hard" -ge 65536 ]; then ulimit -Sn 65536 2>/dev/null; else ulimit -Sn "$hard"; fi

# The stores of the cluster edition are tested on a PostgreSQL server of the tests' own; its programs must be there.
has_postgres() { [ -n "${WALLET_POSTGRES_BIN:-}" ] || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null; }
if ! has_postgres && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  echo "Installing PostgreSQL…"
  export DEBIAN_FRONTEND=noninteractive
  # The packages must not make and start a server of their own.
  mkdir -p /etc/postgresql-common
  [ -e /etc/postgresql-common/createcluster.conf ] || echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
  { apt-get update && apt-get install -y --no-install-recommends postgresql; } >"$results/apt.log" 2>&1 || tail -3 "$results/apt.log"
fi
# Two tools that single tests look for; where they can't be had, those tests skip themselves and say so.
for tool in strace:strace kubectl:kubernetes-client; do
  command -v "${tool%:*}" >/dev/null && continue
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo "Installing ${tool#*:}…"
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${tool#*:}" >"$results/apt.log" 2>&1 \
      || { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${tool#*:}"; } \
        >>"$results/apt.log" 2>&1 || tail -1 "$results/apt.log"
  fi
  command -v "${tool%:*}" >/dev/null || left_out+=("tests with ${tool%:*}: it is not installed, and may not be installed here")
done
filter=${1:-}
if ! has_postgres; then
  left_out+=("tests on PostgreSQL: it is not installed, and may not be installed here")
  # Tests of their own skip themselves; those that the contract's suite lends can't.
  filter="${filter:+($filter)&}FullyQualifiedName!~PostgresConformance"
fi

echo "Building…"
if ! dotnet build OrleansWallet.sln --configuration Release -v quiet -clp:NoSummary > "$results/build.log" 2>&1; then
  cat "$results/build.log"
  left_out+=("everything: the build failed")
  finish 0 1 0
  exit 1
fi
grep -E 'warning' "$results/build.log" | sort -u

# Runs a suite: its exit code is in $status, what it counted in $counters.
run() { # run NAME
  rm -rf "$results"/*/
  dotnet test "tests/$1/$1.csproj" --configuration Release --no-build --logger "console;verbosity=minimal" \
    --logger "trx;LogFileName=$1.trx" --results-directory "$results" \
    --blame-hang-timeout 6m --blame-hang-dump-type none ${filter:+--filter "$filter"} 2>&1 | tee "$results/$1.log" \
    | grep -vE '^(Test run for|VSTest version|Results File|Attachments:|A total of|WARNING: Overwriting|Starting test|Data collector|No test matches)' | grep -v '^$'
  status=${PIPESTATUS[0]}
  counters=$(grep -o '<Counters [^>]*>' "$results/$1.trx" 2>/dev/null | head -1)
}
count() { sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" <<<"$counters"; }
bad() { echo $(($(count failed) + $(count error) + $(count aborted) + $(count timeout))); }

passed=0 failed=0 skipped=0
for project in tests/*/*.csproj; do
  name=$(basename "$project" .csproj)
  # A project that the solution leaves out on this machine has no output; the build has said why.
  if ! ls "tests/$name/bin/Release"/*/"OrleansWallet.$name.dll" >/dev/null 2>&1; then
    left_out+=("tests/$name: not built, see the warnings above")
    continue
  fi
  echo "== $name"
  run "$name"
  # A crash of the test host, or six minutes in which no test began or ended, cuts a run short: then nothing says what
  # is wrong but the names of the tests that ran just then. One more run shows whether it is always so.
  if grep -q '^Test Run Aborted' "$results/$name.log"; then
    { echo "$name, after $(count total) tests, while these ran:"
      sed -n 's/.* DisplayName="\([^"]*\)".*Completed="False".*/    \1/p' "$results"/*/Sequence_*.xml 2>/dev/null
      grep -E 'Reason: |inactivity|^ *(Unhandled|Fatal)' "$results/$name.log" | sed 's/^/    /'; } | tee -a "$results/cut.txt"
    if [ -z "$counters" ] || [ "$(bad)" -eq 0 ]; then run "$name"; fi
  fi
  if [ -z "$counters" ]; then
    # Not even its tests were found.
    if [ "$status" -ne 0 ]; then
      failed=$((failed + 1))
      { echo "$name, before its first test:"; tail -20 "$results/$name.log" | sed 's/^/    /'; } >>"$results/failed.txt"
    fi
    continue
  fi
  # What a suite counted (rounds, kills, connections) is in its results only.
  awk '/<StdOut>/ {on=1} on {print} /<\/StdOut>/ {on=0}' "$results/$name.trx" \
    | sed 's/.*<StdOut>//; s/<\/StdOut>.*//; s/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g; s/&amp;/\&/g' | grep -vE '^(\[xUnit.net.*|20[0-9-]*T.*|Ok, passed .*)?$' | head -40
  # What failed is said again at the end: above, it may be far up.
  awk '/<UnitTestResult .*outcome="Failed"/ {match($0, /testName="[^"]*"/); print substr($0, RSTART + 10, RLENGTH - 11)}
    /<Message>/ {on=1} on {print "    " $0} /<\/Message>/ {on=0}' "$results/$name.trx" \
    | sed 's/^ *<Message>/    /; s/<\/Message>.*//; s/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g; s/&#xD;//g; s/&amp;/\&/g' >>"$results/failed.txt"
  passed=$((passed + $(count passed))) failed=$((failed + $(bad)))
  skipped=$((skipped + $(count total) - $(count passed) - $(bad)))
  # A run that was cut short, or whose fixtures failed, may count no failure; its exit code tells.
  if [ "$status" -ne 0 ] && [ "$(bad)" -eq 0 ]; then
    failed=$((failed + 1))
    { echo "$name, as a whole:"; tail -20 "$results/$name.log" | sed 's/^/    /'; } >>"$results/failed.txt"
  fi
done

if [ -s "$results/cut.txt" ]; then
  echo "== Cut short"
  cat "$results/cut.txt"
fi
if [ -s "$results/failed.txt" ]; then
  echo "== Failed"
  cat "$results/failed.txt"
fi
finish "$passed" "$failed" "$skipped"
