export type { AdaptiveOptions, AdaptiveState, AdaptiveStepOptions, SolverEvent } from './adaptive-options.js'
export { type SolverName, solvers } from './choices.js'
export { DenseSolution, solveDense } from './dense-solution.js'
export {
  type DenseOutput,
  type EmbeddedPair,
  type EmbeddedPairOptions,
  type ErrorEstimate,
  embeddedPair,
} from './embedded-pair.js'
export type { GradientOptions } from './gradient-options.js'
export { checkGrid, type Grid, uniformGrid } from './grid.js'
export {
  type AdaptiveMethod,
  type ImplicitPair,
  type ImplicitPairOptions,
  implicitPair,
} from './implicit-pair.js'
export { integrate } from './integrate.js'
export type { SolverEnd, SolverStatistics } from './internal/adaptive.js'
export type { SolverLimit } from './internal/lane.js'
export type { IntegrateOptions } from './internal/run.js'
export { type KarrasOptions, karrasLevels, karrasNames } from './karras-levels.js'
export type { Method, MethodStep, PastStep, Solution, SolverState } from './method.js'
export { ab2, ab3, ab4 } from './methods/adams-bashforth.js'
export { bosh3 } from './methods/bosh3.js'
export { dop853 } from './methods/dop853.js'
export { dopri5 } from './methods/dopri5.js'
export { euler } from './methods/euler.js'
export { heun } from './methods/heun.js'
export { kencarp4 } from './methods/kencarp4.js'
export { midpoint } from './methods/midpoint.js'
export { rk3 } from './methods/rk3.js'
export { rk4 } from './methods/rk4.js'
export { tsit5 } from './methods/tsit5.js'
export { type RungeKutta, type RungeKuttaOptions, rungeKutta, type Tableau } from './runge-kutta.js'
export { type SolveOptions, solve } from './solve.js'
export { type AdaptiveSolution, solveAdaptive } from './solve-adaptive.js'
export { solveAdjoint } from './solve-adjoint.js'
export { type CheckpointedOptions, solveCheckpointed } from './solve-checkpointed.js'
export { type Float64Options, type Float64Solution, solveFloat64 } from './solve-float64.js'
export { SolverError, type SolverStanding } from './solver-error.js'
export { karrasGrid, polynomialGrid, shiftedGrid } from './spaced-grids.js'
export { hairerControl, integralControl, piControl, pidControl, type StepControl } from './step-control.js'
export { type Trajectory, trajectory } from './trajectory.js'
export {
  type AdaptiveTrajectory,
  type AdaptiveTrajectoryOptions,
  trajectoryAdaptive,
} from './trajectory-adaptive.js'
