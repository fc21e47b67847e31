import { calm } from '../dom.js'
import type { Paths } from '../worker/plane-messages.js'
import { blend } from './paths.js'
import { type Player, player } from './player.js'

/** The paths of a flow at one moment of its training. */
export interface Frame {
  round: number
  step: number
  paths: Paths
}

/** A time-lapse of the trainings of a series: what the flows did at every report, and smoothly in between. */
export interface Film {
  readonly frames: readonly Frame[]
  readonly player: Player
  /** Add what has been trained since; the picture moves there over about `ms`. */
  add(frame: Frame, ms: number): void
  clear(): void
  /** The paths at the place of the slider. */
  paths(): Paths | undefined
  /** The flow at the place of the slider. */
  round(): number
}

/** While a flow trains, pictures follow at most so often: the training needs the machine. */
const LIVE_MS = 30
/** Frames of the film in a second, and its longest time. */
const RATE = 16
const LONGEST_MS = 6000

/** @param onChange  called when the slider has moved, by hand or by itself */
export function film(onChange: () => void): Film {
  const frames: Frame[] = []
  /** The frame that is shown; between two frames, a share of the next. */
  let position = 0
  let moving = 0
  let painted = 0

  const text = () => {
    const frame = frames[Math.round(position)]
    return frame ? `${frame.round + 1}-RF, step ${frame.step}` : 'nothing yet'
  }
  const slider = player('film', {
    durationMs: () => Math.min(LONGEST_MS, (1000 * frames.length) / RATE),
    text,
    onChange() {
      cancelAnimationFrame(moving)
      position = slider.done * Math.max(0, frames.length - 1)
      show()
    },
  })

  function show(): void {
    slider.label(text())
    onChange()
  }

  return {
    frames,
    player: slider,
    add(frame, ms) {
      frames.push(frame)
      const last = frames.length - 1
      slider.place(1)
      cancelAnimationFrame(moving)
      if (calm()) {
        position = last
        return slider.label(text()) // pictures don't change while it trains; the end is shown
      }
      const [start, begin] = [Math.min(position, last), performance.now()]
      const tick = (now: number) => {
        const share = Math.min(1, Math.max(0, (now - begin) / Math.max(ms, 16)))
        if (share === 1 || now - painted > LIVE_MS) {
          position = start + share * (last - start)
          painted = now
          show()
        }
        if (share < 1) moving = requestAnimationFrame(tick)
      }
      moving = requestAnimationFrame(tick)
    },
    clear() {
      cancelAnimationFrame(moving)
      frames.length = position = 0
      slider.pause()
      slider.place(1)
      slider.label(text())
    },
    paths() {
      const at = Math.min(Math.floor(position), frames.length - 1)
      const [from, to] = [frames[at], frames[at + 1]]
      return from && (to ? blend(from.paths, to.paths, position - at) : from.paths)
    },
    round: () => frames[Math.round(position)]?.round ?? 0,
  }
}
