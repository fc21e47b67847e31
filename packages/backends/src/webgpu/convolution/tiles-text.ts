import type { Factor } from './product.js'
import { strideOf, type Variant } from './variants.js'

type Name = 'a' | 'b'

/** The tiles of both factors in workgroup memory. The depth is the outer axis: a step reads one row of each. */
export function tilesText(variant: Variant): string {
  const four = 'threads' in variant.by
  const type = four ? `vec4<${typeIn(variant)}>` : typeIn(variant)
  return (['a', 'b'] as const)
    .map(name => {
      const numbers = variant.depth * strideOf(lengthOf(name, variant), variant)
      return `var<workgroup> ${name}Tile: array<${type}, ${four ? numbers / 4 : numbers}>;`
    })
    .join('\n')
}

/**
 * `aBlock(row, k)` or `bBlock(column, k)`: 4x4 numbers of a factor. Columns of this matrix are four rows of the factor (or
 * four of its columns) at one depth. Past the last row the last is read again: what comes of it is never written.
 */
export function blockText(name: Name, length: string, { along, width }: Factor): string {
  const body = width === 1 ? singles : along === 'depth' ? alongDepth : alongTile
  return `
fn ${name}Block(at: u32, k: u32) -> mat4x4<f32> {
  ${body(name, length)}
}`
}

const alongDepth = (name: Name, length: string): string => {
  const reads = [0, 1, 2, 3].map(i => `${name}(min(at + ${i}u, ${length} - 1u), k)`)
  return `return transpose(mat4x4<f32>(${reads.join(', ')}));`
}

const alongTile = (name: Name, length: string): string => {
  const reads = [0, 1, 2, 3].map(k => `${name}(within, k + ${k}u)`)
  return `let within = min(at, ${length} - 4u);
  return mat4x4<f32>(${reads.join(', ')});`
}

/** A loop, because compilers inline each call, and some take minutes for sixteen. */
const singles = (name: Name, length: string): string => `var block = mat4x4<f32>();
  for (var i = 0u; i < 16u; i++) { block[i / 4u][i % 4u] = ${name}(min(at + i % 4u, ${length} - 1u), k + i / 4u); }
  return block;`

/** Statements that copy a tile to workgroup memory by blocks, which neighbouring threads read along the memory. */
export function loadText(name: Name, { along }: Factor, variant: Variant, loaded = ''): string {
  const length = lengthOf(name, variant)
  const [wide, deep] = [length / 4, variant.depth / 4]
  const place =
    along === 'depth'
      ? [`block / ${deep}u * 4u`, `block % ${deep}u * 4u`]
      : [`block % ${wide}u * 4u`, `block / ${wide}u * 4u`]
  const first = name === 'a' ? 'firstRow' : 'firstColumn'
  const stores = [0, 1, 2, 3].map(k => storeText(name, k, variant)).join('\n      ')
  return `for (var block = thread; block < ${wide * deep}u; block += THREADS) {
      let at = ${place[0]};
      let k = ${place[1]};
      let loaded = ${name}Block(${first} + at, first + k);
      ${loaded}
      ${stores}
    }`
}

function storeText(name: Name, k: number, variant: Variant): string {
  const place = `(k + ${k}u) * ${strideOf(lengthOf(name, variant), variant)}u + at`
  const value = variant.element === 'rounded' ? `quantizeToF16(loaded[${k}])` : `loaded[${k}]`
  const type = typeIn(variant)
  if ('threads' in variant.by) return `${name}Tile[(${place}) / 4u] = vec4<${type}>(${value});`
  return [0, 1, 2, 3]
    .map(i => `${name}Tile[${place} + ${i}u] = ${type}(loaded[${k}][${i}]);`)
    .join('\n      ')
}

const typeIn = ({ element }: Variant): string => (element === 'f16' ? 'f16' : 'f32')
const lengthOf = (name: Name, { rows, columns }: Variant): number => (name === 'a' ? rows : columns)
