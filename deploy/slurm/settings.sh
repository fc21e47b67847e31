# The settings of all jobs in this folder. Edit the values, or set them in the environment of submit.sh.
: "${RECTIFIED_FLOW:=rectified-flow}" # npm install --global @rectified-flow/cli, on every node
: "${BACKEND:=wasm}"                  # node-gpu or webgpu if a task has a GPU (--gres=gpu:1 in the .sbatch files)
: "${TASKS:=8}"                       # tasks in each array; any number makes the same files
: "${RUN:=$HOME/runs/cifar10}"        # on a disk that all nodes can see

: "${TEACHER:=$RUN/edm-cifar10-32x32-uncond-ve.pkl}"
: "${PAIRS:=1000000}"
: "${PAIRS_FLAGS=--edm}"
: "${CONFIG:=$RUN/train.yaml}" # its coupling.pairs must be $RUN/pairs
: "${SAMPLES:=50000}"
: "${SAMPLE_FLAGS=--steps 1}"
: "${REFERENCE:=$RUN/cifar10-32x32.npz}" # from EDM, or made with rectified-flow fid ref
: "${FID_FLAGS=--resize legacy_tensorflow --at-least 50000}"
