import * as tf from '@tensorflow/tfjs-core'
import type { Attrs, Inputs } from '../../kernels/table.js'
import type { Graph } from '../graph.js'
import type { OnnxKernel, Values } from '../kernel.js'
import type { Value } from '../value.js'

interface ConvAttrs {
  strides: number | [number, number]
  pad: 'same' | 'valid' | number | tf.backend_util.ExplicitPadding
  dilations?: number | [number, number]
  dataFormat?: string
}

type Conv<Name extends 'Conv2dBias' | 'Conv2dSkip'> = OnnxKernel<Values<Inputs<Name>>, Attrs<Name>>

/** The plain convolution of tfjs. */
export const conv2d: OnnxKernel<{ x: Value; filter: Value }, tf.Conv2DAttrs> = (
  graph,
  { x, filter },
  attrs,
) => convolution(graph, x, filter, [], attrs)

export const conv2dBias: Conv<'Conv2dBias'> = (graph, { x, filter, bias }, attrs) =>
  convolution(graph, x, filter, [graph.pixels(bias)], attrs)

/** scale (conv(x) + bias + skip) */
export const conv2dSkip: Conv<'Conv2dSkip'> = (graph, { x, filter, bias, skip }, { scale, ...attrs }) => {
  const y = convolution(graph, x, filter, [graph.pixels(bias)], attrs)
  const sum = graph.run('Add', [graph.planes(y), graph.planes(skip)])
  const planes = scale === 1 ? sum : graph.run('Mul', [sum, graph.tensors.number(scale)])
  return graph.value(y.shape, y.dtype, { planes })
}

/** A filter [h,w,C,M] for each channel. */
export const depthwise: OnnxKernel<{ x: Value; filter: Value }, tf.DepthwiseConv2dNativeAttrs> = (
  graph,
  { x, filter },
  attrs,
) => {
  const [height, width, channels, many] = filter.shape as Sides
  const weights = graph.reshaped(graph.filter(filter, [2, 3, 0, 1]), [channels * many, 1, height, width])
  return planesOf(graph, x, [weights], infoOf(x, filter, attrs, true), channels)
}

type Sides = [number, number, number, number]

function convolution(graph: Graph, x: Value, filter: Value, bias: string[], attrs: ConvAttrs): Value {
  const weights = graph.filter(filter, [3, 2, 0, 1])
  return planesOf(graph, x, [weights, ...bias], infoOf(x, filter, attrs, false), 1)
}

function infoOf(x: Value, filter: Value, attrs: ConvAttrs, isDepthwise: boolean): tf.backend_util.Conv2DInfo {
  const { strides, pad, dilations = 1, dataFormat = 'NHWC' } = attrs
  if (dataFormat !== 'NHWC')
    throw new RangeError(`backends.toOnnx: fn must convolve images in NHWC, got ${dataFormat}.`)
  const [image, size] = [x.shape as Sides, filter.shape as Sides]
  return tf.backend_util.computeConv2DInfo(image, size, strides, dilations, pad, undefined, isDepthwise)
}

function planesOf(
  graph: Graph,
  x: Value,
  weights: readonly string[],
  info: tf.backend_util.Conv2DInfo,
  group: number,
): Value {
  const { top, left, bottom, right } = info.padInfo
  const planes = graph.run('Conv', [graph.planes(x), ...weights], {
    group,
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    pads: [top, left, bottom, right],
  })
  return graph.value(info.outShape, 'float32', { planes })
}
