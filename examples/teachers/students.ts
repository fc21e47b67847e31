import type { SmallVgg } from '@rectified-flow/losses-lpips-huber'
import { readDigitPerception, readFacePerception } from '@rectified-flow/losses-lpips-huber/node'
import type { RecipeName } from '@rectified-flow/reflow/paper'

/** How a teacher is straightened, and what the student's card says of it. */
export interface Student {
  title: string
  /** The name of the teacher's file. */
  teacher: string
  recipe: RecipeName
  /** The network of LPIPS-Huber's perceptual term, to which squared differences of pixels are added. */
  perception?: () => Promise<SmallVgg>
  /** Number of pairs of noise and image, and the Euler steps in which the teacher makes each. */
  pairs: number
  pairSteps: number
  steps: number
  batch: number
  learningRate: number
  /** Steps in which the learning rate rises; afterwards it falls linearly to a fiftieth. */
  warmup: number
  emaDecay: number
}

const budget = { pairs: 8192, pairSteps: 16, batch: 64, learningRate: 5e-4 }
/** As in docs/reproduction.md: more steps make the student worse. */
const digits = {
  ...budget,
  teacher: 'small-digit-teacher',
  pairs: 4096,
  steps: 200,
  warmup: 20,
  emaDecay: 0.99,
}

/** The students that the flow package ships, by the name of their file. */
export const STUDENTS: Record<string, Student> = {
  'small-digit-plain': {
    ...digits,
    title: 'Small digits in one step, the plain way: a 2-rectified flow on MNIST at half its side',
    recipe: 'B',
  },
  'small-digit-student': {
    ...digits,
    title: 'Small digits in one step: a 2-rectified flow++ on MNIST at half its side',
    recipe: 'E',
    perception: readDigitPerception,
  },
  'face-student': {
    ...budget,
    title: 'Faces of 16x16 pixels in one step: a 2-rectified flow++, by class',
    teacher: 'face-teacher',
    recipe: 'E',
    perception: readFacePerception,
    steps: 400,
    warmup: 20,
    emaDecay: 0.99,
  },
}
