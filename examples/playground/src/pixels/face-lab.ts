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
const SWITCHES = ['glasses', 'hair', 'mouth', 'hat'] as const
/** A press that moves less than this, in pixels, chooses a face. */
const STILL = 6

/** The face lab: a wall of faces that one network draws in one call each, and a pad to draw on one of them. */
export async function faceLab(crew: Crew, store: Store): Promise<void> {
  element('faces-model').textContent = 'Loading the network…'
  const bytes = await download(faceUrl)
  const { weights } = await crew.load('faces', bytes)
  let chosen = 8
  const count = rate(element('face-rate'), { unit: 'faces a second', fewest: COUNT })
  const wall = faceWall(
    crew,
    () => store.state,
    faces => {
      count(faces.length)
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
    stage: pad,
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
  /** The face under the pointer. */
  function faceAt({ clientX, clientY }: PointerEvent): number {
    const box = pad.getBoundingClientRect()
    const part = (at: number, length: number, parts: number) =>
      Math.min(parts - 1, Math.max(0, Math.floor((at / length) * parts)))
    const row = part(clientY - box.top, box.height, COUNT / COLUMNS)
    return row * COLUMNS + part(clientX - box.left, box.width, COLUMNS)
  }
  let pressed: { x: number; y: number } | undefined
  pad.addEventListener('pointerdown', ({ clientX: x, clientY: y }) => {
    pressed = { x, y }
  })
  pad.addEventListener('pointermove', event => {
    if (pad.hasPointerCapture(event.pointerId)) wall.attend(faceAt(event))
  })
  pad.addEventListener('lostpointercapture', () => wall.attend(undefined))
  pad.addEventListener('pointerup', event => {
    if (!pressed || Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > STILL) return
    choose(faceAt(event))
  })
  button('next-face').addEventListener('click', () => choose((chosen + 1) % COUNT))
  button('new-faces').addEventListener('click', () =>
    store.change({ faceSeed: (store.state.faceSeed + 1) % 1_000_000 }),
  )

  store.listen((_, changed) => {
    if (changed.has('faceSeed')) return void wall.reseed()
    if (changed.has('faceX') || changed.has('faceY')) slider.show()
    else if (!SWITCHES.some(name => changed.has(name))) return
    wall.draw()
  })
  await wall.reseed()
  void crew.addPainters('faces', bytes)
  element('faces-model').textContent = `${weights.toLocaleString('en')} weights for 16×16 pixels in colour.`
  turn.greet()
}
