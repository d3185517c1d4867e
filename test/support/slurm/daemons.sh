#!/bin/bash
# daemons.sh DIRECTORY NODE...: runs the daemons of the cluster whose configuration is in DIRECTORY until standard input
# ends, which it does with the test runner, however that ends. Prints "ready" once all daemons answer. Afterwards neither
# a process nor the directory nor a control group is left.
set -uo pipefail
directory=$1
export SLURM_CONF=$directory/slurm.conf PATH=/usr/sbin:/usr/bin:/sbin:/bin
# MariaDB names temporary tables by its process number, which in a namespace of its own others have, too.
export TMPDIR=$directory/tmp

# Polls a command for as long as two minutes.
until_succeeds() {
  local attempt
  for attempt in $(seq 1200); do
    "$@" >/dev/null 2>&1 && return
    sleep 0.1
  done
  echo "waited in vain for: $*" >&2
  "$@" >&2
  exit 1
}

# quietly NAME COMMAND...: says what the command said only if it fails.
quietly() {
  local log=$directory/log/$1.log
  shift
  "$@" >"$log" 2>&1 && return
  echo "$* failed" >&2
  cat "$log" >&2
  exit 1
}

run_daemons() {
  cd "$directory" || exit 1
  munged --foreground --force --key-file="$directory/munge.key" --socket="$directory/munge.socket" \
    --pid-file="$directory/munged.pid" --log-file="$directory/log/munged.log" --seed-file="$directory/munge.seed" \
    </dev/null 2>"$directory/log/munged.err" &
  quietly install-db mariadb-install-db --defaults-file="$directory/my.cnf" --skip-test-db --skip-name-resolve \
    --auth-root-authentication-method=normal </dev/null
  mariadbd --defaults-file="$directory/my.cnf" </dev/null 2>"$directory/log/mariadbd.err" &
  until_succeeds mariadb --defaults-file="$directory/my.cnf" --execute='create database if not exists slurm'
  until_succeeds munge --socket="$directory/munge.socket" --no-input
  slurmdbd -D </dev/null 2>"$directory/log/slurmdbd.err" &
  until_succeeds sacctmgr --noheader show cluster
  # Each answer of slurmdbd takes 80 ms (two small writes, Nagle, delayed ACK): ask little. A QOS is not known to the
  # call that made it, hence two.
  quietly qos sacctmgr --immediate <"$directory/qos.sacctmgr"
  quietly accounts sacctmgr --immediate <"$directory/accounts.sacctmgr"
  slurmctld -D </dev/null 2>"$directory/log/slurmctld.err" &
  until_succeeds scontrol ping
  local node
  for node in "$@"; do slurmd -D -N "$node" -f "$SLURM_CONF" </dev/null 2>/dev/null & done
  echo ready
  cat >/dev/null
}

# The control groups of the cluster's jobs, the inner ones first.
control_groups() {
  local first
  first=$(sed -n 's/^FirstJobId=//p' "$SLURM_CONF")
  find /sys/fs/cgroup -mindepth 2 -depth -type d -regex ".*/slurm_[^/]*/.*/job_${first%???}...\(/.*\)?" 2>/dev/null
}

if [ $$ = 1 ]; then
  shift
  run_daemons "$@"
else
  # Handled, not ignored: what is ignored here all jobs would ignore.
  trap : INT TERM HUP
  # The first process of a namespace takes all others with it.
  unshare --pid --fork --kill-child --mount --mount-proc -- "$BASH" "$0" "$@"
  control_groups | xargs --no-run-if-empty rmdir
  # Those of the nodes, unless another cluster has jobs there; it makes them again when it needs them.
  for node in "${@:2}"; do rmdir "/sys/fs/cgroup/"*"/slurm_$node/uid_"* "/sys/fs/cgroup/"*"/slurm_$node"; done 2>/dev/null
  rm -rf "$directory"
fi
