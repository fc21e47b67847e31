import { button, element } from '../dom.js'

/** A slider over a time that can also play. */
export interface Player {
  /** The share of the time that has passed, in [0, 1]. */
  readonly done: number
  readonly playing: boolean
  /** Move the slider alone. */
  place(done: number): void
  /** Say what the slider's place means. */
  label(text: string): void
  /** Go to a share of the time, and stay there. */
  set(done: number): void
  play(): void
  pause(): void
}

export interface PlayerOptions {
  durationMs: () => number
  /** Where given, the time begins again so long after its end. */
  loopMs?: number
  /** What the slider's output and screen readers say. */
  text: (done: number) => string
  onChange: () => void
}

/** A player whose slider has an id; its button has the id with `-play`, its output the id with `-now`. */
export function player(id: string, { durationMs, loopMs, text, onChange }: PlayerOptions): Player {
  const slider = element<HTMLInputElement>(id)
  const toggle = button(`${id}-play`)
  const name = toggle.textContent
  let done = Number(slider.value)
  let frame = 0

  function place(next: number): void {
    done = next
    slider.value = String(next)
  }

  function say(words: string): void {
    element(`${id}-now`).textContent = words
    slider.setAttribute('aria-valuetext', words)
  }

  function show(next: number): void {
    place(next)
    say(text(next))
    onChange()
  }

  function pause(): void {
    cancelAnimationFrame(frame)
    frame = 0
    toggle.textContent = name
  }

  function play(): void {
    pause()
    toggle.textContent = 'Pause'
    let begin = performance.now() - (done % 1) * durationMs()
    const tick = (now: number) => {
      const share = (now - begin) / durationMs()
      if (share < 1) show(Math.max(0, share))
      else {
        if (done < 1) show(1)
        if (loopMs === undefined) return pause()
        if (now - begin > durationMs() + loopMs) begin = now
      }
      frame = requestAnimationFrame(tick)
    }
    frame = requestAnimationFrame(tick)
  }

  toggle.addEventListener('click', () => (frame ? pause() : play()))
  slider.addEventListener('input', () => {
    pause()
    show(Number(slider.value))
  })
  return {
    get done() {
      return done
    },
    get playing() {
      return frame !== 0
    },
    place,
    label: say,
    set(next) {
      pause()
      show(next)
    },
    play,
    pause,
  }
}
