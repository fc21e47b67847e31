#!/usr/bin/env bash
# Shows the conformance suite on BACKEND (webgpu unless set), then times everything on it and in PyTorch.
# Options are the bench's: ./run.sh --python /opt/venv/bin/python --rounds 5
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
backend=${BACKEND:-webgpu}
node=$here/bin/node
[ -x "$node" ] || node=node

# Dawn needs a Vulkan loader, and the loader a driver, which containers hold in places of their own
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
