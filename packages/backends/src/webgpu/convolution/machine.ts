import { type Machine, SUBGROUP } from './variants.js'

/** The part of an adapter's information that no type describes yet. */
interface MatrixConfig {
  componentType: string
  resultComponentType: string
  M: number
  N: number
  K: number
}

type AdapterInfo = Partial<GPUAdapterInfo> & { subgroupMatrixConfigs?: Iterable<MatrixConfig> }

/** The sides of the matrices that a device's subgroups multiply, of those that were checked. */
const checked = new WeakMap<GPUDevice, readonly number[]>()

export const setMatrices = (device: GPUDevice, sides: readonly number[]): void =>
  void checked.set(device, sides)

/** What an open device can run. */
export function machineOf(device: GPUDevice): Machine {
  return {
    f16: device.features.has('shader-f16'),
    matrices: checked.get(device) ?? [],
    memory: device.limits.maxComputeWorkgroupStorageSize,
    threads: device.limits.maxComputeInvocationsPerWorkgroup,
  }
}

/**
 * The sides of subgroups' matrices of float16 numbers, with sums in float32, that a device offers. The information must be the
 * adapter's: in Node, a device's own has no matrices.
 */
export function offeredMatrices({ features }: Pick<GPUDevice, 'features'>, info: AdapterInfo): number[] {
  const has = (feature: string) => features.has(feature)
  // A subgroup's number is told from its threads' numbers, which needs one size of subgroups.
  const sized = info.subgroupMinSize === SUBGROUP && info.subgroupMaxSize === SUBGROUP
  if (!sized || !has('shader-f16') || !has('subgroups') || !has('chromium-experimental-subgroup-matrix'))
    return []
  return [...(info.subgroupMatrixConfigs ?? [])]
    .filter(
      ({ componentType, resultComponentType, M, N, K }) =>
        componentType === 'f16' && resultComponentType === 'f32' && M === N && N === K,
    )
    .map(({ M }) => M)
}
