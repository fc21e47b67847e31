import { embeddedPair } from '../embedded-pair.js'
import { polynomials } from '../internal/polynomials.js'

/**
 * Dormand and Prince's pair 5(4) with Shampine's dense output of order 4: MATLAB's ode45, SciPy's RK45. Order 5, 6 calls
 * a step: the velocity at a step's end is the first of the next step.
 *
 * @see Dormand, Prince, A family of embedded Runge-Kutta formulae, J. Comp. Appl. Math. 6 (1980); Shampine, Some
 * practical Runge-Kutta formulas, Math. Comp. 46 (1986)
 */
export const dopri5 = embeddedPair({
  name: 'dopri5',
  order: 5,
  a: [
    [],
    [1 / 5],
    [3 / 40, 9 / 40],
    [44 / 45, -56 / 15, 32 / 9],
    [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
    [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
  ],
  b: [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
  c: [0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1],
  errors: [
    { order: 4, weights: [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40] },
  ],
  dense: {
    weights: polynomials([
      [1, -8048581381 / 2820520608, 8663915743 / 2820520608, -12715105075 / 11282082432],
      [0, 0, 0, 0],
      [0, 131558114200 / 32700410799, -68118460800 / 10900136933, 87487479700 / 32700410799],
      [0, -1754552775 / 470086768, 14199869525 / 1410260304, -10690763975 / 1880347072],
      [0, 127303824393 / 49829197408, -318862633887 / 49829197408, 701980252875 / 199316789632],
      [0, -282668133 / 205662961, 2019193451 / 616988883, -1453857185 / 822651844],
      [0, 40617522 / 29380423, -110615467 / 29380423, 69997945 / 29380423],
    ]),
  },
})
