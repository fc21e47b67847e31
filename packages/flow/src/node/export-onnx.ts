import { basename } from 'node:path'
import { encodeOnnx, encodeOnnxApart, OPSET, onnxBytes, toOnnx } from '@rectified-flow/backends/onnx'
import { writeFileWhole } from '@rectified-flow/checkpoints/node'
import {
  checkInt,
  checkKind,
  checkOneOf,
  checkOptions,
  checkText,
  type OptionNames,
} from '@rectified-flow/core'
import { type SamplerOptions, sample, samplerNames } from '@rectified-flow/reflow'
import * as tf from '@tensorflow/tfjs-core'
import type { Flow } from '../flow.js'

export interface ExportOnnxOptions extends SamplerOptions {
  /** The type of weights and computation, F32 by default. Inputs and outputs are float32 in any case. */
  dtype?: 'F32' | 'F16'
  /** Weights of more bytes go into a second file, `PATH.data`; 2 GB, because the format allows no more in one. */
  mostBytes?: number
}

const exportNames: OptionNames<ExportOnnxOptions> = {
  ...samplerNames,
  dtype: 'optional',
  mostBytes: 'optional',
}

const WHERE = 'flow.exportOnnx'

/** Just below 2^31: the nodes need some room beside the weights. */
const MOST_BYTES = 2_000_000_000

/**
 * Write a flow with its sampler as an ONNX model (opset 17), which draws in one call: by default in one step.
 *
 *     await exportOnnx(await loadFlow('digits'), 'digits.onnx', { steps: 1 })
 *
 * Input `noise` is standard normal [B,C,H,W]; output `images` is [B,C,H,W] in [-1,1], or a little beyond. Channels come first,
 * as in models that PyTorch exports. A network with classes has the input `class_labels` too, one-hot rows [B,L]. All are
 * float32, for any B. The metadata say opset, version, sampler, preconditioner, `sigma_data` and the names of the classes.
 *
 * @param flow  borrowed
 * @param path  of the file to write; a larger model gets a second file beside it, which must stay there
 * @returns     the paths of the files
 * @throws RangeError for F16 if a number of the network is too large for it
 */
export async function exportOnnx(
  flow: Flow,
  path: string,
  options: ExportOnnxOptions = {},
): Promise<string[]> {
  checkOptions(WHERE, options, exportNames)
  checkKind(WHERE, 'flow', flow, 'a flow such as await loadFlow(...)', ['net', 'velocity'])
  checkText(WHERE, 'path', path)
  const { dtype = 'F32', mostBytes = MOST_BYTES, ...sampling } = options
  checkOneOf(WHERE, 'dtype', dtype, ['F32', 'F16'])
  checkInt(WHERE, 'mostBytes', mostBytes, 0, MOST_BYTES)
  const { imgResolution: side, inChannels: channels, labelDim: classes } = flow.net.config

  const draw = ({ noise, class_labels }: { noise: tf.Tensor; class_labels?: tf.Tensor }) => {
    const velocity = flow.velocity({ classLabels: class_labels as tf.Tensor2D | undefined })
    const { x } = sample(velocity, tf.transpose(noise, [0, 2, 3, 1]), { ...sampling, compile: false })
    return { images: tf.transpose(x, [0, 3, 1, 2]) }
  }
  const model = await toOnnx(
    draw,
    { noise: ['B', channels, side, side], ...(classes > 0 && { class_labels: ['B', classes] as const }) },
    { dtype, metadata: metadataOf(flow, options) },
  )
  if (onnxBytes(model) <= mostBytes) {
    await writeFileWhole(path, encodeOnnx(model))
    return [path]
  }
  const second = `${path}.data`
  const parts = encodeOnnxApart(model, basename(second))
  await writeFileWhole(second, async file => {
    for (const part of parts.data) await file.writeFile(part)
  })
  await writeFileWhole(path, parts.model)
  return [path, second]
}

/** What a reader may want to know of how the images are made. */
function metadataOf(
  { net, preconditioner, classNames }: Flow,
  options: ExportOnnxOptions,
): Record<string, string> {
  const { dtype = 'F32', method, rule = 'euler', steps = 1, times } = options
  const { sigmaData } = preconditioner
  return {
    opset: String(OPSET),
    network: net.config.type,
    dtype,
    sampler: method?.name ?? 'euler',
    rule,
    ...(times ? { times: times.join(',') } : { steps: String(steps) }),
    preconditioner: preconditioner.name,
    ...(sigmaData !== undefined && { sigma_data: String(sigmaData) }),
    ...(classNames && { class_names: JSON.stringify(classNames) }),
  }
}
