#!/bin/sh
# Installs what the peer programs of the benchmarks need, on Debian and its relatives:
# a C compiler, Open MPI with its headers, and mpi4py with NumPy for the distribution's own python3;
# and what the fault tests need: network namespaces (iproute2) and packet loss (nftables).
# Safe to run again: it looks first, and touches neither apt's lists nor a package when nothing is missing.
set -eu

needed="gcc libc6-dev openmpi-bin libopenmpi-dev python3-mpi4py python3-numpy iproute2 nftables"

if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
  echo "peers: this script knows Debian's apt-get only; install by hand: $needed" >&2
  exit 1
fi

is_installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]
}

missing=""
for package in $needed; do
  if is_installed "$package"; then
    echo "peers: $package is there"
  else
    missing="$missing $package"
  fi
done

if [ -z "$missing" ]; then
  echo "peers: nothing to install"
  exit 0
fi

# Root installs directly, anyone else through sudo; -n because a benchmark must not stop at a password prompt.
as_root=""
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "peers: run as root to install:$missing" >&2
    exit 1
  fi
  as_root="sudo -n"
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# apt-get is quiet when all goes well; its full output is shown only when it fails.
quietly() {
  if ! "$@" >"$log" 2>&1; then
    cat "$log" >&2
    echo "peers: failed: $*" >&2
    exit 1
  fi
}

echo "peers: installing$missing"
quietly $as_root apt-get update -qq
# shellcheck disable=SC2086 # a list of package names, to be split
quietly $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing

for package in $missing; do
  if ! is_installed "$package"; then
    echo "peers: $package did not install" >&2
    exit 1
  fi
  echo "peers: installed $package $(dpkg-query -W -f '${Version}' "$package")"
done
