#!/usr/bin/env bash
# Gets the optional native backends for this checkout: `npm run backends -- node webgpu` (or others of these).
#   node      @tensorflow/tfjs-node. Its own installer is tried first. If that can't download its prebuilt libtensorflow,
#             the addon is compiled against the libtensorflow in pip's tensorflow-cpu wheel.
#   node-gpu  @tensorflow/tfjs-node-gpu, in the same way. Compiled against tensorflow-cpu it finds no CUDA device: that is
#             enough for tests of everything but CUDA.
#   webgpu    Dawn for Node, the npm package `webgpu`. It needs a Vulkan, Metal or D3D12 driver.
# They are kept in .native/ and linked into node_modules, not in the workspace, because they are large and no package needs
# them.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
native=$root/.native
tfjs=4.22.0 dawn=0.6.2 tensorflow=2.21.0

# add DIR PACKAGE [NPM OPTION...]
add() {
  mkdir -p "$1"
  [ -e "$1/package.json" ] || echo '{ "private": true }' >"$1/package.json"
  npm install --prefix "$1" --no-audit --no-fund --loglevel=error "${@:2}"
}

# expose PACKAGE FOLDER: let all packages find PACKAGE as if it were installed at the root
expose() {
  mkdir -p "$(dirname "$root/node_modules/$1")"
  ln -sfn "$2/node_modules/$1" "$root/node_modules/$1"
}

works() { (cd "$root" && node --input-type=module -e "await import('$1')" >/dev/null 2>&1); }

# compile_addon FOLDER: compile the addon of tfjs-node, or of tfjs-node-gpu, against a libtensorflow from pip
compile_addon() {
  local pkg=$1 cache=$native/libtensorflow-$tensorflow wheel
  if [ ! -e "$cache/done" ]; then
    wheel=$(mktemp -d)
    python3 -m pip download --quiet --no-deps -d "$wheel" "tensorflow-cpu==$tensorflow"
    mkdir -p "$cache"
    python3 - "$wheel" "$cache" <<'PYTHON'
import glob, sys, zipfile
parts = ['libtensorflow', 'include/tensorflow/c/', 'include/tensorflow/core/platform/', 'include/tsl/', 'include/xla/tsl/', 'include/absl/']
with zipfile.ZipFile(glob.glob(sys.argv[1] + '/*.whl')[0]) as wheel:
    wheel.extractall(sys.argv[2], [n for n in wheel.namelist() if n.startswith(tuple('tensorflow/' + p for p in parts))])
PYTHON
    rm -rf "$wheel"
    touch "$cache/done"
  fi
  mkdir -p "$pkg/deps/lib"
  ln -sfn "$cache/tensorflow/include" "$pkg/deps/include"
  for library in libtensorflow_cc.so.2 libtensorflow_framework.so.2; do
    ln -sf "$cache/tensorflow/$library" "$pkg/deps/lib/$library"
  done
  ln -sf libtensorflow_cc.so.2 "$pkg/deps/lib/libtensorflow.so"
  ln -sf libtensorflow_framework.so.2 "$pkg/deps/lib/libtensorflow_framework.so"
  (cd "$pkg" && npx node-pre-gyp install --build-from-source)
}

# get_tfjs BACKEND: tfjs-node or tfjs-node-gpu
get_tfjs() {
  local name=$1 dir=$native/$1 package=@tensorflow/tfjs-$1
  local pkg=$dir/node_modules/$package log=$native/$name-install.log
  expose "$package" "$dir"
  works "$package" && return
  add "$dir" "$package@$tfjs" --ignore-scripts
  # its own installer downloads libtensorflow; it is stopped after ten minutes
  (cd "$pkg" && timeout 600 npm run --silent install) >"$log" 2>&1 && works "$package" && return
  echo "The installer of tfjs-$name failed (.native/$name-install.log); compiling the addon against libtensorflow from pip."
  compile_addon "$pkg"
  works "$package"
}

get_webgpu() {
  expose webgpu "$native/webgpu"
  works webgpu && return
  add "$native/webgpu" "webgpu@$dawn"
  works webgpu
}

[ $# -gt 0 ] || set -- node webgpu
for backend; do
  case $backend in
    node | node-gpu) get=(get_tfjs "$backend") ;;
    webgpu) get=(get_webgpu) ;;
    *) echo "native-backends: backend must be node, node-gpu or webgpu, got '$backend'." >&2 && exit 2 ;;
  esac
  "${get[@]}" || { echo "native-backends: $backend could not be installed." >&2 && exit 1; }
  echo "$backend: ready"
done
