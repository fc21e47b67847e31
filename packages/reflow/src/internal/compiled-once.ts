import { type Compilable, compile } from '@rectified-flow/backends'

const compiled = new WeakMap<Compilable, Compilable>()

/** The compiled form of a function, made once, so that the next call of a sampler uses the same compiled function. */
export function compiledOnce<F extends Compilable>(fn: F): F {
  const known = compiled.get(fn) ?? compile(fn)
  compiled.set(fn, known)
  compiled.set(known, known) // a caller may pass the compiled function itself
  return known as F
}
