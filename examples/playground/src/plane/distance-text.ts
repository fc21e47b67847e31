import type { ErrorPoint } from '../worker/plane-messages.js'

/** The least energy distance that a point's estimate can tell from 0: two standard errors of its square. */
export const floorOf = ({ deviation }: ErrorPoint) => Math.sqrt(2 * deviation)

/** The energy distance of a point: the root of its estimated square, but not less than the least that can be told from 0. */
export const distanceOf = (point: ErrorPoint) =>
  Math.max(Math.sqrt(Math.max(0, point.square)), floorOf(point))

/** Whether a point can be told from 0. */
export const isFar = (point: ErrorPoint) => point.square > 2 * point.deviation

export function distanceText(point: ErrorPoint): string {
  return `${isFar(point) ? '' : '< '}${distanceOf(point).toFixed(3)}`
}
