import type { Architecture } from './architecture.js'

/** A resampling filter as the reference stores it with the weights of each layer that resamples: 2-D, of sum 1. */
export function storedFilter(taps: readonly number[]): Float32Array {
  const sum = taps.reduce((total, tap) => total + tap, 0)
  return Float32Array.from(taps.flatMap(a => taps.map(b => (a * b) / sum ** 2)))
}

/** The names under which the filter is stored. */
export function storedFilterNames({ layers }: Architecture): string[] {
  return layers
    .flatMap(layer => {
      if (layer.kind === 'block') return layer.resample ? [`${layer.name}.conv0`, `${layer.name}.skip`] : []
      return ['auxDown', 'auxResidual', 'auxUp'].includes(layer.kind) ? [layer.name] : []
    })
    .map(name => `${name}.resample_filter`)
}
