#!/usr/bin/env bash
# Train on a Cloud TPU VM or pod slice. Runs on a workstation with gcloud: requests the slice as a queued resource,
# installs geolift on every worker, starts the training on all of them, and does so again after a preemption.
#
#   launch/tpu_pod.sh [more flags of launch.train]
#   gcloud compute tpus queued-resources delete NAME --project=PROJECT --zone=ZONE --force   (when done: it costs)
#
# The script passes SIGTERM and SIGINT (Ctrl-C) to the training of every worker, which saves, and waits for it. A
# preempted spot slice is deleted and requested again. Workers that lost their connection continue to train: a lock on
# each worker prevents a second training (code 73) until the first has ended.
PROJECT=${PROJECT:-FILL_IN_PROJECT}          # Google Cloud project
ZONE=${ZONE:-FILL_IN_ZONE}                   # us-central2-b, ...
NAME=${NAME:-FILL_IN_NAME}                   # name of the slice and of its request
TPU_TYPE=${TPU_TYPE:-FILL_IN_TPU_TYPE}       # v4-32, v5litepod-16, ...
RUNTIME=${RUNTIME:-FILL_IN_RUNTIME}          # VM image: tpu-ubuntu2204-base, v2-alpha-tpuv6e, ...
CAPACITY=${CAPACITY:---spot}                 # or --reserved, or empty for on demand
REPOSITORY=${REPOSITORY:-FILL_IN_REPOSITORY} # git address from which the workers can clone geolift
REVISION=${REVISION:-FILL_IN_REVISION}       # commit or tag; the same for the whole run
MOUNT=${MOUNT:-FILL_IN_MOUNT}                # command that mounts the shared folder on a worker; docs/launching.md
CONFIG=${CONFIG:-FILL_IN_CONFIG}             # a config file, configs/NAME.py
DATA=${DATA:-FILL_IN_DATA}                   # --config.data.path: a data set in the shared folder, or "procedural"
WORKDIR=${WORKDIR:-FILL_IN_WORKDIR}          # folder of the run in the shared folder
RESTARTS=${RESTARTS:-50}                     # largest number of restarts
PAUSE=${PAUSE:-60}                           # seconds between two checks of the request, and before each restart

for name in PROJECT ZONE NAME TPU_TYPE RUNTIME REPOSITORY REVISION MOUNT CONFIG DATA WORKDIR; do
  if [[ ${!name} == FILL_IN_* ]]; then
    echo "$0: $name: found ${!name}, expected a value: edit the file or set $name" >&2
    exit 1
  fi
done
set -m # a process group for each child: Ctrl-C reaches this script alone
place=(--project="$PROJECT" --zone="$ZONE")

on_workers() { gcloud compute tpus tpu-vm ssh "$NAME" "${place[@]}" --quiet --worker=all --command="$1" </dev/null; }
request() { gcloud compute tpus queued-resources "$@" "${place[@]}"; }
pause() {
  sleep "$PAUSE" &
  wait $!
  [[ -z $stopping ]] || exit 75
}

slice() { # returns when the slice is active
  while :; do
    case $(request describe "$NAME" --format='value(state.state)' 2>/dev/null) in
      ACTIVE) return ;;
      SUSPENDED | FAILED) request delete "$NAME" --force --quiet ;;
      "") request create "$NAME" --node-id="$NAME" --accelerator-type="$TPU_TYPE" --runtime-version="$RUNTIME" \
        ${CAPACITY:+"$CAPACITY"} ;;
    esac
    pause
  done
}

install="set -e; $MOUNT
test -d geolift || git clone --quiet $(printf %q "$REPOSITORY") geolift
cd geolift; git fetch --quiet --tags; git checkout --quiet $(printf %q "$REVISION")
python3 -m pip install --quiet --user uv; python3 -m uv venv --quiet --allow-existing --python 3.11 .venv
python3 -m uv pip install --quiet --python .venv/bin/python '.[tpu]'"
train="exec 9>geolift.lock; flock --nonblock 9 || exit 73; echo \$\$ >geolift.pid
cd geolift; exec .venv/bin/python -m launch.train"
for flag in --config="$CONFIG" --config.data.path="$DATA" --workdir="$WORKDIR" "$@"; do
  train+=" $(printf %q "$flag")"
done

stopping=
stop() {
  signalled=1 stopping=1
  [[ -z $training ]] || on_workers "kill -TERM \$(cat geolift.pid)"
}
trap stop TERM INT

for ((start = 0; ; start++)); do
  training=
  slice
  if on_workers "$install"; then
    [[ -z $stopping ]] || exit 75
    training=1
    on_workers "$train" &
    child=$!
    while :; do
      signalled=
      wait "$child"
      code=$?
      [[ $signalled ]] || break
    done
  else
    code=255
  fi
  case $code in
    0 | 1 | 70 | 74) exit "$code" ;;
  esac
  if [[ $stopping ]] || ((start >= RESTARTS)); then
    echo "$0: exit code $code after $((start + 1)) starts; the same command resumes" >&2
    exit "$code"
  fi
  echo "$0: exit code $code; restart $((start + 1)) of $RESTARTS in $PAUSE s" >&2
  pause
done
