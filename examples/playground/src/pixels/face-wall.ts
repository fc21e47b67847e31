import { canvas } from '../dom.js'
import type { State } from '../state.js'
import type { Crew, PixelsWorker } from './crew.js'
import { FACE_CLASSES, faceClass } from './face-choices.js'
import { CHANNELS, FACE_SIZE, SIDE } from './face-size.js'
import { withHat } from './hat.js'
import { joined, mixNoise, parted, sphereWeights } from './latent.js'
import { paintImages, sizeForImages } from './paint-images.js'
import { turns } from './turns.js'

export const COLUMNS = 6
export const COUNT = 24
export const WALL = { side: SIDE, channels: CHANNELS, columns: COLUMNS, rows: COUNT / COLUMNS }
/** A worker draws this many faces at once: few enough to follow the pointer. */
const AT_ONCE = 3
/** A worker has this many calls at a time, so that it never waits for the page. */
const CALLS = 2

export interface FaceWall {
  /** Draw every face again, for the state now. Near the place of `attend`, faces are drawn sooner and more often. */
  draw(): void
  /** The face that the user looks at; undefined where all are alike. */
  attend(face: number | undefined): void
  /** Draw with the noises of another seed. */
  reseed(): Promise<void>
  noise(face: number): Float32Array
  label(face: number): number
  /** The face as it is on the wall now, if it has been drawn. */
  image(face: number): Float32Array | undefined
}

/**
 * The wall of faces. Each has three noises of its own, and the state turns all of them. All workers draw the
 * faces whose turn it is, for the newest state.
 *
 * @param onFaces  called with each group of faces that is drawn
 */
export function faceWall(
  crew: Crew,
  state: () => State,
  onFaces: (faces: readonly number[]) => void,
): FaceWall {
  const wall = canvas('wall')
  const all = [...Array(COUNT).keys()]
  let noises: Float32Array[][] = []
  const queue = turns(COUNT, COLUMNS)
  /** The version of each face that the wall shows. */
  const shown = all.map(() => 0)
  const images: Float32Array[] = []
  const calls = new Map<PixelsWorker, number>()

  function noise(face: number): Float32Array {
    const { faceX: x, faceY: y, hat } = state()
    const mixed = mixNoise(noises[face]!, sphereWeights({ x, y }))
    return hat === 'yes' ? withHat(mixed) : mixed
  }
  // 5 and 8 have no common divisor: neighbours differ, and all classes are there.
  const label = (face: number) => faceClass(state(), (5 * face + 3) % FACE_CLASSES)

  async function work(worker: PixelsWorker): Promise<void> {
    const running = calls.get(worker) ?? 0
    if (running === CALLS) return
    calls.set(worker, running + 1)
    try {
      for (;;) {
        const { pictures: faces, version } = queue.take(AT_ONCE)
        if (faces.length === 0) return
        const { values } = await worker.draw('faces', joined(faces.map(noise)), { labels: faces.map(label) })
        for (const [i, image] of parted(values, FACE_SIZE).entries()) {
          const face = faces[i]!
          if (shown[face]! > version) continue // another worker was faster with a newer one
          shown[face] = version
          images[face] = image
          paintImages(wall, image, WALL, face)
        }
        onFaces(faces)
      }
    } finally {
      calls.set(worker, calls.get(worker)! - 1)
    }
  }

  function draw(): void {
    queue.renew()
    for (const worker of crew.painters) void work(worker)
  }

  sizeForImages(wall, WALL)
  return {
    draw,
    attend: queue.attend,
    async reseed() {
      const values = await crew.slow.normals(state().faceSeed, [...Array(3 * COUNT).keys()], FACE_SIZE)
      const parts = parted(values, FACE_SIZE)
      noises = all.map(i => parts.slice(3 * i, 3 * i + 3))
      draw()
    },
    noise,
    label,
    image: face => images[face],
  }
}
