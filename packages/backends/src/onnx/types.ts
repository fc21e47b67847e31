import type { OnnxTensor } from './model.js'

/** The numbers of the types in onnx.proto (TensorProto.DataType). */
export const types = {
  float32: 1,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
} as const satisfies Record<OnnxTensor['dtype'], number>
