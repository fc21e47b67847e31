import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { readSafetensors, writeSafetensors } from '@rectified-flow/checkpoints'
import { expect, it } from 'vitest'
import { cpu, failure, inputs, out } from './bad-inputs.js'
import { run } from './run.js'

// Folders and files that earlier commands wrote, and that were changed since: the error names the file.

const TEXTS = ['', '{', '[]', 'null', '5', '"x"', '{}', `{"a":${'['.repeat(1e5)}`, '\0\0\0']

it('the manifest of a store', async () => {
  const store = inputs.at('changed-store')
  await cp(inputs.store, store, { recursive: true })
  const plan = JSON.parse(await readFile(inputs.at('store/pairs.json'), 'utf8'))
  const wrong = [
    { count: -1 },
    { count: 1e99 },
    { count: 1e9, shardSize: 1 },
    { shape: 'x' },
    { shape: [8, 8] },
  ]
  const more = [
    { seed: 2 ** 53 },
    { classes: 0 },
    { images: 'x' },
    { noise: 5 },
    { origin: 5 },
    { version: 2 },
  ]
  const changed = [...wrong, ...more].map(change => JSON.stringify({ ...plan, ...change }))
  await writeFile(
    inputs.at('on-store.json'),
    JSON.stringify({ network: { initial: inputs.network }, coupling: { pairs: store } }),
  )
  for (const text of [...TEXTS, ...changed]) {
    await writeFile(`${store}/pairs.json`, text)
    await failure(['pairs', 'verify', store], [store])
    await failure(['pairs', 'merge', store, '-o', out('merged')], [store])
    await failure(['train', inputs.at('on-store.json'), '--out', out('on-store'), ...cpu], [store])
  }
})

it('the settings of a run', async () => {
  const folder = out('run')
  await run('train', inputs.config, '--out', folder, ...cpu)
  for (const text of TEXTS) {
    await writeFile(`${folder}/settings.json`, text)
    await failure(['train', inputs.config, '--out', folder, ...cpu], [folder])
    if (text !== '{}') await failure(['report', folder], [folder])
  }
})

it('a part of a measurement', async () => {
  const parts = inputs.at('changed-parts')
  await cp(inputs.parts, parts, { recursive: true })
  const name = 'part-00000-of-1.safetensors'
  const bytes = await readFile(`${parts}/${name}`)
  for (const content of [...TEXTS, bytes.subarray(0, 99), await readFile(inputs.network)]) {
    await rm(out('changed.npz.parts'), { recursive: true, force: true })
    await writeFile(`${parts}/${name}`, content)
    await failure(['fid', 'merge', parts, '-o', out('changed.npz')], [name])
  }
})

it('the configuration within a network', async () => {
  const { tensors, metadata } = readSafetensors(await readFile(inputs.network))
  const config = JSON.parse(metadata.config!)
  const wrong = [
    { imgResolution: 'x' },
    { numBlocks: 1e9 },
    { channelMult: {} },
    { type: 'x' },
    { labelDim: -1 },
    { odd: 1 },
  ]
  const changed = wrong.map(change => JSON.stringify({ ...config, ...change }))
  const path = inputs.at('changed.safetensors')
  for (const text of [...TEXTS.slice(1), ...changed]) {
    await writeFile(path, writeSafetensors(tensors, { ...metadata, config: text }))
    const message = await failure(
      ['sample', '--network', path, ...cpu, '--seeds', '1', '--out', out('x.npz')],
      [path],
    )
    expect(message).toContain('--network')
  }
})
