import { describe, expect, it, vi } from 'vitest'
import { startProgress, withProgress } from '../src/progress.js'
import { barLine, speedometer } from '../src/progress-line.js'
import { recentLoss } from '../src/recent-loss.js'

const work = { title: 'train', total: 800_000, unit: 'steps' }

describe('barLine', () => {
  it('shows how far the work is, how fast, how long it will take, and what else is known', () => {
    const counts = { ...work, total: 4000, done: 1000, rate: 12.3, note: 'loss 0.1234' }
    expect(barLine(counts, 80)).toBe(
      'train [====----------] 1000/4000 steps  12 steps/s  4 min 4 s left  loss 0.1234',
    )
  })

  it.each([20, 40, 60, 80, 200])('fits %i columns', columns => {
    for (const done of [0, 1, 123_456, 800_000])
      for (const rate of [undefined, 0.00123, 3.21, 12_345])
        for (const note of [undefined, 'loss 0.0001234'])
          expect(barLine({ ...work, done, rate, note }, columns).length).toBeLessThan(columns)
  })
})

describe('a progress that is no terminal', () => {
  it('says something every ten seconds, and at the end', () => {
    vi.useFakeTimers()
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    try {
      const { update, stop } = startProgress({ ...work, total: 100 })
      update(0)
      for (let done = 1; done <= 100; done++) {
        vi.advanceTimersByTime(250)
        update(done)
      }
      stop()
      vi.advanceTimersByTime(60_000)
    } finally {
      vi.useRealTimers()
    }
    const lines = error.mock.calls.map(([text]) => text)
    error.mockReset()
    expect(lines).toEqual([
      'train: 39/100 steps, 4.0 steps/s, 15 s left',
      'train: 79/100 steps, 4.0 steps/s, 5 s left',
      'train: 100/100 steps, 4.0 steps/s',
    ])
  })
})

describe('a progress in a terminal', () => {
  it('leaves nothing behind when the work fails', async () => {
    vi.useFakeTimers()
    const { isTTY } = process.stderr
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    process.stderr.isTTY = true
    try {
      const failing = withProgress(work, async update => {
        update(3)
        throw new Error('the disk is full')
      })
      await expect(failing).rejects.toThrow('the disk is full')
      expect(vi.getTimerCount()).toBe(0)
      const all = write.mock.calls.map(([text]) => String(text))
      expect(all.at(-1)).toBe('\n')
      for (const left of ['\x1b[?25l', '\x1b[?7l']) expect(all).not.toContain(left)
    } finally {
      process.stderr.isTTY = isTTY
      write.mockRestore()
      vi.useRealTimers()
    }
  })
})

describe('speedometer', () => {
  it('counts from where the work begins', () => {
    vi.useFakeTimers()
    const at = speedometer({ ...work, total: 300 })
    expect(at(100).rate).toBeUndefined()
    vi.advanceTimersByTime(2000)
    expect(at(200).rate).toBe(50)
    vi.useRealTimers()
  })
})

describe('recentLoss', () => {
  it('is the mean of the losses there were, without those of skipped steps', () => {
    const lately = recentLoss()
    expect(lately.note).toBe('')
    for (const loss of [2, 2, Number.NaN, 2]) lately.add({ loss, skipped: Number.isNaN(loss) })
    expect(lately.note).toBe('loss 2.000')
  })
})
