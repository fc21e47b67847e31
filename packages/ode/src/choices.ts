import { ab2, ab3, ab4 } from './methods/adams-bashforth.js'
import { bosh3 } from './methods/bosh3.js'
import { dop853 } from './methods/dop853.js'
import { dopri5 } from './methods/dopri5.js'
import { euler } from './methods/euler.js'
import { heun } from './methods/heun.js'
import { midpoint } from './methods/midpoint.js'
import { rk3 } from './methods/rk3.js'
import { rk4 } from './methods/rk4.js'
import { tsit5 } from './methods/tsit5.js'

/** Every method by its name, for command lines and settings files. Code imports only the method that it uses. */
export const solvers = {
  euler,
  heun,
  midpoint,
  rk3,
  rk4,
  ab2,
  ab3,
  ab4,
  bosh3,
  dopri5,
  tsit5,
  dop853,
}

export type SolverName = keyof typeof solvers
