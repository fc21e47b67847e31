import { type Machine, SUBGROUP } from './variants.js'

/** The part of an adapter's information that no type describes yet. */
interface MatrixConfig {
  componentType: string
  resultComponentType: string
  M: number
  N: number
  K: number
}

/** What an open device can run. */
export function machineOf(device: GPUDevice): Machine {
  const has = (feature: string) => device.features.has(feature)
  const { adapterInfo: info } = device as GPUDevice & {
    adapterInfo?: GPUAdapterInfo & { subgroupMatrixConfigs?: readonly MatrixConfig[] }
  }
  // A subgroup's number is told from its threads' numbers, which needs one size of subgroups.
  const sized = info?.subgroupMinSize === SUBGROUP && info.subgroupMaxSize === SUBGROUP
  const usable =
    sized && has('shader-f16') && has('subgroups') && has('chromium-experimental-subgroup-matrix')
  const matrices = (usable && info.subgroupMatrixConfigs) || []
  return {
    f16: has('shader-f16'),
    matrices: matrices
      .filter(
        ({ componentType, resultComponentType, M, N, K }) =>
          componentType === 'f16' && resultComponentType === 'f32' && M === N && N === K,
      )
      .map(({ M }) => M),
    memory: device.limits.maxComputeWorkgroupStorageSize,
    threads: device.limits.maxComputeInvocationsPerWorkgroup,
  }
}
