#!/usr/bin/env bash
# Builds the kernels of this folder into linux-x64.node, which is committed: `bash native/build.sh [FILE]`. The compiler is zig's,
# of one version and for an old glibc, so the same sources give the same bytes on every machine:
# `pip install ziglang==0.14.1`, in an environment that `python3` is of.
set -euo pipefail
out=$(realpath "${1:-$(dirname "$0")/linux-x64.node}")
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ "$(python3 -m ziglang version)" = 0.14.1 ] || { echo 'build.sh: ziglang must be 0.14.1.' >&2 && exit 1; }
cc() {
  # Only products and sums of one statement are fused, in the order of the source: so both levels give the same bits.
  python3 -m ziglang cc -target x86_64-linux-gnu.2.17 -std=c11 -O3 -Wall -Wextra -ffp-contract=on -fno-math-errno \
    -fPIC -fvisibility=hidden "$@"
}
cc -c tensorflow.c -o "$work/tensorflow.o"
cc -c team.c -o "$work/team.o"
cc -march=x86_64_v3 -c kernels.c -o "$work/avx2.o"
cc -march=x86_64_v4 -mprefer-vector-width=512 -c kernels.c -o "$work/avx512.o"
# It stays loaded to the end: libtensorflow and threads of its own run its functions.
cc -shared -s -Wl,-z,nodelete "$work"/*.o -o "$out" -lpthread
