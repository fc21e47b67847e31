import { bindings, constants, typeOf, unitOf } from '../shader-text.js'
import type { Split } from './choose.js'
import { matricesText } from './matrices-text.js'
import { type Product, rowsOf } from './product.js'
import { threadsText } from './threads-text.js'
import { blockText, loadText, tilesText } from './tiles-text.js'
import { threadsOf, type Variant } from './variants.js'

/**
 * A product of matrices by tiles. Each workgroup has a tile of the product. It copies a tile of both factors to its memory,
 * multiplies these, and goes on to the next along the depth. If the depth is split, workgroups share it and write their sums
 * to `parts`, which `sumAndPutText` adds up.
 */
export function productText(product: Product, variant: Variant, split: Split): string {
  const { by } = variant
  const multiplication = 'threads' in by ? threadsText(variant, by.threads) : matricesText(variant, by)
  const { factors, added, results } = product.bindings
  const whole = split.parts === 1
  const read = whole ? [...factors, ...added] : factors
  const write = whole ? results : [`parts: ${typeOf(product.width)}`]
  return `
${variant.element === 'f16' ? 'enable f16;' : ''}
${'matrices' in by ? MATRICES : ''}
${bindings({ read, write })}
${constants({
  ROWS: product.rows,
  COLUMNS: product.columns,
  DEPTH: product.depth,
  BATCH: product.batch,
  COLUMN_TILES: Math.ceil(product.columns / variant.columns),
  TILES: Math.ceil(product.rows / variant.rows) * Math.ceil(product.columns / variant.columns),
  PARTS: split.parts,
  PER_PART: split.depth,
  THREADS: threadsOf(variant),
})}
var<private> batch: u32;
var<private> part: u32;
${product.shared}
${product.factors}
${whole ? product.put : putPart(product)}
${putFourText(product)}
${blockText('a', 'ROWS', product.a)}
${blockText('b', 'COLUMNS', product.b)}
${tilesText(variant)}
${product.columnSums ? 'var<workgroup> columnSums: array<vec4<f32>, THREADS>;' : ''}
${multiplication.declarations}
@compute @workgroup_size(${threadsOf(variant)})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tile = ${unitOf('workgroup')};
  if (tile >= TILES) { return; }
  batch = workgroup.z / PARTS;
  part = workgroup.z % PARTS;
  let firstRow = tile / COLUMN_TILES * ${variant.rows}u;
  let firstColumn = tile % COLUMN_TILES * ${variant.columns}u;
  let start = workgroup.z % PARTS * PER_PART;
  let end = min(start + PER_PART, DEPTH);
  ${product.columnSums ? 'var sums = vec4<f32>();' : ''}
  ${multiplication.start}
  for (var first = start; first < end; first += ${variant.depth}u) {
    ${loadText('a', product.a, variant)}
    ${loadText('b', product.b, variant, product.columnSums ? 'if (firstRow == 0u) { sums += loaded[0] + loaded[1] + loaded[2] + loaded[3]; }' : '')}
    workgroupBarrier();
    ${multiplication.step}
    workgroupBarrier();
  }
  ${multiplication.finish}
  ${product.columnSums ? columnSumsText(variant) : ''}
}`
}

const MATRICES = `enable subgroups;
enable chromium_experimental_subgroup_matrix;
diagnostic(off, chromium.subgroup_matrix_uniformity);`

/** Writes the numbers of a part one product behind the other. */
const putPart = (product: Product): string => `
fn put(row: u32, column: u32, value: ${typeOf(product.width)}) {
  parts[(((part * BATCH + batch) * ${rowsOf(product)}u + row) * COLUMNS + column) / ${product.width}u] = value;
}`

const putFourText = ({ width }: Product): string => `
fn putFour(row: u32, column: u32, value: vec4<f32>) {
  ${
    width === 4
      ? 'if (column < COLUMNS) { put(row, column, value); }'
      : [...'xyzw']
          .map((part, i) => `if (column + ${i}u < COLUMNS) { put(row, column + ${i}u, value.${part}); }`)
          .join('\n  ')
  }
}`

/** A thread has always loaded the same columns. */
const columnSumsText = ({ columns }: Variant): string => `
  if (firstRow == 0u) {
    columnSums[thread] = sums;
    workgroupBarrier();
    if (thread < ${columns / 4}u) {
      for (var i = thread + ${columns / 4}u; i < THREADS; i += ${columns / 4}u) { sums += columnSums[i]; }
      putFour(ROWS, firstColumn + thread * 4u, sums);
    }
  }`
