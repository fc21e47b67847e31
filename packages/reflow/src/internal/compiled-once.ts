import { type Compilable, compile } from '@rectified-flow/backends'

const compiled = new WeakMap<Compilable, Compilable>()

/** The compiled form of a function, made once, so that a sampler called again finds what it compiled before. */
export function compiledOnce<F extends Compilable>(fn: F): F {
  const known = compiled.get(fn) ?? compile(fn)
  compiled.set(fn, known)
  compiled.set(known, known) // it may be given in place of fn
  return known as F
}
