import faceUrl from '@rectified-flow/flow/weights/face-student.safetensors?url'
import { announce, button, element } from '../dom.js'
import type { Store } from '../store.js'
import { type Crew, download } from './crew.js'
import { classText } from './face-choices.js'
import { faceDrawing } from './face-drawing.js'
import { COLUMNS, COUNT, faceWall } from './face-wall.js'
import { padSlider } from './pad-slider.js'
import { player } from './play.js'
import { rate } from './rate.js'

const TURN_MS = 30_000
/** A press that moves less than this, in pixels, chooses a face. */
const STILL = 6

/** The face lab: a wall of faces that one network draws in one call each, and a pad to draw on one of them. */
export async function faceLab(crew: Crew, store: Store): Promise<void> {
  element('faces-model').textContent = 'Loading the network…'
  const { weights } = await crew.load('faces', await download(faceUrl))
  let chosen = 8
  const tick = rate(element('face-rate'))
  const wall = faceWall(
    crew,
    () => store.state,
    first => {
      if (first === 0) tick() // once for each time that the whole wall is drawn
      if (!drawing.started && wall.image(chosen)) start()
    },
  )
  const drawing = faceDrawing(crew)

  function start(): void {
    drawing.start(wall.image(chosen)!, wall.label(chosen))
    showChosen()
  }
  function showChosen(): void {
    const mark = element('wall-mark')
    mark.style.left = `${(100 * (chosen % COLUMNS)) / COLUMNS}%`
    mark.style.top = `${(100 * Math.floor(chosen / COLUMNS)) / (COUNT / COLUMNS)}%`
  }
  function choose(face: number): void {
    chosen = face
    if (!wall.image(chosen)) return
    start()
    announce(`Face ${chosen + 1} of ${COUNT} is on the pad: ${classText(wall.label(chosen))}.`)
  }

  const pad = element('wall-pad')
  const turn = player(button('turn'), {
    duration: TURN_MS,
    onFrame: part => store.change({ faceX: part % 1, faceY: (2 * part) % 1 }),
  })
  const slider = padSlider(pad, {
    at: () => ({ x: store.state.faceX, y: store.state.faceY }),
    drag: 'by',
    onMove({ x, y }) {
      turn.stop()
      store.change({ faceX: x, faceY: y })
    },
  })
  let pressed: { x: number; y: number } | undefined
  pad.addEventListener('pointerdown', ({ clientX: x, clientY: y }) => {
    pressed = { x, y }
  })
  pad.addEventListener('pointerup', ({ clientX, clientY }) => {
    if (!pressed || Math.hypot(clientX - pressed.x, clientY - pressed.y) > STILL) return
    const box = pad.getBoundingClientRect()
    const part = (at: number, length: number, count: number) =>
      Math.min(count - 1, Math.max(0, Math.floor((at / length) * count)))
    const row = part(clientY - box.top, box.height, COUNT / COLUMNS)
    choose(row * COLUMNS + part(clientX - box.left, box.width, COLUMNS))
  })
  button('next-face').addEventListener('click', () => choose((chosen + 1) % COUNT))
  button('new-faces').addEventListener('click', () =>
    store.change({ faceSeed: (store.state.faceSeed + 1) % 1_000_000 }),
  )

  store.listen((_, changed) => {
    if (changed.has('faceSeed')) return void wall.reseed()
    if (changed.has('faceX') || changed.has('faceY')) slider.show()
    else if (!changed.has('glasses') && !changed.has('hair') && !changed.has('mouth')) return
    wall.draw()
  })
  await wall.reseed()
  element('faces-model').textContent = `${weights.toLocaleString('en')} weights for 16×16 pixels in colour.`
  turn.greet()
}
