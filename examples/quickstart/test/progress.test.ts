import { expect, it, vi } from 'vitest'
import type { Job } from '../job.js'
import { watcher } from '../progress.js'

it('says where a job continues, and every ten seconds how far it is', () => {
  vi.useFakeTimers()
  const error = vi.spyOn(console, 'error').mockImplementation(() => {})
  try {
    const watch = watcher('steps')
    const [fresh, resumed] = ['train plain 2-RF', 'train 2-RF++ (C)'].map(title => ({ title }) as Job)
    for (const [job, from] of [
      [fresh!, 0],
      [resumed!, 40],
    ] as const) {
      watch.start(job)
      watch.progress(job, from, 200)
    }
    vi.advanceTimersByTime(9_999)
    watch.progress(fresh!, 10, 200)
    vi.advanceTimersByTime(1)
    watch.progress(fresh!, 200, 200)
    watch.end(fresh!)
    watch.stop()
    vi.advanceTimersByTime(60_000)
  } finally {
    vi.useRealTimers()
  }
  const lines = error.mock.calls.map(([text]) => text)
  error.mockReset()
  expect(lines).toEqual([
    'train 2-RF++ (C) continues at 40 of 200 steps',
    'train plain 2-RF: 10/200 steps, 10 s',
    'train 2-RF++ (C): 40/200 steps, 10 s',
    'train plain 2-RF: 200/200 steps, 10 s',
  ])
})
