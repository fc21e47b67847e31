import type { WordPlace } from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'

/** The inputs of every convolution kernel; images are NHWC. */
export interface ConvInputs {
  /** [B,H,W,I] */
  x: tf.Tensor4D
  /** [h,w,I,O] */
  filter: tf.Tensor4D
}

export interface ConvAttrs {
  strides: [number, number]
  pad: 'same' | 'valid' | tf.backend_util.ExplicitPadding
}

export interface NormInputs {
  /** [B,H,W,C] */
  x: tf.Tensor4D
  /** [C] */
  gamma: tf.Tensor1D
  /** [C] */
  beta: tf.Tensor1D
}

/** What each sample adds [B,C]: y (1 + scale) + shift. */
export interface Modulation {
  scale: tf.Tensor2D
  shift: tf.Tensor2D
}

/** What each sample adds to x before the norm. */
export interface Offset {
  /** [B,C] */
  offset: tf.Tensor2D
}

export interface NormAttrs {
  groups: number
  epsilon: number
  /** Whether the kernel applies silu at its end; never where `Silu` is a kernel. */
  activate: boolean
}

export interface NormOutputs {
  /** [B,H,W,C] */
  y: tf.Tensor4D
  /** [B,groups] */
  mean: tf.Tensor2D
  /** 1 / sqrt(variance + epsilon) [B,groups] */
  rstd: tf.Tensor2D
}

export interface OffsetNormOutputs {
  /** [B,H,W,C] */
  y: tf.Tensor4D
  /** What the norm makes of x in each channel, (x - line[0]) line[1]: the mean less the offset, and rstd [B,C,2]. */
  lines: tf.Tensor3D
}

export interface AttentionInputs {
  /** Queries, keys and values [B,N,3C], side by side; each has the heads side by side along its C. */
  qkv: tf.Tensor3D
}

export interface AttentionOutputs {
  /** [B,N,C] */
  y: tf.Tensor3D
  /** The logarithm of the sum of exp(scores) of each row [B,heads,N]. */
  logSums: tf.Tensor3D
}

export interface DropoutAttrs {
  /** Where its random words begin. */
  place: WordPlace
  /** How many of 2^15 numbers become 0, on average; the others are multiplied by 2^15 / (2^15 - dropped). */
  dropped: number
}

export interface RandomAttrs {
  /** Where the stream's words for these numbers begin. */
  place: WordPlace
  shape: readonly number[]
}

/**
 * Every kernel of this package: its inputs, attributes and outputs by name. A backend may have some of them; without a
 * kernel, the operation composes tfjs's operations.
 */
export interface KernelTable {
  /** The convolution plus bias [O]. */
  Conv2dBias: { inputs: ConvInputs & { bias: tf.Tensor1D }; attrs: ConvAttrs; outputs: { y: tf.Tensor4D } }
  /** scale times the sum of the convolution, bias [O] and skip [B,H',W',O]. */
  Conv2dSkip: {
    inputs: ConvInputs & { bias: tf.Tensor1D; skip: tf.Tensor4D }
    attrs: ConvAttrs & { scale: number }
    outputs: { y: tf.Tensor4D }
  }
  /** The gradient of Conv2dBias with respect to filter and bias. */
  Conv2dBiasGradient: {
    inputs: { x: tf.Tensor4D; dy: tf.Tensor4D }
    attrs: ConvAttrs & { filterShape: [number, number, number, number] }
    outputs: { filter: tf.Tensor4D; bias: tf.Tensor1D }
  }
  GroupNorm: { inputs: NormInputs; attrs: NormAttrs; outputs: NormOutputs }
  GroupNormModulated: { inputs: NormInputs & Modulation; attrs: NormAttrs; outputs: NormOutputs }
  /** The gradient of both kernels above, with respect to each input, under the input's name. */
  GroupNormGradient: {
    inputs: NormInputs & Partial<Modulation> & NormOutputs & { dy: tf.Tensor4D }
    attrs: NormAttrs
    outputs: NormInputs & Partial<Modulation>
  }
  /** The norm of x + offset, and its gradient. */
  GroupNormOffset: { inputs: NormInputs & Offset; attrs: NormAttrs; outputs: OffsetNormOutputs }
  GroupNormOffsetGradient: {
    inputs: NormInputs & Omit<OffsetNormOutputs, 'y'> & { dy: tf.Tensor4D }
    attrs: NormAttrs
    outputs: NormInputs & Offset
  }
  /** x sigmoid(x), and its gradient, where they can't be a part of the norm's kernels. */
  Silu: { inputs: { x: tf.Tensor }; attrs: object; outputs: { y: tf.Tensor } }
  SiluGradient: { inputs: { x: tf.Tensor; dy: tf.Tensor }; attrs: object; outputs: { x: tf.Tensor } }
  /** softmax(q kᵀ / sqrt(d)) v of each head, d = C / heads. */
  Attention: { inputs: AttentionInputs; attrs: { heads: number }; outputs: AttentionOutputs }
  AttentionGradient: {
    inputs: AttentionInputs & AttentionOutputs & { dy: tf.Tensor3D }
    attrs: { heads: number }
    outputs: AttentionInputs
  }
  /** x with a share of its numbers set to 0; each number uses 15 bits of the random words (see ops/dropout.ts). */
  Dropout: { inputs: { x: tf.Tensor }; attrs: DropoutAttrs; outputs: { y: tf.Tensor } }
  /** Uniform numbers in [0, 1), one word each, with the bits of `Rng.uniforms`. */
  RandomUniform: { inputs: object; attrs: RandomAttrs; outputs: { y: tf.Tensor } }
  /** Standard normal numbers, two from two words, as `Rng.normals` makes them. */
  RandomNormal: { inputs: object; attrs: RandomAttrs; outputs: { y: tf.Tensor } }
  /** Standard normal numbers [B,...shape]; row i is that of the fork `indices[i]` of the place's stream, which is not moved. */
  IndexedNormal: {
    /** [B,2] in int32: the low and the high word of each index. */
    inputs: { indices: tf.Tensor2D }
    attrs: RandomAttrs
    outputs: { y: tf.Tensor }
  }
  /** gain times the sum of each 2x2 block of x [B,H,W,C]. */
  SumBlocks: { inputs: { x: tf.Tensor4D }; attrs: { gain: number }; outputs: { y: tf.Tensor4D } }
  /** Each pixel of x [B,H,W,C] as a block of 2x2 pixels, times gain. */
  RepeatBlocks: { inputs: { x: tf.Tensor4D }; attrs: { gain: number }; outputs: { y: tf.Tensor4D } }
  /** Half the sides of x [B,H,W,C], with the taps of a separable filter along the rows and the columns (see ops/resample.ts). */
  ResampleDown: {
    inputs: { x: tf.Tensor4D }
    attrs: { taps: readonly number[] }
    outputs: { y: tf.Tensor4D }
  }
  /** Twice the sides. */
  ResampleUp: { inputs: { x: tf.Tensor4D }; attrs: { taps: readonly number[] }; outputs: { y: tf.Tensor4D } }
  /** The sum of squares of each of n tensors [n]. */
  SquareSums: { inputs: readonly tf.Tensor[]; attrs: object; outputs: { sums: tf.Tensor1D } }
  /** What an Adam step does, decided on the device (see ops/adam-numbers.ts). */
  StepNumbers: {
    inputs: { schedule: tf.Tensor2D; skipped: tf.Tensor1D; losses: tf.Tensor1D; squares: tf.Tensor1D }
    attrs: { clipNorm: number }
    outputs: { numbers: tf.Tensor1D; skipped: tf.Tensor1D }
  }
  /**
   * One Adam step and the moving average: the numbers of ops/adam-numbers.ts [10], then for each weight weight, m, v, ema and
   * gradient, all of one shape. Its outputs are for each weight weight, m, v and ema. Where the factor is 0, the gradient
   * counts as 0 even if it is NaN.
   */
  AdamEma: { inputs: readonly tf.Tensor[]; attrs: object; outputs: readonly tf.Tensor[] }
}

export type KernelName = keyof KernelTable
export type Inputs<Name extends KernelName> = KernelTable[Name]['inputs']
export type Attrs<Name extends KernelName> = KernelTable[Name]['attrs']
export type Outputs<Name extends KernelName> = KernelTable[Name]['outputs']

/** The place of each output in tfjs's list, or that the outputs are a list. */
export const places = {
  Conv2dBias: { y: 0 },
  Conv2dSkip: { y: 0 },
  Conv2dBiasGradient: { filter: 0, bias: 1 },
  GroupNorm: { y: 0, mean: 1, rstd: 2 },
  GroupNormModulated: { y: 0, mean: 1, rstd: 2 },
  GroupNormGradient: { x: 0, gamma: 1, beta: 2, scale: 3, shift: 4 },
  GroupNormOffset: { y: 0, lines: 1 },
  GroupNormOffsetGradient: { x: 0, gamma: 1, beta: 2, offset: 3 },
  Silu: { y: 0 },
  SiluGradient: { x: 0 },
  Attention: { y: 0, logSums: 1 },
  AttentionGradient: { qkv: 0 },
  Dropout: { y: 0 },
  RandomUniform: { y: 0 },
  RandomNormal: { y: 0 },
  IndexedNormal: { y: 0 },
  SumBlocks: { y: 0 },
  RepeatBlocks: { y: 0 },
  ResampleDown: { y: 0 },
  ResampleUp: { y: 0 },
  SquareSums: { sums: 0 },
  StepNumbers: { numbers: 0, skipped: 1 },
  AdamEma: 'list',
} satisfies {
  [Name in KernelName]: Outputs<Name> extends readonly tf.Tensor[]
    ? 'list'
    : Record<keyof Outputs<Name>, number>
}
