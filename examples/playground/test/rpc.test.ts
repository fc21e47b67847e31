import { expect, it } from 'vitest'
import { connect, latest, serve } from '../src/rpc.js'

it('calls functions across a channel, passes errors on, and receives events', async () => {
  const { port1, port2 } = new MessageChannel()
  const api = {
    add: (a: number, b: number) => a + b,
    async fail() {
      throw new Error('no')
    },
    tell: () => port2.postMessage({ event: 'heard' }),
  }
  serve(port2, api)
  const heard: string[] = []
  const remote = connect<typeof api, string>(port1, event => heard.push(event))
  port1.start()
  port2.start()
  expect(await Promise.all([remote.add(1, 2), remote.add(3, 4)])).toEqual([3, 7])
  await expect(remote.fail()).rejects.toThrow('no')
  await remote.tell()
  expect(heard).toEqual(['heard'])
  port1.close()
})

it('works for the latest call only', async () => {
  let [calls, asked] = [0, 0]
  const releases: (() => void)[] = []
  const seen: number[] = []
  const work = latest(async () => {
    calls++
    seen.push(asked)
    await new Promise<void>(resolve => releases.push(resolve))
  })
  for (asked = 1; asked <= 4; asked++) work()
  expect(calls).toBe(1)
  releases.shift()?.()
  await expect.poll(() => calls).toBe(2)
  releases.shift()?.()
  expect(seen).toEqual([1, 5])
})
