import { definePackage } from '@rectified-flow/tools/tsup-preset'

export default definePackage([
  'src/index.ts',
  'src/node/index.ts',
  'src/objectives/index.ts',
  'src/paper/index.ts',
  'src/transport/index.ts',
])
