const BATCH = 128

/** 0..count-1 in slices of BATCH. */
export function* batches(count: number): Generator<number[]> {
  for (let first = 0; first < count; first += BATCH)
    yield Array.from({ length: Math.min(BATCH, count - first) }, (_, i) => first + i)
}
