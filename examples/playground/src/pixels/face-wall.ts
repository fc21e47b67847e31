import { canvas } from '../dom.js'
import type { State } from '../state.js'
import type { Crew, PixelsWorker } from './crew.js'
import { FACE_CLASSES, faceClass } from './face-choices.js'
import { joined, mixNoise, parted, sphereWeights } from './latent.js'
import { paintImages, sizeForImages } from './paint-images.js'

export const SIDE = 16
export const CHANNELS = 3
export const FACE_SIZE = SIDE * SIDE * CHANNELS
export const COLUMNS = 6
export const COUNT = 24
export const WALL = { side: SIDE, channels: CHANNELS, columns: COLUMNS, rows: COUNT / COLUMNS }
/** A worker draws this many faces at once: few enough to follow the pointer. */
const CHUNK = 3

export interface FaceWall {
  /** Draw every face again, for the state now. */
  draw(): void
  /** Draw with the noises of another seed. */
  reseed(): Promise<void>
  noise(face: number): Float32Array
  label(face: number): number
  /** The face as it is on the wall now, if it has been drawn. */
  image(face: number): Float32Array | undefined
}

/**
 * The wall of faces. Each has three noises of its own, and the state turns all of them. Both workers draw parts of the wall, those
 * first that are the longest behind, with the newest state.
 */
export function faceWall(
  crew: Crew,
  state: () => State,
  onFace: (first: number, count: number) => void,
): FaceWall {
  const wall = canvas('wall')
  let noises: Float32Array[][] = []
  let wanted = 0
  const chunks = Array.from({ length: COUNT / CHUNK }, (_, i) => ({ first: i * CHUNK, version: 0 }))
  const images: Float32Array[] = []
  const busy = new Set<PixelsWorker>()

  const noise = (face: number) =>
    mixNoise(noises[face]!, sphereWeights({ x: state().faceX, y: state().faceY }))
  // 5 and 8 have no common divisor: neighbours differ, and all classes are there.
  const label = (face: number) => faceClass(state(), (5 * face + 3) % FACE_CLASSES)

  async function work(worker: PixelsWorker): Promise<void> {
    if (busy.has(worker)) return
    busy.add(worker)
    try {
      for (;;) {
        const chunk = chunks.reduce((a, b) => (b.version < a.version ? b : a))
        if (chunk.version >= wanted) return
        chunk.version = wanted
        const faces = Array.from({ length: CHUNK }, (_, i) => chunk.first + i)
        const { values } = await worker.draw('faces', joined(faces.map(noise)), { labels: faces.map(label) })
        paintImages(wall, values, WALL, chunk.first)
        for (const [i, image] of parted(values, FACE_SIZE).entries()) images[chunk.first + i] = image
        onFace(chunk.first, CHUNK)
      }
    } finally {
      busy.delete(worker)
    }
  }

  function draw(): void {
    wanted++
    void work(crew.quick)
    void work(crew.slow)
  }

  sizeForImages(wall, WALL)
  return {
    draw,
    async reseed() {
      const all = await crew.slow.normals(state().faceSeed, [...Array(3 * COUNT).keys()], FACE_SIZE)
      const parts = parted(all, FACE_SIZE)
      noises = Array.from({ length: COUNT }, (_, i) => parts.slice(3 * i, 3 * i + 3))
      draw()
    },
    noise,
    label,
    image: face => images[face],
  }
}
