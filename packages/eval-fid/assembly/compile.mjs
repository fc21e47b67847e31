import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import asc from 'assemblyscript/asc'

/** Compile the kernels of this folder; the text of src/linalg/wasm.generated.ts. */
export async function compileKernels() {
  const folder = new URL('.', import.meta.url)
  const names = (await readdir(folder)).filter(name => name.endsWith('.ts')).sort()
  const sources = new Map()
  for (const name of names) sources.set(name, await readFile(new URL(name, folder), 'utf8'))
  let binary
  const options = [
    'index.ts',
    '--outFile',
    'linalg.wasm',
    '--importMemory',
    '--runtime',
    'stub',
    '--noAssert',
  ]
  const { error, stderr } = await asc.main([...options, '--enable', 'simd', '-O3'], {
    readFile: name => sources.get(name) ?? null,
    writeFile: (_, contents) => {
      binary = contents
    },
    listFiles: () => [],
  })
  if (error) throw new Error(`${error.message}\n${stderr}`)
  const hash = createHash('sha256')
  for (const [name, text] of sources) hash.update(`${name}\n${text}\n`)
  return `// Made from assembly/ by \`node assembly/build.mjs\`.
export const sourcesSha256 = '${hash.digest('hex')}'
export const binaryBase64 =
  '${Buffer.from(binary).toString('base64')}'
`
}
