import { arch, cpus, platform, totalmem } from 'node:os'
import {
  type BackendName,
  type BackendProbe,
  probeBackends,
  tuning,
  useBackend,
} from '@rectified-flow/backends'
import * as tf from '@tensorflow/tfjs-core'
import type { Command } from 'commander'
import { missingKernels, type Speed, speedCheck } from '../diagnose.js'
import { hanging, table } from '../fit-columns.js'

interface Report {
  machine: { node: string; platform: string; cpu: string; cores: number; memoryGb: number; tfjs: string }
  backends: BackendProbe[]
  chosen: BackendName
  limits?: Record<string, number>
  /** On WebGPU: whether it can compute in precision 'mixed', and for how many shapes it knows the fastest convolution. */
  mixedPrecision?: boolean
  tunedShapes?: number
  missingKernels: string[]
  speed?: Speed
  advice: string[]
}

/** `rectified-flow doctor`: the backends of this machine, which one is chosen and why, and what to install next. */
export function fillDoctor(command: Command): Command {
  return command
    .option('--json', 'print the report as JSON')
    .option('--no-speed', 'leave out the speed check (about ten seconds)')
    .action(async ({ json, speed }: { json?: boolean; speed: boolean }) => {
      const report = await diagnose(speed)
      console.log(json ? JSON.stringify(report, null, 2) : describe(report))
    })
}

async function diagnose(withSpeed: boolean): Promise<Report> {
  const backends = await probeBackends()
  const { name: chosen } = await useBackend()
  const limits = gpuLimits()
  const table = tuning()
  return {
    machine: {
      node: process.version,
      platform: `${platform()} ${arch()}`,
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memoryGb: Math.round(totalmem() / 2 ** 30),
      tfjs: tf.version_core,
    },
    backends,
    chosen,
    ...(limits && { limits, mixedPrecision: hasHalfPrecision() }),
    ...(table && { tunedShapes: Object.keys(table.variants).length }),
    missingKernels: await missingKernels(chosen),
    ...(withSpeed && { speed: await speedCheck() }),
    advice: advise(backends, chosen),
  }
}

function gpuLimits(): Record<string, number> | undefined {
  const { device } = tf.backend() as { device?: { limits?: Record<string, number> } }
  const limits = device?.limits
  if (!limits) return undefined
  const names = ['maxBufferSize', 'maxStorageBufferBindingSize', 'maxComputeWorkgroupStorageSize']
  return Object.fromEntries(names.map(name => [name, limits[name]!]))
}

function hasHalfPrecision(): boolean {
  const { device } = tf.backend() as { device?: { features: ReadonlySet<string> } }
  return device?.features.has('shader-f16') ?? false
}

/** What one would gain by installing a backend's package. */
const gains: [BackendName, string][] = [
  ['node-gpu', 'an NVIDIA GPU with CUDA'],
  ['webgpu', 'any GPU with a Vulkan, Metal or D3D12 driver'],
  ['node', 'a faster CPU backend'],
]

function advise(backends: readonly BackendProbe[], chosen: BackendName): string[] {
  if (chosen === 'node-gpu' || chosen === 'webgpu') return []
  return gains.flatMap(([name, gain]) => {
    const probe = backends.find(one => one.name === name)
    return probe && !probe.works && probe.install ? [`${gain}: npm install ${probe.install}`] : []
  })
}

function describe(report: Report): string {
  const { machine, backends, chosen, limits, mixedPrecision, tunedShapes, missingKernels, speed, advice } =
    report
  const tested = backends.map(
    probe =>
      [`${probe.works ? '+' : '-'} ${probe.name}`, probe.works ? worksOn(probe) : probe.reason] as const,
  )
  const found = [
    ...Object.entries(limits ?? {}).map(([name, value]) => `${name} ${value}`),
    ...(mixedPrecision === undefined
      ? []
      : [`precision 'mixed' ${mixedPrecision ? 'works' : 'needs the feature shader-f16'}`]),
    ...(tunedShapes === undefined ? [] : [`convolutions tuned for this GPU ${tunedShapes}`]),
    ...(missingKernels.length > 0 ? [`kernels of tfjs that it lacks: ${missingKernels.join(', ')}`] : []),
  ]
  const measured =
    speed &&
    ([
      ['convolution', `${speed.convolutionGflops.toFixed(1)} GFLOP/s`],
      ['matrix product', `${speed.matrixProductGflops.toFixed(1)} GFLOP/s`],
      ['training step', `${speed.trainingStepMs.toFixed(0)} ms (the quickstart's network, batch 16)`],
    ] as const)
  const paragraphs = [
    [
      hanging('', `Node ${machine.node}, ${machine.platform}, tfjs ${machine.tfjs}`),
      hanging('', `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB`),
    ],
    [table(tested)],
    [
      hanging('chosen: ', `${chosen}, the first of these that works (webgpu-software only by name)`),
      ...found.map(line => hanging('  ', line)),
    ],
    ...(measured ? [[table(measured)]] : []),
    ...(advice.length > 0
      ? [['To go faster, where you have', ...advice.map(line => hanging('  ', line))]]
      : []),
  ]
  return paragraphs.map(lines => lines.join('\n')).join('\n\n')
}

function worksOn({ device = 'works', compiles }: Extract<BackendProbe, { works: true }>): string {
  return compiles ? `${device}, compiles to ${compiles === 'graph' ? 'a graph' : compiles}` : device
}
