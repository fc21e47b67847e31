/** A small network that a package of this project holds. Beside the file, a card says how it was made. */
export interface ShippedNetwork {
  readonly help: string
  /** Module specifier of the file: for `import.meta.resolve`, or for a bundler that gives its address. */
  readonly file: string
  /** The number of steps with which it should draw. */
  readonly steps: number
}

/** The networks that come with the packages, by the name that `loadFlow` of `/node` and the command line take. */
export const shippedNetworks = {
  digits: {
    help: 'handwritten digits 0 to 9 by class, 28 x 28: a 2-rectified flow, for one step',
    file: '@rectified-flow/flow/weights/digit-translator.safetensors',
    steps: 1,
  },
  'digit-teacher': {
    help: 'handwritten digits without classes, 28 x 28: a 1-rectified flow, for 16 steps and as a teacher',
    file: '@rectified-flow/flow/weights/digit-teacher.safetensors',
    steps: 16,
  },
  faces: {
    help: 'faces in colour by hair, glasses and mouth, 16 x 16: a 2-rectified flow++, for one step',
    file: '@rectified-flow/flow/weights/face-student.safetensors',
    steps: 1,
  },
  'face-teacher': {
    help: 'the 1-rectified flow that taught them, for 16 steps and as a teacher',
    file: '@rectified-flow/flow/weights/face-teacher.safetensors',
    steps: 16,
  },
} as const satisfies Record<string, ShippedNetwork>

export type ShippedNetworkName = keyof typeof shippedNetworks
