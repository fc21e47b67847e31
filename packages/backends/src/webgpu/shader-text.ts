/** The most workgroups that we use in one dimension; WebGPU guarantees 65,535. */
const ROW = 32_768

interface Bindings {
  /** Names of arrays, in the order in which `dispatch` binds them. Their numbers are f32 or what is given as `name: type`. */
  read: readonly string[]
  write: readonly string[]
  /** Members of the struct `uniforms`, in the order of `packUniforms`. */
  uniforms?: string
}

/** The WGSL declarations of a shader's arrays and uniforms. */
export function bindings({ read, write, uniforms }: Bindings): string {
  const storage = (names: readonly string[], first: number, access: 'read' | 'read_write') =>
    names.map((named, i) => {
      const [name, type = 'f32'] = named.split(': ')
      return `@group(0) @binding(${first + i}) var<storage, ${access}> ${name}: array<${type}>;`
    })
  const lines = [...storage(read, 0, 'read'), ...storage(write, read.length, 'read_write')]
  if (uniforms) {
    lines.push(`struct Uniforms { ${uniforms} }`)
    lines.push(`@group(0) @binding(${lines.length - 1}) var<uniform> uniforms: Uniforms;`)
  }
  return lines.join('\n')
}

/** The WGSL declarations of sizes. */
export const constants = (sizes: Readonly<Record<string, number>>): string =>
  Object.entries(sizes)
    .map(([name, value]) => `const ${name} = ${value}u;`)
    .join('\n')

/** The numbers as the words of a uniform struct of scalars and vec2, padded to 16 bytes. */
export function packUniforms(...members: ({ u32: number } | { f32: number })[]): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(members.length / 4) * 4)
  const floats = new Float32Array(words.buffer)
  members.forEach((member, i) => {
    if ('u32' in member) words[i] = member.u32
    else floats[i] = member.f32
  })
  return words
}

/** Workgroups for `count` units of work, in rows. In WGSL a workgroup's unit is `unitOf(place)`; it can be past the last. */
export const inRows = (count: number): [number, number] => [Math.min(count, ROW), Math.ceil(count / ROW)]
export const unitOf = (place: string): string => `(${place}.x + ${place}.y * ${ROW}u)`

/** A WGSL function that reads number `i` of one of these arrays. */
export const readText = (name: string, arrays: readonly string[]): string => `
fn ${name}(array: u32, i: u32) -> f32 {
  switch array {
    ${arrays.map((array, number) => `case ${number}u: { return ${array}[i]; }`).join('\n    ')}
    default: { return 0.0; }
  }
}`

/** How many neighbouring numbers are read or written at once. */
export type Width = 1 | 4

/** As many numbers at once as the length allows. */
export const widthOf = (length: number): Width => (length % 4 === 0 ? 4 : 1)

/** The WGSL type of `width` numbers. */
export const typeOf = (width: Width): string => (width === 4 ? 'vec4<f32>' : 'f32')
