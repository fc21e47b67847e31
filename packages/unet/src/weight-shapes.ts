import { architectureOf, resolveConfig, type UNetConfig } from './config.js'

/** Names and shapes of the trainable weights of a network, conv [h,w,I,O] and linear [in,out], without making it. */
export function weightShapes(config: UNetConfig): Map<string, number[]> {
  const { weights } = architectureOf(resolveConfig(config))
  return new Map(Array.from(weights, ([name, { shape }]) => [name, shape]))
}
