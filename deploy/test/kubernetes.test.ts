import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createProgram } from '@rectified-flow/cli/node'
import { expect, it } from 'vitest'
import { shardOf } from '../../packages/cli/src/shard.js'
import { readTrainConfig } from '../../packages/cli/src/train-config.js'

const root = join(import.meta.dirname, '../..')
const { parseAllDocuments } = createRequire(join(root, 'packages/cli/package.json'))(
  'yaml',
) as typeof import('yaml')

interface Resource {
  apiVersion: string
  kind: string
  metadata: { name: string }
  data?: Record<string, string>
  spec?: {
    completionMode?: string
    completions?: number
    parallelism?: number
    template: { spec: PodSpec }
  }
}
interface PodSpec {
  restartPolicy: string
  securityContext: Record<string, unknown>
  containers: {
    image: string
    securityContext: Record<string, unknown>
    resources: { requests: Record<string, string>; limits: Record<string, string> }
    args: string[]
    env?: { name: string; value: unknown }[]
    volumeMounts: { name: string; mountPath: string }[]
  }[]
  volumes: { name: string; persistentVolumeClaim?: { claimName: string }; configMap?: { name: string } }[]
}

const folder = join(root, 'deploy/kubernetes')
const files = (await readdir(folder)).sort()
const resources = new Map<string, Resource[]>()
for (const file of files) {
  const documents = parseAllDocuments(await readFile(join(folder, file), 'utf8'))
  for (const { errors } of documents) expect(errors).toEqual([])
  resources.set(
    file,
    documents.map(document => document.toJS() as Resource),
  )
}
const jobs = [...resources].filter(([, [first]]) => first?.kind === 'Job').map(([file]) => file)

it('has a job for each stage', () => {
  expect(jobs).toEqual(['fid-merge.yaml', 'fid.yaml', 'pairs.yaml', 'sample.yaml', 'train.yaml'])
  expect(resources.get('volume.yaml')?.[0]).toMatchObject({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'runs' },
    spec: { accessModes: ['ReadWriteMany'] },
  })
})

it.each(jobs)('%s has arguments that the command line accepts, and volumes that exist', async file => {
  const [job, ...others] = resources.get(file) as [Resource, ...Resource[]]
  expect(job).toMatchObject({ apiVersion: 'batch/v1', metadata: { name: file.replace('.yaml', '') } })
  const { containers, volumes, restartPolicy } = (job.spec as NonNullable<Resource['spec']>).template.spec
  expect(restartPolicy).toBe('OnFailure')
  const [container] = containers as [PodSpec['containers'][number]]
  expect(await parsed(container.args)).toBe(true)
  expect(container.volumeMounts.map(({ name }) => name)).toEqual(volumes.map(({ name }) => name))
  expect(volumes[0]?.persistentVolumeClaim).toEqual({ claimName: 'runs' })
  const maps = volumes.flatMap(({ configMap }) => (configMap ? [configMap.name] : []))
  expect(maps).toEqual(others.map(({ metadata }) => metadata.name))
})

function podOf(file: string): PodSpec {
  const [job] = resources.get(file) as [Resource]
  return (job.spec as NonNullable<Resource['spec']>).template.spec
}

it.each(jobs)('%s runs one version of the image, without privileges, within limits', file => {
  const { securityContext, containers, volumes, ...pod } = podOf(file)
  expect(pod).toMatchObject({ automountServiceAccountToken: false })
  expect(securityContext).toMatchObject({
    runAsNonRoot: true,
    runAsUser: 1000,
    fsGroup: 1000,
    seccompProfile: { type: 'RuntimeDefault' },
  })
  for (const { image, securityContext, resources, volumeMounts, env } of containers) {
    expect(image).toBe(podOf('train.yaml').containers[0]?.image)
    expect(image).toMatch(/^registry\.example\.com\/rectified-flow:\d+\.\d+\.\d+$/)
    expect(securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    expect(Object.keys(resources.limits)).toEqual(['cpu', 'memory'])
    expect(resources.requests).toEqual(resources.limits)
    // What is written, on a root that is read-only: the run, the cache of weights, and temporary files.
    expect(volumeMounts.map(({ mountPath }) => mountPath)).toEqual(expect.arrayContaining(['/runs', '/tmp']))
    expect(env).toContainEqual({ name: 'RECTIFIED_FLOW_CACHE', value: '/runs/cache' })
  }
  expect(volumes.at(-1)).toEqual({ name: 'tmp', emptyDir: { sizeLimit: '1Gi' } })
})

it('has an image that is built from a digest and a version, for a user that is not root', async () => {
  const text = await readFile(join(root, 'deploy/Dockerfile'), 'utf8')
  expect(text).toMatch(/^ARG NODE_IMAGE=node:\d+\.\d+\.\d+-\w+-slim@sha256:[0-9a-f]{64}$/m)
  expect(text.match(/^FROM .*$/gm)).toEqual([`FROM \${NODE_IMAGE}`])
  expect(text).not.toContain('latest')
  expect(text).toMatch(/^USER 1000:1000$/m)
})

it.each(jobs.filter(file => !/train|merge/.test(file)))('%s gives each pod its own share', file => {
  const [job] = resources.get(file) as [Resource]
  const { completionMode, completions, parallelism, template } = job.spec as NonNullable<Resource['spec']>
  expect(completionMode).toBe('Indexed')
  expect(parallelism).toBe(completions)
  const given = template.spec.containers[0]?.env?.map(({ name, value }) => [name, value]) ?? []
  const shares = Array.from({ length: completions as number }, (_, index) =>
    shardOf(undefined, { ...Object.fromEntries(given), JOB_COMPLETION_INDEX: String(index) }),
  )
  expect(shares).toEqual(Array.from({ length: 8 }, (_, index) => ({ index, count: 8 })))
})

it('trains with settings that are valid', async () => {
  const temporary = await mkdtemp(join(tmpdir(), 'settings-'))
  try {
    const path = join(temporary, 'train.yaml')
    await writeFile(path, resources.get('train.yaml')?.[1]?.data?.['train.yaml'] as string)
    expect(await readTrainConfig(path)).toMatchObject({ recipe: 'F', coupling: { pairs: '/runs/pairs' } })
  } finally {
    await rm(temporary, { recursive: true })
  }
})

/** Whether the command accepts these arguments. The command is not run: an error ends it before its action. */
async function parsed(args: string[]): Promise<boolean> {
  let reached = false
  const program = createProgram()
    .exitOverride()
    .hook('preAction', () => {
      reached = true
      throw new Error('accepted')
    })
  await program.parseAsync(args, { from: 'user' }).catch((error: unknown) => {
    if (!reached) throw error
  })
  return reached
}
