#!/usr/bin/env bash
# Runs the conformance suite on BACKEND (webgpu by default), then the bench on BACKEND and in PyTorch.
# Takes the options of the bench: ./run.sh --python /opt/venv/bin/python --rounds 5
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
backend=${BACKEND:-webgpu}
node=$here/bin/node
[ -x "$node" ] || node=node

# Dawn needs a Vulkan loader, and the loader needs a driver, which containers keep in different folders
[ -e "$here/lib/libvulkan.so.1" ] && export LD_LIBRARY_PATH="$here/lib:${LD_LIBRARY_PATH:-}"
if [ -z "${VK_DRIVER_FILES:-}" ]; then
  for folder in /usr/local/nvidia/share /usr/share /etc; do
    [ -e "$folder/vulkan/icd.d/nvidia_icd.json" ] && export VK_DRIVER_FILES="$folder/vulkan/icd.d/nvidia_icd.json" && break
  done
fi

"$node" "$here/src/conformance.mjs" "$backend"
conformance=$?
"$node" "$here/src/bench.mjs" --backends "$backend" --out "$here/results" "$@" || exit
exit "$conformance"
