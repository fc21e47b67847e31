import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Job } from '../job.js'
import { nvidiaSmi } from '../nvidia-smi.js'
import { rawAdapter } from '../raw-gpu.js'

/** The adapter with its features and limits, as Dawn gives them and as its unsafe API does (subgroup matrices). */
export const adapter: Job = async ({ software, record }) => {
  record({ what: 'driver', nvidiaSmi: nvidiaSmi(), VK_DRIVER_FILES: process.env.VK_DRIVER_FILES })
  try {
    for (const flags of [[], ['enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia']])
      record({ what: 'adapter', flags, ...described(await rawAdapter(software, flags)) })
  } catch (error) {
    record({ what: 'no adapter', ...libraries() })
    throw error
  }
}

function described({ info, features, limits }: GPUAdapter) {
  const fields = (object: object) => {
    const names = Object.getOwnPropertyNames(Object.getPrototypeOf(object)).filter(
      name => name !== 'constructor',
    )
    return Object.fromEntries(names.map(name => [name, (object as Record<string, unknown>)[name]]))
  }
  const { subgroupMatrixConfigs } = info as GPUAdapterInfo & { subgroupMatrixConfigs?: object[] }
  return {
    info: fields(info),
    subgroupMatrixConfigs: subgroupMatrixConfigs?.map(fields),
    features: [...features].sort(),
    limits: fields(limits),
  }
}

/** What the Vulkan loader could find, for a machine where it finds no driver. */
function libraries() {
  const answer = (get: () => string) => {
    try {
      return get()
    } catch (error) {
      return String(error)
    }
  }
  const icd = process.env.VK_DRIVER_FILES
  return {
    loaders: answer(() => execFileSync('ldconfig', ['-p'], { encoding: 'utf8' }))
      .split('\n')
      .filter(line => /vulkan|nvidia|libX11\.|libGLdispatch/i.test(line)),
    LD_LIBRARY_PATH: process.env.LD_LIBRARY_PATH,
    driver: icd && answer(() => readFileSync(icd, 'utf8')),
  }
}
