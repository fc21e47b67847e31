import { solve, solvers } from '@rectified-flow/ode'
import * as tf from '@tensorflow/tfjs-core'
import { build } from 'esbuild'
import { expect, it } from 'vitest'

it('has every solver under its own name, ready for a fixed grid', () => {
  for (const [name, method] of Object.entries(solvers)) {
    expect(method.name).toBe(name)
    const { x } = solve(tf.neg, tf.tensor1d([1]), { method, steps: 64, span: [0, 1] })
    expect(x.dataSync()[0]).toBeCloseTo(Math.exp(-1), method.order === 1 ? 2 : 4)
  }
})

it('a bundle that imports one solver has neither the list nor the other solvers', async () => {
  const { metafile } = await build({
    stdin: {
      contents: `export { euler } from '@rectified-flow/ode'`,
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    format: 'esm',
    write: false,
    metafile: true,
    conditions: ['@rectified-flow/source'],
    external: ['@tensorflow/*'],
  })
  const [output] = Object.values(metafile.outputs)
  const files = Object.keys(output!.inputs).map(path => path.replace(/.*\/src\//, ''))
  expect(files).toContain('methods/euler.ts')
  expect(files).not.toContain('choices.ts')
  expect(files).not.toContain('methods/dop853.ts')
})
