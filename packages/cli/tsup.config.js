import { definePackage } from '@rectified-flow/tools/tsup-preset'

export default definePackage(['src/index.ts', 'src/main.ts'])
