import { announce, button, canvas, element, onTheme } from '../dom.js'
import { latest } from '../rpc.js'
import type { Store } from '../store.js'
import type { Manner } from '../worker/pixels/messages.js'
import type { Backend } from '../worker/start.js'
import type { Crew } from './crew.js'
import { digitDrawing } from './digit-drawing.js'
import { digitMap } from './digit-map.js'
import { type Cast, ownCast, shippedCast } from './digit-networks.js'
import { digitTraining } from './digit-training.js'
import { mapWeights, mixNoise, parted } from './latent.js'
import { ownWeights } from './own-weights.js'
import { padSlider } from './pad-slider.js'
import { type Grid, noiseImage, paintImages, sizeForImages } from './paint-images.js'
import { player } from './play.js'
import { rate } from './rate.js'

const WALK_MS = 16_000

/** The digit lab: a teacher and its students draw from the same noise, at a place of a map between four noises. */
export async function digitLab(crew: Crew, store: Store, backend: Backend): Promise<void> {
  element('digits-model').textContent = 'Loading the networks…'
  const shipped = await shippedCast(crew)
  let cast: Cast = shipped
  let corners: Float32Array[] = []
  /** The noise of the user's drawing takes the first corner's place. */
  let drawnCorner: Float32Array | undefined
  const shown = new Map<string, Float32Array>()

  function show(id: string, values: Float32Array): void {
    const grid: Grid = cast.facts
    shown.set(id, values)
    sizeForImages(canvas(id), grid)
    paintImages(canvas(id), values, grid)
  }
  const manner = (count = 1): Manner => ({ labels: Array<number>(count).fill(label()) })
  const label = () => Math.min(store.state.label, Math.max(0, cast.facts.classes - 1))
  const noiseAt = (place: { x: number; y: number }) =>
    mixNoise([drawnCorner ?? corners[0]!, ...corners.slice(1)], mapWeights(place))

  /** Whether a noise is of the networks in use: one of the networks before has another size until the new ones are drawn. */
  const fits = (z: Float32Array) => z.length === cast.facts.side ** 2 * cast.facts.channels

  const tick = rate(element('digit-rate'))
  const drawQuickly = latest(async () => {
    const z = noiseAt(store.state)
    if (!fits(z)) return
    const [improved, plain] = await Promise.all([
      crew.quick.draw(cast.student, z, manner()),
      cast.plain && crew.quick.draw(cast.plain, z, manner()),
    ])
    if (!fits(z)) return
    show('noise', noiseImage(z))
    show('improved', improved.values)
    if (plain) show('plain', plain.values)
    write('improved-ms', `${improved.ms.toFixed(0)} ms`)
    tick()
  })
  const drawSlowly = latest(async () => {
    const [steps, z] = [store.state.digitNfe, noiseAt(store.state)]
    if (!fits(z)) return
    const { values, ms } = await crew.slow.draw(cast.teacher, z, { ...manner(), steps })
    if (!fits(z)) return
    show('taught', values)
    write('taught-calls', `${steps} ${steps === 1 ? 'call' : 'calls'}`)
    write('taught-ms', `${ms.toFixed(0)} ms`)
  })
  const map = digitMap(crew, { noiseAt, fits, manner, cast: () => cast, onSpeed: ms => training.onSpeed(ms) })
  const redraw = latest(async () => {
    const { side, channels } = cast.facts
    corners = parted(
      await crew.slow.normals(store.state.digitSeed, [0, 1, 2, 3], side * side * channels),
      side * side * channels,
    )
    drawPlace()
    map.draw()
  })
  function drawPlace(): void {
    drawQuickly()
    drawSlowly()
  }

  const drawing = digitDrawing(crew, {
    cast: () => cast,
    onNoise(noise) {
      drawnCorner = noise
      if (noise) store.change({ x: 0, y: 0 })
      redraw()
    },
  })

  function play(next: Cast, name: string): void {
    cast = next
    const { facts, plain, student } = cast
    drawing.clear()
    shown.clear()
    element('plain-panel').hidden = !plain
    element('plain-note').hidden = !plain
    element('improved-title').textContent = student === 'student' ? 'Student, improved' : name
    element('taught-title').textContent = cast.teacher === 'teacher' ? 'Teacher' : name
    element('label-field').hidden = facts.classes === 0
    element<HTMLInputElement>('label').max = String(Math.max(0, facts.classes - 1))
    if (facts.classes > 0 && store.state.label !== label()) store.change({ label: label() })
    const size = `${facts.weights.toLocaleString('en')} weights, ${facts.side}×${facts.side} pixels`
    element('digits-model').textContent =
      student === 'student' ? `Three networks, each of ${size}.` : `${name}: ${size}.`
    announce(`${name}: ready to draw.`)
    redraw()
  }
  const use = async (bytes: ArrayBuffer, name: string) => play(await ownCast(crew, bytes, shipped), name)
  ownWeights(use, async () => play(shipped, 'The shipped networks'))
  const training = digitTraining(crew, backend, use)

  const walk = player(button('walk'), {
    stage: element('latent'),
    duration: WALK_MS,
    onFrame: part => {
      const turn = 2 * Math.PI * part
      store.change({ x: 0.5 + 0.45 * Math.sin(turn), y: 0.5 + 0.45 * Math.sin(2 * turn) })
    },
  })
  const slider = padSlider(element('latent'), {
    at: () => store.state,
    drag: 'to',
    onMove(place) {
      walk.stop()
      store.change(place)
    },
  })
  button('new-corners').addEventListener('click', () =>
    store.change({ digitSeed: (store.state.digitSeed + 1) % 1_000_000 }),
  )
  store.listen((_, changed) => {
    if (changed.has('digitSeed') || changed.has('label')) redraw()
    if (changed.has('x') || changed.has('y')) {
      slider.show()
      drawPlace()
    } else if (changed.has('digitNfe')) drawSlowly()
  })
  onTheme(() => {
    for (const [id, values] of shown) show(id, values)
    map.paint()
    drawing.paint()
    training.paint()
  })
  play(shipped, 'The digits')
  walk.greet()
}

/** Write a text that changes often: a new layout only where it is another text. */
function write(id: string, text: string): void {
  if (element(id).textContent !== text) element(id).textContent = text
}
