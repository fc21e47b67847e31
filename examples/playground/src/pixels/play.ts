import { calm } from '../dom.js'

/** A button that plays something once around, and stops it. */
export interface Player {
  stop(): void
  /** Play by itself, once, as soon as the stage is in view, unless the system asks for reduced motion. */
  greet(): void
}

/**
 * @param stage     where it plays: out of view it stops, because it would take time from what is in view
 * @param duration  milliseconds of one time around
 * @param onFrame   gets the part of the way done, in [0, 1]
 */
export function player(
  toggle: HTMLButtonElement,
  { stage, duration, onFrame }: { stage: Element; duration: number; onFrame: (part: number) => void },
): Player {
  const label = toggle.textContent ?? ''
  let [frame, part] = [0, 0]
  let [inView, greeting] = [false, false]

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

  function greetInView(): void {
    if (!greeting || !inView) return
    greeting = false
    if (frame === 0) play()
  }

  new IntersectionObserver(entries => {
    inView = entries.at(-1)!.isIntersecting
    if (inView) greetInView()
    else stop()
  }).observe(stage)
  toggle.addEventListener('click', () => (frame ? stop() : play()))
  return {
    stop,
    greet() {
      greeting = !calm()
      greetInView()
    },
  }
}
