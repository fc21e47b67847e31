#!/usr/bin/env bash
# Unpacks pack.tar.xz, which is beside this script, and starts the device run. It needs bash, and tar with xz or python3.
#   ./run OUT_DIR [--software] [--minutes n] [--parts a,b] [--python path]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
home=${TMPDIR:-/tmp}/rectified-flow-device-$(cksum <"$here/pack.tar.xz" | tr ' ' -)

if [ ! -e "$home" ]; then
  rm -rf "$home.part" && mkdir "$home.part"
  tar xJf "$here/pack.tar.xz" -C "$home.part" 2>/dev/null ||
    python3 -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])' "$here/pack.tar.xz" "$home.part"
  mv "$home.part" "$home"
fi

# A library of the pack is used only where the machine has none.
known=$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null || true)
mkdir -p "$home/missing"
shopt -s nullglob
for library in "$home"/lib/*; do
  grep -qF "$(basename "$library") " <<<"$known" || ln -sf "$library" "$home/missing/"
done
export LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$home/missing:/usr/local/nvidia/lib64:/usr/local/nvidia/lib

# The Vulkan loader needs a driver, and containers keep NVIDIA's in other folders.
if [ -z "${VK_DRIVER_FILES:-}" ]; then
  for folder in /usr/local/nvidia/share /usr/share /etc; do
    [ -e "$folder/vulkan/icd.d/nvidia_icd.json" ] && export VK_DRIVER_FILES="$folder/vulkan/icd.d/nvidia_icd.json" && break
  done
fi

# The jobs' processes share the shaders that NVIDIA's driver compiles.
export __GL_SHADER_DISK_CACHE_PATH=${__GL_SHADER_DISK_CACHE_PATH:-$home}

node=$home/bin/node
[ -x "$node" ] || node=node
exec "$node" "$home/src/device.mjs" "$@"
