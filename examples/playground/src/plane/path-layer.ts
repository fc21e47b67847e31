import type { Paths } from '../worker/plane-messages.js'
import { drawPaths, palette, type Surface } from './paint.js'

/**
 * Draws the same paths again and again at the cost of copying a picture. They are only stroked when they, the size, or the
 * theme have changed.
 */
export function pathLayer(count: number): (on: Surface, paths: Paths, alpha: number) => void {
  const picture = document.createElement('canvas')
  let [last, key]: [Paths | undefined, string] = [undefined, '']
  return (on, paths, alpha) => {
    const now = `${on.side} ${alpha} ${Object.values(palette()).join()}`
    if (last !== paths || key !== now) {
      ;[last, key] = [paths, now]
      picture.width = picture.height = on.side
      drawPaths({ ...on, context: picture.getContext('2d')! }, paths, count, alpha)
    }
    on.context.drawImage(picture, 0, 0)
  }
}
