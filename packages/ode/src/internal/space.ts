/**
 * What the adaptive driver asks of a state V. It splits into lanes, each with a time and a step of its own: one for the
 * whole, or one per sample. Everything returned is owned, everything given borrowed.
 */
export interface Space<V> {
  readonly lanes: number
  /** The velocity, each lane at its time. */
  evaluate(x: V, t: readonly number[]): V
  /** x + Σ_i weights[lane][i] k_i, or without x the sum alone. */
  combine(x: V | null, k: readonly V[], weights: readonly (readonly number[])[]): V
  /** Root mean squares [vector][lane] of vector / (atol + rtol max(|a|, |b|)). */
  sizes(vectors: readonly V[], a: V, b: V): Promise<number[][]>
  /** One where its lane is chosen, else the other. */
  select(chosen: readonly boolean[], one: V, other: V): V
  /** The event function, one number per lane. */
  event(x: V, t: readonly number[]): Promise<number[]>
  copy(x: V): V
  /** Frees what body made, except for what it returns. */
  scope<T extends object>(body: () => T): T
  free(states: readonly V[]): void
}
