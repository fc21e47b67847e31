import { announce, canvas, element } from '../dom.js'
import { latest } from '../rpc.js'
import { momentsOf, momentsText, paintBell } from './bell.js'
import { palette } from './colours.js'
import type { Crew } from './crew.js'
import { classChoice, classText, FACE_CLASSES, type FaceChoice, faceClass } from './face-choices.js'
import { CHANNELS, FACE_SIZE, SIDE } from './face-size.js'
import { withHat } from './hat.js'
import { joined } from './latent.js'
import { paintImages, sizeForImages } from './paint-images.js'
import { pixelPad } from './pixel-pad.js'

/** Network calls of an inversion. */
const CALLS = 8
const VARIANTS = { side: SIDE, channels: CHANNELS, columns: 4, rows: FACE_CLASSES / 4 }

/** What the face on the pad shows: the network has to be told, because it finds the noise for a class. */
const SHOWS = ['hair', 'glasses', 'mouth'] as const

/** A face to draw on. The network finds its noise, and draws this noise as each of its eight classes, in one call each. */
export function faceDrawing(crew: Crew): {
  readonly started: boolean
  start(image: Float32Array, label: number): void
} {
  let started = false
  /** Whether the user has drawn: only then a message is due. */
  let drawn = false
  const colours = palette(element('colours'))
  const hat = element<HTMLInputElement>('kinds-hat')
  const selects = SHOWS.map(name => [name, element<HTMLSelectElement>(`shows-${name}`)] as const)
  const pad = pixelPad(element('face'), {
    id: 'face-canvas',
    side: SIDE,
    colour: () => colours.colour,
    onDraw: () => change(),
  })

  const label = () =>
    faceClass(Object.fromEntries(selects.map(([name, { value }]) => [name, value])) as unknown as FaceChoice)

  const redraw = latest(async () => {
    const shows = label()
    const { values: noise } = await crew.quick.findNoise('faces', pad.picture, {
      labels: [shows],
      steps: CALLS,
    })
    const labels = Array.from({ length: FACE_CLASSES }, (_, i) => i)
    const given = hat.checked ? withHat(noise) : noise
    const { values } = await crew.quick.draw('faces', joined(labels.map(() => given)), { labels })
    sizeForImages(canvas('variants'), VARIANTS)
    paintImages(canvas('variants'), values, VARIANTS)
    const mark = element('variant-mark')
    mark.style.left = `${25 * (shows % 4)}%`
    mark.style.top = `${50 * Math.floor(shows / 4)}%`
    mark.hidden = false
    paintBell(canvas('face-bell'), noise)
    element('face-moments').textContent = momentsText(momentsOf(noise))
    if (drawn)
      announce(
        `The noise of this face is found (${classText(shows)}), and drawn as all eight classes${hat.checked ? ', with a hat' : ''}.`,
      )
  })
  function change(): void {
    drawn = true
    redraw()
  }
  for (const control of [hat, ...selects.map(([, select]) => select)])
    control.addEventListener('change', change)

  return {
    get started() {
      return started
    },
    start(image, from) {
      started = true
      drawn = false
      pad.picture.set(image.subarray(0, FACE_SIZE))
      pad.show()
      const shown = classChoice(from)
      for (const [name, select] of selects) select.value = shown[name]
      redraw()
    },
  }
}
