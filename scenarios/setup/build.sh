#!/usr/bin/env bash
# Installs what is missing (Debian packages, by name) and builds a preset. Quiet unless something fails.
# Usage: build.sh [PRESET [PACKAGES...]]     default release; PACKAGES are files beside packages.txt
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
preset=${1:-release}
lists=(packages.txt "${@:2}")

install_missing() {
  local missing=()
  for package in $(cd "$top/scenarios/setup" && cat "${lists[@]}"); do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  local as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  echo "installing ${missing[*]}" >&2
  "${as_root[@]}" apt-get update -q >&2
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >&2
}

build() {
  cd "$top"
  if [ ! -f "build/$preset/build.ninja" ]; then
    local launcher=()
    command -v ccache >/dev/null && launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
    cmake --preset "$preset" "${launcher[@]}" >&2
  fi
  cmake --build --preset "$preset" >&2
}

install_missing
build
