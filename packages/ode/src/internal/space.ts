/**
 * What the adaptive solvers need of a kind of state V. A state is split into lanes, each with its own time and step: one
 * lane for the whole batch, or one per sample. Results are owned by the caller, arguments are borrowed.
 */
export interface Space<V> {
  readonly lanes: number
  /** The velocity, each lane at its own time. */
  evaluate(x: V, t: readonly number[]): V
  /** x + Σ_i weights[lane][i] k_i; only the sum if x is null. */
  combine(x: V | null, k: readonly V[], weights: readonly (readonly number[])[]): V
  /** Root mean squares [vector][lane] of vector / (atol + rtol max(|a|, |b|)). */
  sizes(vectors: readonly V[], a: V, b: V): Promise<number[][]>
  /** Mean products [vector][lane] of each vector with w, both in units of atol + rtol |near|. */
  products(vectors: readonly V[], w: V, near: V): Promise<number[][]>
  /** True if one of those divisors is 0. */
  dividesByZero(a: V, b: V): Promise<boolean>
  /** `one` for the chosen lanes, `other` for the rest. */
  select(chosen: readonly boolean[], one: V, other: V): V
  /** The event function, one number per lane. */
  event(x: V, t: readonly number[]): Promise<number[]>
  copy(x: V): V
  /** Run body, then free what it made except its result. */
  scope<T extends object>(body: () => T): T
  free(states: readonly V[]): void
}
