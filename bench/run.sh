#!/usr/bin/env bash
# Measures, and says on what. Usage: bench/run.sh engine|snapshot|restart|http|postgres|cluster|partitions|all [options of that bench]
# One group of a table's rows: partitions --only http, or million, servers, "Tcc 64 1"; a wrong name has them all told.
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-all}; shift || true

dotnet build -c Release -v quiet -clp:NoSummary bench/Bench >/dev/null
dotnet build -c Release -v quiet -clp:NoSummary bench/Http >/dev/null
bench() { dotnet bench/Bench/bin/Release/net10.0/OrleansWallet.Bench.dll "$@"; }

header() {
  echo "## $1"
  echo
  local changed=""
  if [ -n "$(git status --porcelain -- src bench Directory.*)" ]; then changed=" with changes that are not committed"; fi
  echo "$(date -u +%Y-%m-%d), commit $(git rev-parse --short HEAD)$changed, $(nproc) cores of" \
    "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(awk '/MemTotal/ {printf "%.0f GiB", $2/1048576}' /proc/meminfo)," \
    "Linux $(uname -r), .NET $(dotnet --list-runtimes | sed -n 's/^Microsoft.NETCore.App \([^ ]*\).*/\1/p' | tail -1)," \
    "load before: $(cut -d' ' -f1 /proc/loadavg). Command: bench/run.sh $*"
  echo
}

one() {
  local name=$1; shift
  header "$name" "$@"
  case $name in
    engine | snapshot | restart) bench "$name" "$@" ;;
    postgres) bench/postgres.sh dotnet bench/Bench/bin/Release/net10.0/OrleansWallet.Bench.dll postgres "$@" ;;
    # Where the feed lacks Orleans, this says so in NuGet's own words.
    cluster)
      dotnet build -c Release -v quiet -clp:NoSummary bench/Cluster >/dev/null
      dotnet bench/Cluster/bin/Release/net10.0/OrleansWallet.Bench.Cluster.dll "$@" ;;
    partitions)
      dotnet build -c Release -v quiet -clp:NoSummary bench/Cluster >/dev/null
      dotnet bench/Cluster/bin/Release/net10.0/OrleansWallet.Bench.Cluster.dll partitions "$@" ;;
    http) dotnet bench/Http/bin/Release/net10.0/OrleansWallet.Bench.Http.dll "${@:-5}" ;;
    *) echo "There is no bench '$name'." >&2; exit 2 ;;
  esac
  echo
}

if [ "$what" = all ]; then
  for name in engine snapshot restart http postgres cluster partitions; do one "$name"; done
else
  one "$what" "$@"
fi
