#!/usr/bin/env bash
# A real SLURM on this machine for the tests: two virtual nodes of two cores, no systemd, no cgroups, no database.
# Needs Debian or Ubuntu and root. Prints the SLURM_CONF to export. `start-slurm.sh stop` ends what it started.
#
# Everything lies in $MOJO_SLURM (by default mojo-slurm under the temporary folder), its configuration too, so that a
# SLURM which the machine has already is neither used nor touched. Where there is none, /etc/slurm/slurm.conf becomes a
# link to it while it runs: snakemake-executor-plugin-slurm drops SLURM_CONF on its way to a job.
set -euo pipefail

home=${MOJO_SLURM:-${TMPDIR:-/tmp}/mojo-slurm}
port=${MOJO_SLURM_PORT:-16817}
export SLURM_CONF=$home/slurm.conf
link=/etc/slurm/slurm.conf

fail() {
    echo "start-slurm.sh: $*" >&2
    exit 1
}

is_running() { # pid file
    [ -s "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null
}

stop_daemon() { # pid file
    is_running "$1" || return 0
    local pid
    pid=$(cat "$1")
    kill "$pid"
    for _ in $(seq 100); do
        kill -0 "$pid" 2>/dev/null || return 0
        sleep 0.1
    done
    kill -9 "$pid"
}

stop() {
    if is_running "$home/slurmctld.pid"; then
        scancel --quiet --user=root
        sleep 1
    fi
    for name in slurmd-n1 slurmd-n2 slurmctld munged; do
        stop_daemon "$home/$name.pid"
    done
    [ "$(readlink "$link")" != "$SLURM_CONF" ] || rm "$link"
    rm -rf "$home"
}

install_packages() {
    command -v slurmctld slurmd munged sbatch >/dev/null && return
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >&2
    apt-get install -qqy --no-install-recommends slurmctld slurmd slurm-client munge >&2
}

configure() {
    local memory
    memory=$(awk '/^MemTotal/ {half = int($2 / 2048 * 0.8); print half < 4000 ? half : 4000}' /proc/meminfo)
    cat >"$SLURM_CONF" <<CONF
ClusterName=mojotest
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmUser=root
SlurmdUser=root
SlurmctldPort=$port
AuthType=auth/munge
AuthInfo=socket=$home/munge/socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
# memory is looked at every second, and a job that has too much is killed
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
SlurmdParameters=config_overrides
GresTypes=gpu
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerType=sched/backfill
SchedulerParameters=sched_min_interval=0,batch_sched_delay=0,bf_interval=5
ReturnToService=2
MaxArraySize=1001
MinJobAge=300
KillWait=5
# patience with a machine that is busy: nothing here is down, or to be drained, because it is slow
SlurmdTimeout=300
MessageTimeout=60
TCPTimeout=30
BatchStartTimeout=120
UnkillableStepTimeout=300
AccountingStorageType=accounting_storage/none
StateSaveLocation=$home/state
SlurmdSpoolDir=$home/spool-%n
SlurmctldPidFile=$home/slurmctld.pid
SlurmdPidFile=$home/slurmd-%n.pid
SlurmctldLogFile=$home/slurmctld.log
SlurmdLogFile=$home/slurmd-%n.log
NodeName=n[1-2] NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=[$((port + 1))-$((port + 2))] CPUs=2 RealMemory=$memory Gres=gpu:2 Feature=virtual
PartitionName=main Nodes=n[1-2] Default=YES MaxTime=60 State=UP
PartitionName=short Nodes=n1 MaxTime=2 State=UP
CONF
    printf 'CgroupAutomount=no\nConstrainCores=no\nConstrainRAMSpace=no\n' >"$home/cgroup.conf"
    printf 'AutoDetect=off\nName=gpu File=/dev/null\nName=gpu File=/dev/zero\n' >"$home/gres.conf" # any device will do
}

start_munge() {
    install -d -o munge -g munge -m 755 "$home/munge"
    dd if=/dev/urandom of="$home/munge/key" bs=1024 count=1 status=none
    chown munge:munge "$home/munge/key"
    chmod 400 "$home/munge/key"
    setpriv --reuid=munge --regid=munge --clear-groups munged --key-file="$home/munge/key" \
        --socket="$home/munge/socket" --pid-file="$home/munge/pid" --log-file="$home/munge/log" \
        --seed-file="$home/munge/seed"
    for _ in $(seq 50); do
        [ -s "$home/munge/pid" ] && break
        sleep 0.1
    done
    cp "$home/munge/pid" "$home/munged.pid"
}

start() {
    [ "$(id -u)" = 0 ] || fail "must be run as root, since slurmd must"
    command -v apt-get >/dev/null || command -v slurmctld >/dev/null || fail "SLURM is not installed, nor is apt-get"
    if is_running "$home/slurmctld.pid"; then
        echo "SLURM_CONF=$SLURM_CONF"
        echo "It was running already." >&2
        return
    fi
    install_packages
    rm -rf "$home"
    mkdir -p "$home/state" "$home/spool-n1" "$home/spool-n2"
    chmod 755 "$home"
    configure
    [ -e "$link" ] || ln -sf "$SLURM_CONF" "$link"
    start_munge
    slurmctld </dev/null >/dev/null 2>&1 || fail "slurmctld did not start, see $home/slurmctld.log"
    for node in n1 n2; do
        slurmd -N "$node" </dev/null >/dev/null 2>&1 || fail "slurmd did not start, see $home/slurmd-$node.log"
    done
    for _ in $(seq 300); do
        [ "$(sinfo --noheader --partition=main --states=idle --format=%D 2>/dev/null)" = 2 ] && break
        sleep 0.1
    done
    [ "$(sinfo --noheader --partition=main --states=idle --format=%D)" = 2 ] || fail "the nodes are not idle, see $home"
    echo "SLURM_CONF=$SLURM_CONF"
}

case ${1:-start} in
start | stop) "${1:-start}" ;;
*) fail "write start or stop" ;;
esac
