import { button, element } from './dom.js'

/** How long particles take from noise to data. */
const DURATION_MS = 2400

/** The time slider, and the button that moves it from noise (t = 1) to data (t = 0). */
export function timeline(onChange: () => void): { readonly done: number; play(): void } {
  const slider = element<HTMLInputElement>('time')
  const toggle = button('play')
  let frame = 0

  function set(done: number): void {
    slider.value = String(done)
    element('time-now').textContent = `t = ${(1 - done).toFixed(2)}`
    slider.setAttribute('aria-valuetext', `t = ${(1 - done).toFixed(2)}`)
    onChange()
  }

  function stop(): void {
    cancelAnimationFrame(frame)
    frame = 0
    toggle.textContent = 'Play'
  }

  function play(): void {
    stop()
    toggle.textContent = 'Pause'
    const begin = performance.now() - (Number(slider.value) % 1) * DURATION_MS
    const tick = (now: number) => {
      const done = Math.min(1, Math.max(0, (now - begin) / DURATION_MS))
      set(done)
      if (done === 1) stop()
      else frame = requestAnimationFrame(tick)
    }
    frame = requestAnimationFrame(tick)
  }

  toggle.addEventListener('click', () => (frame ? stop() : play()))
  slider.addEventListener('input', () => {
    stop()
    set(Number(slider.value))
  })
  return {
    get done() {
      return Number(slider.value)
    },
    play,
  }
}
