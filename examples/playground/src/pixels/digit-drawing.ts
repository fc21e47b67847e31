import { announce, button, canvas, element } from '../dom.js'
import { inkPad } from '../ink-pad.js'
import { latest } from '../rpc.js'
import { momentsOf, momentsText, paintBell } from './bell.js'
import type { Crew } from './crew.js'
import type { Cast } from './digit-networks.js'
import { halved, likeMnist } from './like-mnist.js'
import { type Grid, noiseImage, paintImages, sizeForImages } from './paint-images.js'

const PAD_SIDE = 28
/** Network calls of an inversion. With four, the noise of MNIST's digits has deviation 0.57, with 16 it has 0.72. */
const CALLS = 16

export interface DrawingOptions {
  cast: () => Cast
  /** Told the noise of each drawing, and undefined when it is wiped away. */
  onNoise: (noise: Float32Array | undefined) => void
}

/** A pad to draw a digit on. The student finds its noise, and draws it again from there. */
export function digitDrawing(
  crew: Crew,
  { cast, onNoise }: DrawingOptions,
): { clear(): void; paint(): void } {
  let found: { image: Float32Array; noise: Float32Array; again: Float32Array } | undefined

  function paint(): void {
    pad.show()
    showHint()
    const grid: Grid = cast().facts
    const images = { prepared: found?.image, found: found && noiseImage(found.noise), again: found?.again }
    for (const [id, image] of Object.entries(images)) {
      sizeForImages(canvas(id), grid)
      canvas(id).getContext('2d')!.clearRect(0, 0, grid.side, grid.side)
      if (image) paintImages(canvas(id), image, grid)
    }
    element('bell-panel').hidden = !found
    if (!found) return
    paintBell(canvas('bell'), found.noise)
    element('moments').textContent = momentsText(momentsOf(found.noise))
  }

  const showHint = () => element('digit').classList.toggle('empty', !pad.ink.some(level => level > 0))

  const invert = latest(async () => {
    const { student, facts } = cast()
    const drawn = likeMnist(pad.ink)
    if (!drawn) return
    const image = (facts.side === PAD_SIDE ? drawn : halved(drawn)).map(level => 2 * level - 1)
    const { values: noise } = await crew.quick.findNoise(student, image, { steps: CALLS })
    const { values: again } = await crew.quick.draw(student, noise)
    if (student !== cast().student) return
    found = { image, noise, again }
    paint()
    announce(
      `Your drawing's noise is found, with ${CALLS} network calls: ${momentsText(momentsOf(noise))}. It is the map's first corner now.`,
    )
    onNoise(noise)
  })
  const pad = inkPad(element('digit'), { side: PAD_SIDE, radius: 1.1, onDraw: () => invert() })
  for (const event of ['pointerdown', 'keydown']) element('digit').addEventListener(event, showHint)

  function clear(): void {
    pad.clear()
    found = undefined
    const { side, channels, classes } = cast().facts
    // A network with classes would need to be told the drawing's, and one of another shape can't see it.
    element('drawing').hidden = channels !== 1 || classes > 0 || (side !== PAD_SIDE && side !== PAD_SIDE / 2)
    onNoise(undefined)
    paint()
  }
  button('clear-digit').addEventListener('click', () => {
    clear()
    element('digit').focus()
  })
  new ResizeObserver(() => found && paintBell(canvas('bell'), found.noise)).observe(canvas('bell'))
  return { clear, paint }
}
