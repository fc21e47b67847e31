import { readdir, readFile } from 'node:fs/promises'

/**
 * Compile a folder of AssemblyScript, whose index.ts exports the functions. The binary imports its memory.
 *
 * @param {typeof import('assemblyscript/asc').default} asc  the package's compiler
 * @param {URL} folder
 * @param {string[]} options  more options for the compiler, beside those of all packages
 * @returns {Promise<{ declarations: string, binary: string }>} two parts of TypeScript files: the types of the functions, which
 *   are the same for all options, and the binary
 */
export async function compileAssembly(asc, folder, options = []) {
  const names = (await readdir(folder)).filter(name => name.endsWith('.ts')).sort()
  const sources = new Map()
  for (const name of names) sources.set(name, await readFile(new URL(name, folder), 'utf8'))
  let binary
  const all = ['index.ts', '--outFile', 'out.wasm', '--importMemory', '--runtime', 'stub', '--noAssert']
  const { error, stderr } = await asc.main([...all, '--enable', 'simd', '-O3', ...options], {
    readFile: name => sources.get(name) ?? null,
    writeFile: (_, contents) => {
      binary = contents
    },
    listFiles: () => [],
  })
  if (error) throw new Error(`${error.message}\n${stderr}`)
  return {
    declarations: types([...sources.values()].join('\n'), exportsOf(sources.get('index.ts'))),
    binary: `export const binaryBase64 =
  '${Buffer.from(binary).toString('base64')}'
`,
  }
}

/** The first line of every file that is made here. */
export const MADE = '// Made from assembly/ by `node assembly/build.mjs`.\n'

/** The names that index.ts exports. */
const exportsOf = index =>
  [...index.matchAll(/^export \{ (.+) \} from/gm)].flatMap(([, names]) => names.split(', '))

/** The types of functions, as their sources declare them. */
function types(source, functions) {
  const declared = new Map()
  for (const [, name, parameters, result] of source.matchAll(/^export function (\w+)\(([^)]*)\): (\w+)/gm))
    declared.set(name, { parameters, result })
  const lines = functions.map(name => {
    const { parameters, result } = declared.get(name)
    const typed = [...parameters.matchAll(/(\w+): (\w+)/g)].map(
      ([, name, type]) => `${name}: ${typeOf(type)}`,
    )
    return `  ${name}(${typed.join(', ')}): ${typeOf(result)}`
  })
  const units = /first: i32, last: i32(, thread: i32)?,?\s*$/
  const divisible = functions.filter(name => units.test(declared.get(name).parameters))
  const interfaceText = `/** The functions of assembly/, which take addresses in the memory, sizes and numbers. */
export interface Functions {
${lines.join('\n')}
}
`
  if (divisible.length === 0) return interfaceText
  const places = functions.map(name => {
    const typed = [...declared.get(name).parameters.matchAll(/(\w+): (\w+)/g)]
    const found = typed.flatMap(([, name, type], i) =>
      type === 'usize' && !name.endsWith('Step') ? [i] : [],
    )
    return `  ${name}: [${found.join(', ')}],`
  })
  return `${interfaceText}/** Those whose last parameters are the first unit of their work, the last one + 1 and, where it matters, the thread. */
export type Divisible = ${divisible.map(name => `'${name}'`).join(' | ')}
/** Which parameters are addresses: those of type usize, except distances, whose names end in Step. */
export const addresses: Record<keyof Functions, readonly number[]> = {
${places.join('\n')}
}
`
}

const typeOf = type => ({ void: 'void', bool: 'boolean' })[type] ?? 'number'
