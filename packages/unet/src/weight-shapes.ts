import { resolveConfig, type SongUNetConfig } from './config.js'
import { weightTable } from './internal/weight-table.js'

/** Names and shapes of the trainable weights of a network, conv [h,w,I,O] and linear [in,out], without making it. */
export function weightShapes(config: SongUNetConfig): Map<string, number[]> {
  return new Map(Array.from(weightTable(resolveConfig(config)), ([name, { shape }]) => [name, shape]))
}
