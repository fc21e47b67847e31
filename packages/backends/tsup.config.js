import { definePackage } from '@rectified-flow/tools/tsup-preset'

export default definePackage(['src/index.ts', 'src/node/index.ts', 'src/onnx/index.ts'])
