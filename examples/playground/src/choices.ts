/** The choices of the page's controls, under the names that links use. */
export const POINT_SETS = ['moons', 'gaussians', 'checkerboard', 'spiral', 'drawn'] as const
export const SOLVERS = ['euler', 'newRule', 'heun', 'midpoint', 'rk4'] as const
export const TIMESTEPS = ['uniform', 'uShaped', 'logitNormal', 'exponentialRising'] as const
export const LOSSES = ['squaredL2', 'pseudoHuber'] as const
/** What the two flows at the top show: the paths that they make, or the pairs that they learned from. */
export const SHOWN = ['paths', 'pairs'] as const

export type PointSetName = (typeof POINT_SETS)[number]
export type SolverName = (typeof SOLVERS)[number]
export type TimestepsName = (typeof TIMESTEPS)[number]
export type LossName = (typeof LOSSES)[number]
export type ShownName = (typeof SHOWN)[number]

/** Cells along a side of the pad that a distribution is drawn on. */
export const DRAWN_SIDE = 32

/** The plane shows coordinates from -EXTENT to EXTENT. */
export const EXTENT = 3

/** Network calls of one step of each solver. */
export const CALLS: Record<SolverName, number> = { euler: 1, newRule: 1, heun: 2, midpoint: 2, rk4: 4 }
