#!/bin/bash
# A Slurm cluster on only this machine, for a test: single-node-slurm.sh up|down FOLDER, as root, with Debian's slurm-wlm and
# munge. Its files, keys and sockets are all in the folder. Submit jobs with SLURM_CONF=FOLDER/slurm.conf.
set -euo pipefail
command=$1
folder=$(realpath "$2")
port=${SLURM_TEST_PORT:-26817}

up() {
  mkdir -p "$folder"/{state,spool}
  local host memory
  host=$(hostname -s)
  memory=$(awk '/MemTotal/ { print int($2 / 1024) }' /proc/meminfo)
  (umask 077 && head -c 128 /dev/urandom >"$folder/munge.key")
  chmod 755 "$folder"
  cat >"$folder/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
CredType=cred/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=2,batch_sched_delay=0
ReturnToService=2
MpiDefault=none
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$memory State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
  munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" --pid-file="$folder/munged.pid" \
    --log-file="$folder/munged.log" --seed-file="$folder/munged.seed"
  export SLURM_CONF=$folder/slurm.conf
  slurmctld
  slurmd
  for _ in $(seq 60); do
    if [ "$(sinfo --noheader --format=%T 2>/dev/null)" = idle ]; then return; fi
    sleep 0.5
  done
  cat "$folder"/*.log >&2
  echo 'the node did not become idle' >&2
  return 1
}

down() {
  for daemon in slurmd slurmctld munged; do
    if [ -f "$folder/$daemon.pid" ]; then kill "$(cat "$folder/$daemon.pid")" || true; fi
  done
}

"$command"
