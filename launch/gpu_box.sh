#!/usr/bin/env bash
# Train on one machine with all its GPUs. Restarts the training when it was stopped or crashed.
#
#   CONFIG=configs/cmu_cpu.py DATA=cmu.npz WORKDIR=runs/cmu launch/gpu_box.sh [more flags of launch.train]
#
# One process uses all GPUs; CUDA_VISIBLE_DEVICES=0,1 selects some of them. The script passes SIGTERM and SIGINT
# (Ctrl-C) to the training, which saves and exits with 75; a second one makes it exit at once. The script waits for the
# training and exits with its code. Exit codes: docs/launching.md. Relative paths are relative to the checkout.
CONFIG=${CONFIG:-FILL_IN_CONFIG}    # a config file, configs/NAME.py
DATA=${DATA:-FILL_IN_DATA}          # --config.data.path: a geolift data set, or "procedural"
WORKDIR=${WORKDIR:-FILL_IN_WORKDIR} # folder of the run, on a disk that survives a crash
PYTHON=${PYTHON:-python}            # the Python in which geolift is installed
RESTARTS=${RESTARTS:-5}             # largest number of restarts
PAUSE=${PAUSE:-10}                  # seconds before each restart

for name in CONFIG DATA WORKDIR; do
  if [[ ${!name} == FILL_IN_* ]]; then
    echo "$0: $name: found ${!name}, expected a value: edit the file or set $name" >&2
    exit 1
  fi
done
cd "$(dirname "$0")/.." || exit 1
set -m # a process group for each child: Ctrl-C reaches it once, through this script

stopping=
pass_on() {
  signalled=1 stopping=1
  kill -s "$1" $! 2>/dev/null
}
wait_for_child() { # returns its exit code, even if signals interrupt the wait
  local code
  [[ -z $stopping ]] || kill $! # a signal came just before the child started
  while :; do
    signalled=
    wait $!
    code=$?
    [[ $signalled ]] || return "$code"
  done
}
trap 'pass_on TERM' TERM
trap 'pass_on INT' INT

for ((start = 0; ; start++)); do
  "$PYTHON" -m launch.train --config="$CONFIG" --config.data.path="$DATA" --workdir="$WORKDIR" "$@" </dev/null &
  wait_for_child
  code=$?
  case $code in
    0 | 1 | 70 | 74) exit "$code" ;;
  esac
  if [[ $stopping ]] || ((start >= RESTARTS)); then
    echo "$0: exit code $code after $((start + 1)) starts; the same command resumes" >&2
    exit "$code"
  fi
  echo "$0: exit code $code; restart $((start + 1)) of $RESTARTS in $PAUSE s" >&2
  sleep "$PAUSE" &
  wait_for_child
  [[ -z $stopping ]] || exit "$code"
done
