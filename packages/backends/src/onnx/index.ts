export { encodeOnnx, encodeOnnxApart, onnxBytes } from './encode.js'
export type { Attribute, OnnxEndpoint, OnnxModel, OnnxNode, OnnxTensor } from './model.js'
export { type OnnxShapes, OPSET, type ToOnnxOptions, toOnnx } from './to-onnx.js'
