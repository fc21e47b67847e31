import type { Multiplication } from './multiplication.js'
import type { Variant } from './variants.js'

/**
 * Each thread computes some rows and columns of the tile, in sums that stay in registers: at each depth it reads a
 * number for each row and column and multiplies all pairs. Its rows come four by four, far apart, and so do its
 * columns: then neighbouring threads read neighbours, and write neighbours.
 */
export function threadsText(variant: Variant, [rows, columns]: readonly [number, number]): Multiplication {
  const [down, across] = [variant.rows / rows, variant.columns / columns]
  const [rowFours, columnFours] = [range(rows / 4), range(columns / 4)]
  const sums = range(rows).flatMap(i => columnFours.map(j => ({ i, j, name: `sum${i}x${j}` })))
  return {
    declarations: '',
    start: `let across = thread % ${across}u;
  let down = thread / ${across}u;
  ${sums.map(({ name }) => `var ${name} = vec4<f32>();`).join('\n  ')}`,
    step: `for (var k = 0u; k < ${variant.depth}u; k++) {
      ${rowFours.map(i => `let a${i} = vec4<f32>(aTile[k * ${variant.rows / 4}u + down + ${i * down}u]);`).join('\n      ')}
      ${columnFours.map(j => `let b${j} = vec4<f32>(bTile[k * ${variant.columns / 4}u + across + ${j * across}u]);`).join('\n      ')}
      ${sums.map(({ i, j, name }) => `${name} = fma(vec4<f32>(a${i >> 2}.${'xyzw'[i & 3]}), b${j}, ${name});`).join('\n      ')}
    }`,
    finish: range(rows)
      .map(i => {
        const row = `firstRow + (down + ${(i >> 2) * down}u) * 4u + ${i & 3}u`
        const puts = columnFours.map(
          j => `putFour(${row}, firstColumn + (across + ${j * across}u) * 4u, sum${i}x${j});`,
        )
        return `if (${row} < ROWS) {\n    ${puts.join('\n    ')}\n  }`
      })
      .join('\n  '),
  }
}

const range = (length: number): number[] => [...Array(length).keys()]
