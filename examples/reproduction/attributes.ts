import {
  attributesOfLogits,
  FACE_ATTRIBUTES,
  type FaceAttribute,
  type FaceAttributes,
  faceAttributes,
  faceClass,
} from '@rectified-flow/datasets/node'
import type { SmallResNet } from '@rectified-flow/eval-fid'
import type * as tf from '@tensorflow/tfjs-core'

/** What faces show, as the measuring network reads it. */
export interface AttributeMeasures {
  /** Share of the faces that show the hair, glasses and mouth of their class. */
  agreement: number
  /** Total variation, in [0, 1], between how often each value of an attribute is shown and is true: the mean over attributes. */
  marginal: number
  /** Total variation between the joint frequencies of hat, beard, skin colour and hair. */
  joint: number
}

const names = Object.keys(FACE_ATTRIBUTES) as FaceAttribute[]
const sizes = names.map(name => FACE_ATTRIBUTES[name].length)
/** Which attributes are counted together: 64 combinations that a class does not decide alone. */
const TOGETHER: readonly FaceAttribute[] = ['hat', 'beard', 'skinColor', 'hair']
let truth: Promise<Counts> | undefined

/** Number of faces by value of each attribute, and by combination. */
class Counts {
  count = 0
  readonly single = sizes.map(size => new Float64Array(size))
  readonly joint = new Float64Array(TOGETHER.reduce((size, name) => size * FACE_ATTRIBUTES[name].length, 1))

  add(face: FaceAttributes): void {
    const index = (name: FaceAttribute) => (FACE_ATTRIBUTES[name] as readonly string[]).indexOf(face[name])
    this.count++
    for (const [i, name] of names.entries()) this.single[i]![index(name)]!++
    let at = 0
    for (const name of TOGETHER) at = at * FACE_ATTRIBUTES[name].length + index(name)
    this.joint[at]!++
  }
}

/** Reads the attributes of faces, and counts them. */
export class AttributeCounts {
  readonly #found = new Counts()
  #right = 0

  /** @param classes  the class that each face was drawn for */
  async add(features: SmallResNet, faces: tf.Tensor4D, classes: readonly number[]): Promise<void> {
    const logits = features.logits(faces)
    const shown = await attributesOfLogits(logits)
    logits.dispose()
    for (const face of shown) this.#found.add(face)
    this.#right += shown.filter((face, i) => faceClass(face) === classes[i]).length
  }

  /** @param trueFaces  so many faces, none of them drawn, give the true frequencies */
  async measures(trueFaces: number): Promise<AttributeMeasures> {
    truth ??= countTrueFaces(trueFaces)
    const real = await truth
    const { count, single, joint } = this.#found
    const each = single.map((counts, i) => totalVariation(counts, count, real.single[i]!, real.count))
    return {
      agreement: this.#right / count,
      marginal: each.reduce((a, b) => a + b, 0) / each.length,
      joint: totalVariation(joint, count, real.joint, real.count),
    }
  }
}

async function countTrueFaces(count: number): Promise<Counts> {
  const counts = new Counts()
  for (const face of await faceAttributes({ split: 'test', first: 1_000_000, count })) counts.add(face)
  return counts
}

function totalVariation(a: Float64Array, ofA: number, b: Float64Array, ofB: number): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value / ofA - b[i]! / ofB), 0) / 2
}
