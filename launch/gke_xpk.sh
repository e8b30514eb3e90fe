#!/usr/bin/env bash
# Train on Cloud TPU slices of a GKE cluster, with xpk (tested with the command line of xpk 1.16).
#
#   launch/gke_xpk.sh [more flags of launch.train]
#
# xpk creates a JobSet. Exit codes 71 and 75, and a process killed by a signal (128 and more), restart the workload at
# most RESTARTS times; any other code fails it. Each restart resumes. For GPU nodes use launch/gke_jobset.yaml.
CLUSTER=${CLUSTER:-FILL_IN_CLUSTER}    # created by `xpk cluster create`
PROJECT=${PROJECT:-FILL_IN_PROJECT}    # Google Cloud project
ZONE=${ZONE:-FILL_IN_ZONE}             # zone of the cluster
WORKLOAD=${WORKLOAD:-FILL_IN_WORKLOAD} # name of the run: a-z, 0-9 and -, at most 40 characters
TPU_TYPE=${TPU_TYPE:-FILL_IN_TPU_TYPE} # v5litepod-16, v6e-16, ...
SLICES=${SLICES:-1}                    # number of slices
IMAGE=${IMAGE:-FILL_IN_IMAGE}          # built from launch/Dockerfile with --build-arg EXTRAS=tpu
STORAGE=${STORAGE:-FILL_IN_STORAGE}    # from `xpk storage create` or `attach`: a volume that all workers see
CONFIG=${CONFIG:-FILL_IN_CONFIG}       # a config file in the image, configs/NAME.py
DATA=${DATA:-FILL_IN_DATA}             # --config.data.path: a data set on the storage, or "procedural"
WORKDIR=${WORKDIR:-FILL_IN_WORKDIR}    # folder of the run on the storage
RESTARTS=${RESTARTS:-50}

for name in CLUSTER PROJECT ZONE WORKLOAD TPU_TYPE IMAGE STORAGE CONFIG DATA WORKDIR; do
  if [[ ${!name} == FILL_IN_* ]]; then
    echo "$0: $name: found ${!name}, expected a value: edit the file or set $name" >&2
    exit 1
  fi
done

# exec: xpk wraps the command in a shell and passes SIGTERM to its child, which must be the training itself.
train="cd /opt/geolift && exec python -m launch.train"
for flag in --config="$CONFIG" --config.data.path="$DATA" --workdir="$WORKDIR" "$@"; do
  train+=" $(printf %q "$flag")"
done
exec xpk workload create --cluster="$CLUSTER" --project="$PROJECT" --zone="$ZONE" --workload="$WORKLOAD" \
  --tpu-type="$TPU_TYPE" --num-slices="$SLICES" --docker-image="$IMAGE" --storage="$STORAGE" \
  --max-restarts="$RESTARTS" --restart-on-exit-codes=71,75 --termination-grace-period-seconds=300 --command="$train"
