import { cosineDecay, linearDecay, type Schedule, warmUp } from '@rectified-flow/reflow'
import { expectClose, f32 } from '@rectified-flow/tools/matchers'
import { describe, expect, it } from 'vitest'
import { setup } from './tiny-trainer.js'

const first = (count: number, schedule: Schedule) =>
  Array.from({ length: count }, (_, step) => schedule(step))

// PyTorch 2.13:
// opt = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
// rates = []
// for _ in range(n): rates.append(schedule.get_last_lr()[0]); opt.step(); schedule.step()
describe("the rates of PyTorch's", () => {
  it('CosineAnnealingLR(opt, T_max=8, eta_min=0.01)', async () => {
    const wanted = [
      0.1, 0.096574579, 0.086819805, 0.072220754, 0.055, 0.037779246, 0.023180195, 0.013425421, 0.01,
    ]
    await expectClose(first(9, cosineDecay(0.1, { to: 8, floor: 0.1 })), wanted, f32)
  })

  it('LinearLR(opt, start_factor=1, end_factor=0.1, total_iters=8)', async () => {
    const wanted = [0.1, 0.08875, 0.0775, 0.06625, 0.055, 0.04375, 0.0325, 0.02125, 0.01, 0.01, 0.01]
    await expectClose(first(11, linearDecay(0.1, { to: 8, floor: 0.1 })), wanted, f32)
  })

  it('SequentialLR(opt, [LinearLR(opt, 1e-9, 1, 4), CosineAnnealingLR(opt, T_max=8)], [4])', async () => {
    const wanted = [
      ...[0, 0.025, 0.05, 0.075, 0.1, 0.096193977, 0.085355339, 0.069134172, 0.05, 0.030865828, 0.014644661],
      ...[0.003806023, 0],
    ]
    const schedule = warmUp(cosineDecay(0.1, { from: 4, to: 12 }), { steps: 4 })
    await expectClose(first(13, schedule), wanted, f32)
  })
})

describe('a decay', () => {
  it('stays at its floor, and multiplies another schedule', () => {
    expect(linearDecay(1, { to: 4 })(1000)).toBe(0)
    expect(cosineDecay(1, { to: 4, floor: 0.25 })(1000)).toBe(0.25)
    expect(linearDecay(step => 2 * step, { from: 2, to: 4 })(3)).toBe(3)
  })

  it('is the rate of a trainer, step by step', async () => {
    const { trainer } = setup({ learningRate: cosineDecay(0.05, { to: 2 }) })
    const rates: number[] = []
    for (let i = 0; i < 3; i++) rates.push((await trainer.advance()).learningRate)
    await expectClose(rates, [0.05, 0.025, 0], f32)
  })

  it('refuses bad arguments by name', () => {
    expect(() => cosineDecay(0.1, { to: 0 })).toThrow(
      'reflow.cosineDecay: to must be an integer >= 1, got 0.',
    )
    expect(() => linearDecay(0.1, { from: 5, to: 5 })).toThrow(
      'reflow.linearDecay: to must be an integer >= 6',
    )
    expect(() => linearDecay(-1, { to: 5 })).toThrow('reflow.linearDecay: rate must be')
    expect(() => linearDecay(1, { to: 5, floor: 2 })).toThrow('reflow.linearDecay: floor must be')
    expect(() => cosineDecay(1, { steps: 5 } as never)).toThrow(
      "options must be of to, from, floor, got 'steps'.",
    )
    expect(() => warmUp(1, {} as never)).toThrow('reflow.warmUp: steps must be given, got undefined.')
  })
})
