/** What a graph must say about an operation and an eager call does not say. */
export interface Operation {
  /** The name of its output, or of its list of outputs, in TensorFlow's registry; or the names of several outputs. */
  output: string | readonly string[]
  /** The attributes that are types, each with the index of the input whose type it is. */
  types: Readonly<Record<string, number>>
  /** Inputs whose numbers decide the shape of the output; the last one is -1. */
  shaping: readonly number[]
}

const T = { T: 0 }
const REDUCTION = { output: 'output', types: { T: 0, Tidx: 1 }, shaping: [1] }
const plain = (output: string): Operation => ({ output, types: T, shaping: [] })
const named = (names: string, operation: Operation) =>
  names.split(' ').map(name => [name, operation] as const)

/** Operations with one type, whose output's shape depends only on the shapes of the inputs, by the name of their output. */
const PLAIN = {
  y:
    'Abs Ceil Cos Erf Exp Expm1 Floor IsFinite IsNan Log Log1p Neg OnesLike Reciprocal Round Rsqrt Sigmoid Sign Sin ' +
    'Sqrt Square Tanh ZerosLike',
  z:
    'Add AddV2 Atan2 Equal FloorDiv FloorMod Greater GreaterEqual Less LessEqual Maximum Minimum Mul MulNoNan NotEqual ' +
    'Pow RealDiv SigmoidGrad SquaredDifference Sub',
  activations: 'Elu LeakyRelu Relu Relu6 Softplus',
  backprops: 'EluGrad',
  output:
    'AvgPool BatchMatMulV2 BiasAdd BiasAddGrad Conv2D DepthwiseConv2dNative L2Loss MaxPool MaxPoolGrad Pack Unpack ' +
    '_MklNativeConv2DWithBias',
  softmax: 'Softmax _MklSoftmax',
  sum: 'AddN',
}

/** The operations that may be in a graph. If a run makes any other call, that call and the deferred calls run at once. */
export const operations: ReadonlyMap<string, Operation> = new Map([
  ...Object.entries(PLAIN).flatMap(([output, names]) => named(names, plain(output))),
  ...named('ArgMax ArgMin Max Mean Min Prod Sum', REDUCTION),
  ...named('LogicalAnd LogicalOr', { output: 'z', types: {}, shaping: [] }),
  ...Object.entries<Operation>({
    All: { output: 'output', types: { Tidx: 1 }, shaping: [1] },
    Any: { output: 'output', types: { Tidx: 1 }, shaping: [1] },
    AvgPoolGrad: { output: 'output', types: { T: 1 }, shaping: [0] },
    Cast: { output: 'y', types: { SrcT: 0 }, shaping: [] },
    ConcatV2: { output: 'output', types: { T: 0, Tidx: -1 }, shaping: [-1] },
    Conv2DBackpropFilter: { output: 'output', types: T, shaping: [1] },
    Conv2DBackpropInput: { output: 'output', types: { T: 1 }, shaping: [0] },
    DepthwiseConv2dNativeBackpropFilter: { output: 'output', types: T, shaping: [1] },
    DepthwiseConv2dNativeBackpropInput: { output: 'output', types: { T: 1 }, shaping: [0] },
    ExpandDims: { output: 'output', types: { T: 0, Tdim: 1 }, shaping: [1] },
    Fill: { output: 'output', types: { index_type: 0, T: 1 }, shaping: [0] },
    GatherV2: { output: 'output', types: { Tparams: 0, Tindices: 1, Taxis: 2 }, shaping: [2] },
    LogicalNot: { output: 'y', types: {}, shaping: [] },
    MirrorPad: { output: 'output', types: { T: 0, Tpaddings: 1 }, shaping: [1] },
    OneHot: { output: 'output', types: { TI: 0, T: 2 }, shaping: [1] },
    PadV2: { output: 'output', types: { T: 0, Tpaddings: 1 }, shaping: [1] },
    Reshape: { output: 'output', types: { T: 0, Tshape: 1 }, shaping: [1] },
    ResizeBilinear: { output: 'resized_images', types: T, shaping: [1] },
    ReverseV2: { output: 'output', types: { T: 0, Tidx: 1 }, shaping: [1] },
    Select: { output: 'output', types: { T: 1 }, shaping: [] },
    Slice: { output: 'output', types: { T: 0, Index: 1 }, shaping: [1, 2] },
    SplitV: { output: 'output', types: { T: 0, Tlen: 1 }, shaping: [1, 2] },
    StridedSlice: { output: 'output', types: { T: 0, Index: 1 }, shaping: [1, 2, 3] },
    Tile: { output: 'output', types: { T: 0, Tmultiples: 1 }, shaping: [1] },
    Transpose: { output: 'y', types: { T: 0, Tperm: 1 }, shaping: [1] },
    // native/kernels.c
    RectifiedFlowAdamEma: { output: 'next', types: {}, shaping: [] },
    RectifiedFlowAttention: { output: ['y', 'log_sums'], types: {}, shaping: [] },
    RectifiedFlowAttentionGradient: { output: 'dqkv', types: {}, shaping: [] },
    RectifiedFlowConvolution: { output: 'y', types: {}, shaping: [] },
    RectifiedFlowConvolutionGradient: { output: ['filter', 'bias'], types: {}, shaping: [] },
    RectifiedFlowDropout: { output: 'y', types: {}, shaping: [] },
    RectifiedFlowGroupNorm: { output: ['y', 'mean', 'rstd'], types: {}, shaping: [] },
    RectifiedFlowGroupNormGradient: {
      output: ['dx', 'dgamma', 'dbeta', 'dscale', 'dshift'],
      types: {},
      shaping: [],
    },
    RectifiedFlowGroupNormOffset: { output: ['y', 'lines'], types: {}, shaping: [] },
    RectifiedFlowGroupNormOffsetGradient: {
      output: ['dx', 'dgamma', 'dbeta', 'doffset'],
      types: {},
      shaping: [],
    },
    RectifiedFlowIndexedNormal: { output: 'y', types: {}, shaping: [] },
    RectifiedFlowNormal: { output: 'y', types: {}, shaping: [] },
    RectifiedFlowRepeatBlocks: { output: 'y', types: {}, shaping: [] },
    RectifiedFlowSquareSums: { output: 'sums', types: {}, shaping: [] },
    RectifiedFlowSumBlocks: { output: 'y', types: {}, shaping: [] },
  }),
])
