#!/usr/bin/env bash
# An archive on a cluster: each task of a Slurm array restores its share of the films.
#
#     sbatch --array=1-8 examples/slurm_array.sh /shared/films /shared/restored
#
# All tasks write one batch.json in the target folder, which every node must be able to access. A task
# that reaches its time limit is queued again and resumes. Two tasks never work on the same film.
#SBATCH --job-name=restore
#SBATCH --cpus-per-task=8
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
# five minutes before the time limit: stop after the current step
#SBATCH --signal=B:TERM@300
set -eu
[ $# -ge 2 ] || { echo "usage: sbatch --array=1-N slurm_array.sh FOLDER TARGET [options]" >&2; exit 2; }
films=$1 target=$2
shift 2

export OMP_NUM_THREADS=${SLURM_CPUS_PER_TASK:-1}
# exec: the signal reaches the batch, not the shell
exec restore batch "$films" --out "$target" \
    --share "$((SLURM_ARRAY_TASK_ID - SLURM_ARRAY_TASK_MIN + 1))/$SLURM_ARRAY_TASK_COUNT" "$@"
