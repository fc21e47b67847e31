import type { Multiplication } from './multiplication.js'
import { SUBGROUP, strideOf, threadsOf, type Variant } from './variants.js'

/**
 * Each subgroup computes a part of the tile, with its matrices: these are the tensor cores of a GPU. The sums go
 * through workgroup memory to where they are written, because how a matrix is spread over threads is not known.
 */
export function matricesText(
  variant: Variant,
  { matrices: side, each: [rows, columns] }: { matrices: number; each: readonly [number, number] },
): Multiplication {
  const [a, b] = [strideOf(variant.rows, variant), strideOf(variant.columns, variant)]
  const squares = (length: number) => [...Array(length / side).keys()].map(i => i * side)
  const [down, across] = [squares(rows), squares(columns)]
  const sums = down.flatMap(row => across.map(column => ({ row, column, name: `sum${row}x${column}` })))
  const load = (name: 'a' | 'b', square: number, stride: number) => {
    const [matrix, order, first] =
      name === 'a' ? ['left', 'col_major', 'subgroupRow'] : ['right', 'row_major', 'subgroupColumn']
    const type = `subgroup_matrix_${matrix}<f16, ${side}, ${side}>`
    return `let ${name}${square} = subgroupMatrixLoad<${type}, ${order}>(&${name}Tile, k * ${stride}u + ${first} + ${square}u, ${stride}u);`
  }
  return {
    declarations: `var<workgroup> results: array<f32, ${(threadsOf(variant) / SUBGROUP) * side ** 2}>;`,
    start: `let subgroup = thread / ${SUBGROUP}u;
  let subgroupRow = subgroup / ${variant.columns / columns}u * ${rows}u;
  let subgroupColumn = subgroup % ${variant.columns / columns}u * ${columns}u;
  ${sums.map(({ name }) => `var ${name}: subgroup_matrix_result<f32, ${side}, ${side}>;`).join('\n  ')}`,
    step: `for (var k = 0u; k < ${variant.depth}u; k += ${side}u) {
      ${down.map(square => load('a', square, a)).join('\n      ')}
      ${across.map(square => load('b', square, b)).join('\n      ')}
      ${sums.map(({ row, column, name }) => `${name} = subgroupMatrixMultiplyAccumulate(a${row}, b${column}, ${name});`).join('\n      ')}
    }`,
    finish: sums
      .map(
        ({ row, column, name }) => `
  subgroupMatrixStore<row_major>(&results, subgroup * ${side ** 2}u, ${name}, ${side}u);
  workgroupBarrier();
  for (var i = thread % ${SUBGROUP}u * 4u; i < ${side ** 2}u; i += ${4 * SUBGROUP}u) {
    let row = firstRow + subgroupRow + ${row}u + i / ${side}u;
    let at = subgroup * ${side ** 2}u + i;
    let value = vec4<f32>(results[at], results[at + 1u], results[at + 2u], results[at + 3u]);
    if (row < ROWS) { putFour(row, firstColumn + subgroupColumn + ${column}u + i % ${side}u, value); }
  }
  workgroupBarrier();`,
      )
      .join(''),
  }
}
