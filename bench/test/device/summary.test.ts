import { expect, it } from 'vitest'
import { compareCurves } from '../../src/device/compare-curves.js'
import { goalsOf } from '../../src/device/goals.js'
import type { NetworkEntry } from '../../src/device/network-entry.js'
import { summaryOf } from '../../src/device/summary.js'
import { markdown } from '../../src/device/summary-markdown.js'

const timing = { least: 1, processorMs: 1, stretches: 1, repeats: 1, firstMs: 1 }
const step = { network: 'cifar10', what: 'training step', batch: 128, ...timing } as const
const networks: NetworkEntry[] = [
  { ...step, by: 'ours', precision: 'float32', mode: 'replayed', ms: 300 },
  { ...step, by: 'ours', precision: 'float32', mode: 'eager', ms: 10 },
  { ...step, by: 'PyTorch', precision: 'float32', mode: 'eager', ms: 250, setup: 'channels_last' },
  { ...step, by: 'PyTorch', precision: 'float32', mode: 'eager', ms: 200, setup: 'NCHW' },
  { ...step, by: 'PyTorch', precision: 'bfloat16', mode: 'compile', ms: 1 },
]

it('compares replayed steps with the faster eager ones of PyTorch', () => {
  expect(goalsOf(networks).map(({ measured }) => measured)).toEqual([undefined, 1.5, undefined, undefined])
})

it('sums up an unfinished run', () => {
  const outcome = { job: 'cifar10, batch 128', ended: 'killed after 35 s', seconds: 35, entries: networks }
  const files = new Map([['3-networks', [outcome as never]]])
  const machine = { cpu: 'a CPU', cores: 2, memoryGiB: 4, platform: 'linux', date: '2026-11-26' }
  const text = markdown(summaryOf({ machine, software: false, files }))
  expect(text).toContain('CIFAR-10 network, batch 128: float32 / PyTorch eager float32 | 2 | 1.50 | met |')
  expect(text).toContain('| cifar10: training step | 128 | 300 | 10.0 | 200 | 1.00 |')
  expect(text).toContain('| 3-networks | cifar10, batch 128 | 35 | killed after 35 s |')
})

it('compares the first losses step by step, and later ones by their means', () => {
  const curve = Array.from({ length: 100 }, (_, i) => 1 / (1 + i / 50))
  const noisy = (share: number, from: number) =>
    curve.map((loss, i) => (i < from ? loss : loss * (1 + (i % 2 ? share : -share))))
  expect(compareCurves(curve, curve)).toEqual({ steps: 100, first: 0, windows: 0, agrees: true })
  expect(compareCurves(noisy(0.1, 10), curve)).toMatchObject({ first: 0, agrees: true })
  expect(compareCurves(noisy(1e-3, 9), curve)).toMatchObject({ agrees: false })
  expect(
    compareCurves(
      curve.map((loss, i) => (i < 50 ? loss : 1.003 * loss)),
      curve,
    ).agrees,
  ).toBe(false)
  expect(compareCurves([Number.NaN, ...curve.slice(1)], curve).agrees).toBe(false)
  expect(compareCurves([], curve).agrees).toBe(false)
})
