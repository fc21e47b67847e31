import { writeFile } from 'node:fs/promises'
import { compileKernels } from './compile.mjs'

for (const [name, text] of Object.entries(await compileKernels()))
  await writeFile(new URL(`../src/wasm/${name}`, import.meta.url), text)
