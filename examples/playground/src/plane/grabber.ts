import { EXTENT } from '../choices.js'
import { ARROWS } from '../pen.js'
import { placeUnder } from './paint.js'
import type { Point } from './paths.js'

/** How far an arrow key moves a grabbed particle. */
const KEY_STEP = 0.1

/**
 * Let a place of the plane be grabbed: by pointer, or by keys (Enter takes the middle, arrows move, Escape lets go). A finger
 * that moves up or down still scrolls the page.
 */
export function grabber(
  host: HTMLElement,
  { onGrab, onRelease }: { onGrab: (point: Point) => void; onRelease: () => void },
): void {
  host.tabIndex = 0
  let held: Point | undefined
  const grab = (point: Point) => {
    held = point
    onGrab(point)
  }
  host.addEventListener('pointerdown', event => {
    host.setPointerCapture(event.pointerId)
    grab(placeUnder(host, event))
  })
  host.addEventListener('pointermove', event => {
    if (host.hasPointerCapture(event.pointerId)) grab(placeUnder(host, event))
  })
  host.addEventListener('keydown', event => {
    const move = event.key === 'Enter' ? { x: 0, y: 0 } : ARROWS[event.key]
    const clamp = (value: number) => Math.min(EXTENT, Math.max(-EXTENT, value))
    if (move) {
      const [x, y] = held ?? [0, 0]
      grab([clamp(x + KEY_STEP * move.x), clamp(y - KEY_STEP * move.y)]) // here up is positive
      event.preventDefault()
    } else if (event.key === 'Escape') {
      held = undefined
      onRelease()
    }
  })
}
