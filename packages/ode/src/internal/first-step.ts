import type { AdaptiveMethod } from '../implicit-pair.js'
import type { Space } from './space.js'

/**
 * The size of each lane's first step, from the sizes of the state, its velocity and its acceleration; 1 field call.
 *
 * @see Hairer, Nørsett, Wanner, Solving Ordinary Differential Equations I, section II.4
 */
export async function firstSteps<V>(
  space: Space<V>,
  { errorOrder }: AdaptiveMethod,
  x: V,
  v: V,
  [start, end]: readonly [number, number],
): Promise<number[]> {
  const interval = Math.abs(end - start)
  const direction = Math.sign(end - start)
  const [d0, d1] = (await space.sizes([x, v], x, x)) as [number[], number[]]
  const trial = d0.map((size, lane) => {
    const speed = d1[lane]!
    return Math.min(interval, size < 1e-5 || speed < 1e-5 ? 1e-6 : (0.01 * size) / speed)
  })
  const [change] = space.scope(() => {
    const ahead = space.combine(
      x,
      [v],
      trial.map(h => [direction * h]),
    )
    const vAhead = space.evaluate(
      ahead,
      trial.map(h => start + direction * h),
    )
    return [
      space.combine(
        null,
        [vAhead, v],
        trial.map(() => [1, -1]),
      ),
    ]
  })
  try {
    const [d2] = (await space.sizes([change as V], x, x)) as [number[]]
    return trial.map((h, lane) => {
      const largest = Math.max(d1[lane]!, d2[lane]! / h)
      const step = largest <= 1e-15 ? Math.max(1e-6, h * 1e-3) : (0.01 / largest) ** (1 / (errorOrder + 1))
      return Math.min(100 * h, step, interval)
    })
  } finally {
    space.free([change as V])
  }
}
