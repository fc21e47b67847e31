export type { Scored } from './internal/checkpoint-folder.js'
export type { RunSettings } from './internal/run-settings.js'
export type { StopSignals } from './internal/stop-on.js'
export { type MpiCommunicator, type MpiOptions, mpiCommunicator } from './mpi/mpi-communicator.js'
export { TensorBoardWriter } from './tensorboard.js'
export { train } from './train.js'
export type { Preview, TrainOptions, TrainResult } from './train-options.js'
export {
  loadTrainer,
  readTrainerState,
  saveTrainer,
  type TrainerFile,
  trainerStateOf,
} from './trainer-file.js'
