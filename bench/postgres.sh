#!/usr/bin/env bash
# Starts a private PostgreSQL on loopback in a temporary directory, runs a command with its connection string in
# $POSTGRES, and stops it again. Usage: bench/postgres.sh COMMAND…
set -euo pipefail
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -n "$bin" ] || { echo "PostgreSQL is not installed (Debian: apt-get install postgresql)" >&2; exit 3; }
directory=$(mktemp -d /tmp/wallet-postgres.XXXXXX)
port=$(python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])')
# The server refuses to run as root.
as() { if [ "$(id -u)" -eq 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
if [ "$(id -u)" -eq 0 ]; then chown postgres "$directory"; fi
stop() { as "$bin/pg_ctl" -D "$directory/data" -m fast -w stop >/dev/null 2>&1 || true; rm -rf "$directory"; }
trap stop EXIT
as "$bin/initdb" -D "$directory/data" -A trust -U wallet --no-locale -E UTF8 >/dev/null
as "$bin/pg_ctl" -D "$directory/data" -w -l "$directory/log" -o "-p $port -c listen_addresses=127.0.0.1 \
  -c unix_socket_directories=$directory -c max_connections=300 -c shared_buffers=1GB -c synchronous_commit=on \
  -c max_wal_size=8GB" start >/dev/null
export POSTGRES="Host=127.0.0.1;Port=$port;Username=wallet;Database=postgres"
"$@"
