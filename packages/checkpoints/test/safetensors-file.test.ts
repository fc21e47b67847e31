import { mkdtemp, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HostTensor } from '@rectified-flow/checkpoints'
import { openSafetensors, readSafetensorsFile, writeSafetensorsFile } from '@rectified-flow/checkpoints/node'
import { afterAll, beforeAll, expect, it } from 'vitest'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoints-'))
})
afterAll(() => rm(folder, { recursive: true }))

const tensors = { a: { dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) } satisfies HostTensor }

it('writes a file, replaces it and reads it, and leaves nothing else', async () => {
  const path = join(folder, 'a.safetensors')
  await writeSafetensorsFile(path, {})
  await writeSafetensorsFile(path, tensors, { note: 'x' })
  const back = await readSafetensorsFile(path)
  expect(Object.fromEntries(back.tensors)).toEqual(tensors)
  expect(back.metadata).toEqual({ note: 'x' })
  expect(await readdir(folder)).toEqual(['a.safetensors'])
})

it('leaves no temporary file when it cannot write', async () => {
  const before = await readdir(folder)
  await expect(writeSafetensorsFile(folder, tensors)).rejects.toThrow()
  expect(await readdir(folder)).toEqual(before)
  expect((await readdir(tmpdir())).filter(name => name.startsWith(`${folder.split('/').at(-1)}.`))).toEqual(
    [],
  )
})

it('names the file in its errors', async () => {
  const missing = join(folder, 'missing.safetensors')
  await expect(readSafetensorsFile(missing)).rejects.toThrow(
    new RangeError(
      `checkpoints.readSafetensorsFile: path must name an existing file, got '${missing}'. Relative paths start at the working directory.`,
    ),
  )
  const broken = join(folder, 'broken.safetensors')
  await writeFile(broken, 'abc')
  await expect(readSafetensorsFile(broken)).rejects.toThrow(
    new RangeError(
      `checkpoints.readSafetensors: the file must have at least 8 bytes, got 3. The file may be truncated. The file is '${broken}'.`,
    ),
  )
})

it('reads single tensors of a file', async () => {
  const path = join(folder, 'b.safetensors')
  const more = { ...tensors, b: { dtype: 'I64', shape: [], data: BigInt64Array.of(7n) } satisfies HostTensor }
  await writeSafetensorsFile(path, more, { note: 'x' })
  const file = await openSafetensors(path)
  expect([...file.tensors]).toEqual([
    ['a', { dtype: 'F32', shape: [2] }],
    ['b', { dtype: 'I64', shape: [] }],
  ])
  expect(file.metadata).toEqual({ note: 'x' })
  expect(await file.read('b')).toEqual(more.b)
  expect(await Promise.all([file.read('a'), file.read('a')])).toEqual([more.a, more.a])
  await expect(file.read('c')).rejects.toThrow(
    new RangeError(
      `checkpoints.openSafetensors: name must be one of the file's 2 tensors, got 'c'. The file is '${path}'.`,
    ),
  )
  await file.close()
})

it('checks the header of a file that it opens', async () => {
  const path = join(folder, 'cut.safetensors')
  await writeSafetensorsFile(path, tensors)
  await truncate(path, (await stat(path)).size - 1)
  await expect(openSafetensors(path)).rejects.toThrow(
    "checkpoints.openSafetensors: data_offsets of 'a' must end within the 7 bytes of data, got [0,8]. The file may be truncated.",
  )
  await writeFile(path, 'abc')
  await expect(openSafetensors(path)).rejects.toThrow('the file must have at least 8 bytes, got 3.')
  await expect(openSafetensors(join(folder, 'none'))).rejects.toThrow(
    'checkpoints.openSafetensors: path must name an existing file, got ',
  )
})
