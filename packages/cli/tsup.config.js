import { definePackage } from '@rectified-flow/tools/tsup-preset'

// yaml and zod are devDependencies, which tsup bundles: Node would load 150 files of theirs. NOTICE has their licences.
export default definePackage(['src/index.ts', 'src/main.ts'])
