#!/bin/bash
# Pairs, training, samples and FID: every stage starts when the stage before it has succeeded. Edit settings.sh first.
set -euo pipefail
cd "$(dirname "$0")"
source ./settings.sh
array=--array=0-$((TASKS - 1))

pairs=$(sbatch --parsable $array pairs.sbatch)
train=$(sbatch --parsable --dependency=afterok:"$pairs" train.sbatch)
sample=$(sbatch --parsable $array --dependency=afterok:"$train" sample.sbatch)
measure=$(sbatch --parsable $array --dependency=afterok:"$sample" fid.sbatch)
merge=$(sbatch --parsable --dependency=afterok:"$measure" fid.sbatch)
echo "pairs $pairs, train $train, sample $sample, fid $measure, merge $merge"
