#!/usr/bin/env bash
# Train on one or several SLURM nodes, one task per GPU. When the job is preempted or near its time limit, it saves,
# is requeued and resumes.
#
#   cd CHECKOUT; CONFIG=configs/paper.py DATA=/shared/a.npz WORKDIR=/shared/runs/a sbatch launch/slurm.sh [more flags]
#
# Fill in the #SBATCH lines up to "fill in" (SLURM reads them before any variable) and the variables below.
# Which processes get a signal: --signal=TERM@120 goes to the tasks of the step, not to this script, at least 120 s (up
# to 60 s more) before the time limit. On preemption and scancel the tasks and this script get SIGTERM, then SIGKILL
# after KillWait (often 30 s). srun must not get SIGTERM, because it would kill its tasks at once: it runs in a separate
# process group.
#
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=4
#SBATCH --gpus-per-node=4
#SBATCH --cpus-per-task=8
#SBATCH --mem-per-cpu=4G
#SBATCH --time=12:00:00
##SBATCH --partition=NAME
##SBATCH --account=NAME
# fill in: the lines above; ntasks-per-node = gpus-per-node (not --gpus-per-task: each task must see all of them)
#SBATCH --job-name=geolift
#SBATCH --output=geolift-%j.log
#SBATCH --open-mode=append
#SBATCH --requeue
#SBATCH --signal=TERM@120
CONFIG=${CONFIG:-FILL_IN_CONFIG}    # a config file, configs/NAME.py
DATA=${DATA:-FILL_IN_DATA}          # --config.data.path: a geolift data set that all nodes see, or "procedural"
WORKDIR=${WORKDIR:-FILL_IN_WORKDIR} # folder of the run that all nodes see (Lustre, NFS)
PYTHON=${PYTHON:-python}            # the Python in which geolift is installed, on all nodes

for name in CONFIG DATA WORKDIR; do
  if [[ ${!name} == FILL_IN_* ]]; then
    echo "$0: $name: found ${!name}, expected a value: edit the file or set $name" >&2
    exit 1
  fi
done
cd "${SLURM_SUBMIT_DIR:?found no SLURM_SUBMIT_DIR, expected to be started by sbatch}" || exit 1

set -m        # srun runs in a separate process group
trap ':' TERM # this script survives the SIGTERM and reads the exit code of the training
srun --kill-on-bad-exit=0 --wait=0 ${SLURM_CPUS_PER_TASK:+"--cpus-per-task=$SLURM_CPUS_PER_TASK"} \
  "$PYTHON" -m launch.train --config="$CONFIG" --config.data.path="$DATA" --workdir="$WORKDIR" "$@"
code=$? # the highest of all tasks

# A job that is still RUNNING got its signal before the time limit. Otherwise it is being cancelled and stays cancelled,
# or it is preempted and SLURM requeues it.
state=$(squeue --noheader --jobs="$SLURM_JOB_ID" --format=%T)
if [[ $code == 75 && $state == RUNNING ]]; then
  echo "$0: stopped and saved; requeued" >&2
  scontrol requeue "$SLURM_JOB_ID"
else
  echo "$0: exit code $code, job state ${state:-unknown}; not requeued" >&2
fi
exit "$code"
