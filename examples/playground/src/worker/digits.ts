import { createRng, indexedNormal, oneHot } from '@rectified-flow/core'
import { invert, sample, slerp } from '@rectified-flow/reflow'
import { edmVelocity, loadUNet, type UNet } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { breathe } from './breathe.js'

/** Facts about the networks in use that the page needs. */
export interface DigitsInfo {
  side: number
  channels: number
  /** Number of classes to choose from; 0 where the one-step network has none. */
  classes: number
  /** Whether the one-step network is another network than the teacher, straightened by Reflow. */
  straightened: boolean
  weights: number
}

/** A place in the plane through four corner noises, and the seed of these noises. */
export interface Place {
  x: number
  y: number
  seed: number
  /** The class to draw; ignored where the network has no classes. */
  label: number
}

/** An image [side,side,channels] in [-1,1], and the milliseconds that drawing took. */
export interface Drawn {
  image: Float32Array
  ms: number
}

/** The noise to which the flow inverts an image, and the image that the flow draws from this noise. */
export interface Inverted {
  noise: Float32Array
  again: Float32Array
  nfe: number
}

/** Steps of an inversion. Four are enough for a straightened flow, but a loaded network may not be straight. */
const INVERSION_STEPS = 16

/** Two networks for images of one shape: one draws in one step, the other (the teacher) is compared with it. */
export class Digits {
  readonly #fast: UNet
  readonly #teacher: UNet

  /** The noise of the user's drawing, if there is one: it replaces the plane's first corner. */
  #corner: tf.Tensor4D | undefined
  #maps = 0

  readonly info: DigitsInfo

  private constructor(fast: UNet, teacher: UNet) {
    this.#fast = fast
    this.#teacher = teacher
    const { imgResolution: side, outChannels: channels, labelDim: classes } = fast.config
    const weights = [...fast.weights.values()].reduce((sum, { size }) => sum + size, 0)
    this.info = { side, channels, classes, straightened: fast !== teacher, weights }
  }

  /** Load the networks from two safetensors files of saveUNet. Without a teacher, the first network is also the teacher. */
  static load(fast: ArrayBuffer, teacher?: ArrayBuffer): Digits {
    const net = loadUNet(fast)
    return new Digits(net, teacher ? loadUNet(teacher) : net)
  }

  /** The image that the one-step network draws at a place. */
  async one(place: Place): Promise<Drawn> {
    return this.#draw(this.#fast, place, 1)
  }

  /** The image that the teacher draws at a place. */
  async many(place: Place, nfe: number): Promise<Drawn> {
    return this.#draw(this.#teacher, place, nfe)
  }

  /** The noise of a place. */
  async noise(place: Place): Promise<Float32Array> {
    return read(tf.tidy(() => this.#noiseAt(place)))
  }

  /** Draw the images of a grid of places, row by row. A new map ends one that is still being drawn. */
  async map(
    { seed, label }: Omit<Place, 'x' | 'y'>,
    columns: number,
    onRow: (row: number, images: Float32Array) => void,
  ): Promise<void> {
    const turn = ++this.#maps
    const at = (i: number) => (i + 0.5) / columns
    for (let row = 0; row < columns && turn === this.#maps; row++) {
      const images = tf.tidy(() => {
        const z = tf.concat(
          Array.from({ length: columns }, (_, i) => this.#noiseAt({ seed, label, x: at(i), y: at(row) })),
        )
        return sample(this.#field(this.#fast, label), z, { steps: this.info.straightened ? 1 : 4 }).x
      })
      onRow(row, await read(images))
      await breathe()
    }
  }

  /** Invert an image [side,side,channels] to its noise, which becomes the plane's first corner. */
  async invert(image: Float32Array, label: number): Promise<Inverted> {
    this.#corner?.dispose()
    let nfe = 0
    const [z, again] = tf.tidy(() => {
      const x = tf.tensor(image, this.#shape)
      const field = this.#field(this.#fast, label)
      const inverted = invert(field, x, { noise: this.#normal(0, 0), steps: INVERSION_STEPS })
      const drawn = sample(field, inverted.z, { steps: INVERSION_STEPS })
      nfe = inverted.nfe + drawn.nfe
      return [inverted.z, drawn.x]
    }) as [tf.Tensor4D, tf.Tensor]
    this.#corner = z
    return { noise: Float32Array.from(await z.data()), again: await read(again), nfe }
  }

  /** Draw the noise of the inverted image under every class. */
  async translate(): Promise<Float32Array> {
    const { classes } = this.info
    const corner = this.#corner!
    const images = tf.tidy(() => {
      const classLabels = tf.eye(classes) as tf.Tensor2D
      return sample(edmVelocity(this.#fast, { classLabels }), tf.tile(corner, [classes, 1, 1, 1]), {
        steps: 2,
      }).x
    })
    return read(images)
  }

  /** Make the plane's first corner random again. */
  forget(): void {
    this.#corner?.dispose()
    this.#corner = undefined
  }

  dispose(): void {
    this.#maps++
    this.forget()
    this.#fast.dispose()
    this.#teacher.dispose()
  }

  get #shape(): [number, number, number, number] {
    const { side, channels } = this.info
    return [1, side, side, channels]
  }

  async #draw(net: UNet, place: Place, steps: number): Promise<Drawn> {
    const begin = performance.now()
    const image = await read(
      tf.tidy(() => sample(this.#field(net, place.label), this.#noiseAt(place), { steps }).x),
    )
    return { image, ms: performance.now() - begin }
  }

  #field(net: UNet, label: number) {
    const { labelDim } = net.config
    if (labelDim === 0) return edmVelocity(net)
    const classLabels = oneHot([label % labelDim], labelDim)
    return edmVelocity(net, { classLabels })
  }

  /** The noise of a place, on arcs between the corners: so every place is as likely as any other noise. */
  #noiseAt({ x, y, seed }: Place): tf.Tensor4D {
    const [a, b, c, d] = [0, 1, 2, 3].map(i => this.#normal(seed, i)) as tf.Tensor4D[]
    const top = slerp(this.#corner ?? a!, b!, x)
    return slerp(top, slerp(c!, d!, x), y)
  }

  #normal(seed: number, index: number): tf.Tensor4D {
    return indexedNormal(createRng(seed), [index], this.#shape.slice(1)) as tf.Tensor4D
  }
}

async function read(tensor: tf.Tensor): Promise<Float32Array> {
  try {
    return Float32Array.from(await tensor.data())
  } finally {
    tensor.dispose()
  }
}
