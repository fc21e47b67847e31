import { architectureOf, resolveConfig, type UNetConfig } from './config.js'

/** Names and shapes (conv [h,w,I,O], linear [in,out]) of a network's trainable weights, without making the network. */
export function weightShapes(config: UNetConfig): Map<string, number[]> {
  const { weights } = architectureOf(resolveConfig(config))
  return new Map(Array.from(weights, ([name, { shape }]) => [name, shape]))
}
