import { writeFile } from 'node:fs/promises'
import { compileKernels } from './compile.mjs'

await writeFile(new URL('../src/linalg/wasm.generated.ts', import.meta.url), await compileKernels())
