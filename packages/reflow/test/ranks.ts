import type { Communicator } from '@rectified-flow/reflow'

/** Communicators of `size` ranks that all live in this process: each call ends when every rank has made it. */
export function ranks(size: number): Communicator[] {
  let waiting: { values: Float32Array | Float64Array; end: () => void }[] = []
  const meet = (rank: number, values: Float32Array | Float64Array, act: (all: (typeof values)[]) => void) =>
    new Promise<void>(end => {
      waiting[rank] = { values, end }
      if (Object.keys(waiting).length < size) return
      const all = waiting
      waiting = []
      act(all.map(({ values }) => values))
      for (const { end } of all) end()
    })
  return Array.from({ length: size }, (_, rank) => ({
    rank,
    size,
    allReduceSum: values =>
      meet(rank, values, all => {
        const sums = values.map((_, i) => all.reduce((sum, { [i]: value }) => sum + value!, 0))
        for (const one of all) one.set(sums)
      }),
    broadcast: values =>
      meet(rank, values, ([first, ...others]) => {
        for (const other of others) other.set(first!)
      }),
    barrier: () => meet(rank, new Float32Array(0), () => {}),
  }))
}
