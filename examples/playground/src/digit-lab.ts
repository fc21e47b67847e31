import { announce, button, canvas, element, onTheme } from './dom.js'
import { inkPad } from './ink-pad.js'
import { latentPad } from './latent-pad.js'
import { paintImage, sizeForImages } from './paint-image.js'
import { latest, type Remote } from './rpc.js'
import type { Store } from './store.js'
import type { DigitsInfo, Drawn } from './worker/digits.js'
import type { Api } from './worker/worker.js'

/** Images along a side of the map of the latent plane. */
const COLUMNS = 9
const DIGIT_SIDE = 28

/** The digit lab: networks draw the digit at a place of the latent plane, and find the noise of a drawing. */
export function digitLab(
  worker: Remote<Api>,
  store: Store,
): { onMapRow(row: number, images: Float32Array): void; open(): Promise<void> } {
  let info: DigitsInfo | undefined
  /** The images that each canvas shows, kept to paint them again in other colours. */
  const shown = new Map<string, Float32Array>()
  const mapRows: Float32Array[] = []

  function show(id: string, images: Float32Array, rows = 1): void {
    if (!info) return
    shown.set(id, images)
    const { side, channels } = info
    const size = side * side * channels
    const columns = images.length / size / rows
    sizeForImages(canvas(id), side, columns, rows)
    for (let i = 0; i < columns * rows; i++)
      paintImage(canvas(id), images.subarray(i * size, (i + 1) * size), {
        ...info,
        column: i % columns,
        row: Math.floor(i / columns),
      })
  }

  const place = () => {
    const { x, y, digitSeed: seed, label } = store.state
    return { x, y, seed, label }
  }
  const caption = (id: string, { ms }: Drawn) => {
    element(id).textContent = `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`
  }

  // The one-step image follows the pointer; the teacher's image comes later, as fast as the teacher can draw it.
  const drawOne = latest(async () => {
    const [drawn, noise] = [await worker.drawOne(place()), await worker.drawNoise(place())]
    if (!drawn || !noise) return
    show('one', drawn.image)
    caption('one-ms', drawn)
    show(
      'noise',
      noise.map(value => value / 3),
    )
  })
  const drawMany = latest(async () => {
    const nfe = store.state.digitNfe
    const drawn = await worker.drawMany(place(), nfe)
    if (!drawn || !info) return
    const calls = `${nfe} ${nfe === 1 ? 'call' : 'calls'}`
    element('many-title').textContent = info.straightened ? `1-RF, ${calls}` : calls
    show('many', drawn.image)
    caption('many-ms', drawn)
  })
  const drawMap = latest(async () => {
    const { digitSeed: seed, label } = store.state
    await worker.drawMap({ seed, label }, COLUMNS)
  })

  function drawAll(): void {
    if (!info) return
    drawOne()
    drawMany()
    drawMap()
  }

  async function use(opening: Promise<DigitsInfo>, name: string): Promise<void> {
    try {
      info = await opening
    } catch (error) {
      announce((error as Error).message)
      element('model').textContent = (error as Error).message
      return
    }
    mapRows.length = 0
    sizeForImages(canvas('map'), info.side, COLUMNS, COLUMNS)
    const size = `${info.side}×${info.side}`
    element('model').textContent = `${name}: ${info.weights.toLocaleString('en')} weights, ${size} pixels`
    element('one-title').textContent = info.straightened ? '2-RF, 1 call' : '1 call'
    element('label-field').hidden = info.classes === 0
    element<HTMLInputElement>('label').max = String(info.classes - 1)
    element('invert-panel').hidden = info.side !== DIGIT_SIDE || info.channels !== 1
    announce(`${name}: ready to draw.`)
    drawAll()
  }

  const pad = inkPad(element('digit'), { side: DIGIT_SIDE, radius: 1, onDraw: () => invert() })
  const invert = latest(async () => {
    if (!pad.ink.some(level => level > 0)) return
    const found = await worker.invert(
      pad.ink.map(level => 2 * level - 1),
      store.state.label,
    )
    if (!found || !info) return
    show(
      'found',
      found.noise.map(value => value / 3),
    )
    show('again', found.again)
    if (info.classes > 0) {
      const translated = await worker.translate()
      if (translated) show('translated', translated)
    }
    element('translated-field').hidden = info.classes === 0
    announce(
      `Your drawing's noise is found, with ${found.nfe} network calls; it is the map's first corner now.`,
    )
    store.change({ x: 0, y: 0 })
    drawAll()
  })
  button('clear-digit').addEventListener('click', async () => {
    pad.clear()
    for (const id of ['found', 'again', 'translated']) {
      shown.delete(id)
      sizeForImages(canvas(id), 1)
    }
    element('translated-field').hidden = true
    await worker.forget()
    drawAll()
  })
  button('new-corners').addEventListener('click', () =>
    store.change({ digitSeed: (store.state.digitSeed + 1) % 1_000_000 }),
  )

  element<HTMLInputElement>('weights').addEventListener('change', async event => {
    const file = (event.target as HTMLInputElement).files?.[0]
    if (file) await use(worker.loadDigits(await file.arrayBuffer()), file.name)
  })

  latentPad(element('latent'), store)
  store.listen((_, changed) => {
    if (!info) return
    if (changed.has('digitSeed') || changed.has('label')) drawAll()
    else if (changed.has('x') || changed.has('y')) {
      drawOne()
      drawMany()
    } else if (changed.has('digitNfe')) drawMany()
    if (changed.has('label')) invert()
  })
  onTheme(() => {
    pad.show()
    for (const [id, images] of shown) show(id, images)
    for (const [row, images] of mapRows.entries()) paintRow(row, images)
  })

  function paintRow(row: number, images: Float32Array): void {
    if (!info) return
    const size = images.length / COLUMNS
    for (let column = 0; column < COLUMNS; column++)
      paintImage(canvas('map'), images.subarray(column * size, (column + 1) * size), { ...info, column, row })
  }

  return {
    onMapRow(row, images) {
      mapRows[row] = images
      paintRow(row, images)
    },
    open: () => use(worker.openDigits(), 'Shipped digits'),
  }
}
