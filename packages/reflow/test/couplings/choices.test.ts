import { type Chosen, type Coupling, createRng, makeChosen, type Pairs } from '@rectified-flow/core'
import { imageDataset, pairSet } from '@rectified-flow/datasets'
import {
  type CouplingContext,
  couplings,
  independentCoupling,
  optimalTransportCoupling,
  storedCoupling,
  truncatedCoupling,
} from '@rectified-flow/reflow'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import { expect, it } from 'vitest'

const images = Uint8Array.from({ length: 5 * 4 }, (_, i) => i * 12)
const data = imageDataset({ images, height: 2, width: 2, channels: 1 })
const pairs = pairSet({ images, height: 2, width: 2, channels: 1, seed: 1 })
const rng = createRng(1)
const coupling = independentCoupling(data, { rng })

const functions: [Chosen, Coupling][] = [
  [{ name: 'independent' }, coupling],
  [{ name: 'stored' }, storedCoupling(pairs, { rng })],
  [{ name: 'optimalTransport' }, optimalTransportCoupling(coupling)],
  [
    { name: 'sinkhorn', epsilon: 0.5 },
    optimalTransportCoupling(coupling, { method: 'sinkhorn', epsilon: 0.5, rng: rng.fork('sinkhorn') }),
  ],
  [{ name: 'truncated', drop: 0.3 }, truncatedCoupling(coupling, { drop: 0.3 })],
]

it.each(functions)('$name makes the same pairs as its function', async (chosen, expected) => {
  const context = { data, pairs, coupling, rng }
  const made = makeChosen<Coupling, CouplingContext>('', couplings, chosen, context)
  const [a, b] = [await made.draw(3, 4), await expected.draw(3, 4)] as [Pairs, Pairs]
  await expectClose(a.x, b.x, exact)
  await expectClose(a.z, b.z, exact)
})

it('lists no other coupling', () => {
  expect(Object.keys(couplings)).toEqual(functions.map(([{ name }]) => name))
})
