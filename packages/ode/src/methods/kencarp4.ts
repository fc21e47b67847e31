import { implicitPair } from '../implicit-pair.js'

const b = [82889 / 524892, 0, 15625 / 83664, 69875 / 102672, -2260 / 8211, 1 / 4]
const other = [
  4586570599 / 29645900160,
  0,
  178811875 / 945068544,
  814220225 / 1159782912,
  -3700637 / 11593932,
  61727 / 225920,
]

/**
 * Kennedy and Carpenter's ESDIRK pair 4(3) of six stages, the implicit part of ARK4(3)6L[2]SA: L-stable, stiffly accurate. For stiff
 * fields, on which explicit methods take steps far shorter than the solution needs. Each of its five implicit stages takes some
 * field calls, as many as its equation needs.
 *
 * @see Kennedy, Carpenter, Additive Runge-Kutta schemes for convection-diffusion-reaction equations, Appl. Num. Math. 44 (2003)
 */
export const kencarp4 = implicitPair({
  name: 'kencarp4',
  order: 4,
  a: [
    [0],
    [1 / 4, 1 / 4],
    [8611 / 62500, -1743 / 31250, 1 / 4],
    [5012029 / 34652500, -654441 / 2922500, 174375 / 388108, 1 / 4],
    [15267082809 / 155376265600, -71443401 / 120774400, 730878875 / 902184768, 2285395 / 8070912, 1 / 4],
    b,
  ],
  c: [0, 1 / 2, 83 / 250, 31 / 50, 17 / 20, 1],
  error: { order: 3, weights: b.map((bi, i) => bi - other[i]!) },
})
