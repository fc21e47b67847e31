import { calm } from '../dom.js'

/** A button that plays something once around, and stops it. */
export interface Player {
  stop(): void
  /** Play by itself, once, unless the system asks for reduced motion. */
  greet(): void
}

/**
 * @param duration  milliseconds of one time around
 * @param onFrame   gets the part of the way done, in [0, 1]
 */
export function player(
  toggle: HTMLButtonElement,
  { duration, onFrame }: { duration: number; onFrame: (part: number) => void },
): Player {
  const label = toggle.textContent ?? ''
  let [frame, part] = [0, 0]

  function stop(): void {
    cancelAnimationFrame(frame)
    frame = 0
    toggle.textContent = label
  }

  function play(): void {
    const begin = performance.now() - (part % 1) * duration
    toggle.textContent = 'Pause'
    const tick = (now: number) => {
      part = Math.min(1, Math.max(0, (now - begin) / duration))
      onFrame(part)
      if (part === 1) stop()
      else frame = requestAnimationFrame(tick)
    }
    frame = requestAnimationFrame(tick)
  }

  toggle.addEventListener('click', () => (frame ? stop() : play()))
  return { stop, greet: () => void (calm() || frame || play()) }
}
