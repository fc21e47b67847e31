import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type HostTensor,
  readNpz,
  readSafetensors,
  UnreadTensor,
  writeNpy,
  writeSafetensors,
} from '@rectified-flow/checkpoints'
import {
  openNpz,
  openSafetensors,
  readCheckpointFile,
  readSafetensorsFile,
} from '@rectified-flow/checkpoints/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bytes, zipOf } from './pickle-text.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unread-'))
})
afterAll(() => rm(folder, { recursive: true }))

const mu: HostTensor = { dtype: 'F64', shape: [2], data: Float64Array.of(1, 2) }

/** A .npy file of this dtype, as np.save writes it for no elements. */
const npy = (descr: string, shape = '(0,)') => {
  const header = `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }\n`
  return bytes(`\x93NUMPY\x01\0${String.fromCharCode(header.length, 0)}`, header)
}

describe('members of an .npz file that are no arrays of numbers', () => {
  const kind = 'descr must be a boolean, an integer of 1 to 8 bytes or a float of 2 to 8 bytes'
  const others: [string, Uint8Array, string][] = [
    ['text', npy("'<U7'"), `${kind}, got '<U7'.`],
    ['objects', npy("'|O'"), `${kind}, got '|O'.`],
    ['times', npy("'<M8[D]'"), `${kind}, got '<M8[D]'.`],
    ['complex', npy("'<c16'"), `${kind}, got '<c16'.`],
    ['records', npy("[('a', '<f4')]"), 'the header must have descr as NumPy writes it'],
    ['cut', writeNpy(mu).slice(0, -1), 'F64 [2] must have 16 bytes after the header, got 15.'],
    ['nothing', new Uint8Array(0), 'the first bytes must be \\x93NUMPY and a header, got others.'],
  ]
  const file = () =>
    zipOf({
      'mu.npy': writeNpy(mu),
      ...Object.fromEntries(others.map(([name, content]) => [`${name}.npy`, content])),
      'notes.txt': bytes('no array'),
    })

  it('readNpz refuses only the one that is asked for', async () => {
    const arrays = await readNpz(await file())
    expect([...arrays.keys()]).toEqual(['mu', ...others.map(([name]) => name)])
    expect(arrays.get('mu')).toEqual(mu)
    expect(arrays.get('text')).toMatchObject({ dtype: '<U7', shape: [0] })
    for (const [name, , message] of others) {
      expect(arrays.get(name)).toBeInstanceOf(UnreadTensor)
      expect(() => arrays.get(name)!.data).toThrow(`checkpoints.readNpz: '${name}': ${message}`)
    }
  })

  it('openNpz too, and it names the file', async () => {
    const path = join(folder, 'some.npz')
    await writeFile(path, await file())
    const npz = await openNpz(path)
    expect(await npz.read('mu')).toEqual(mu)
    for (const [name, , message] of others)
      await expect(npz.read(name)).rejects.toThrow(`checkpoints.openNpz: '${name}': ${message}`)
    await expect(npz.read('text')).rejects.toThrow(`The file is '${path}'.`)
    await npz.close()
  })

  it('a damaged member is refused by its name, others are read', async () => {
    const content = await zipOf({ 'mu.npy': writeNpy(mu), 'b.npy': writeNpy(mu) })
    const one = content.findIndex((byte, i) => byte === 0xf0 && content[i + 1] === 0x3f) // of 1.0
    content[one]! ^= 1
    const arrays = await readNpz(content)
    expect(() => arrays.get('mu')!.data).toThrow(
      /^checkpoints\.readNpz: 'mu\.npy' must be whole and unambiguous as zip, got 'Invalid CRC/,
    )
    expect(arrays.get('b')).toEqual(mu)

    const path = join(folder, 'damaged.npz')
    await writeFile(path, content)
    const npz = await openNpz(path)
    const message =
      /^checkpoints\.openNpz: 'mu\.npy' must be whole and unambiguous as zip, got 'Invalid CRC.*The file is '.*damaged\.npz'\.$/
    expect(() => npz.rows('mu', 1)).toThrow(message)
    await npz.close()

    // In a large array, the damage is found after its header and some rows were read.
    const large: HostTensor = { dtype: 'U8', shape: [1_000_000], data: new Uint8Array(1_000_000).fill(9) }
    const flipped = await zipOf({ 'mu.npy': writeNpy(large) })
    flipped[900_000]! ^= 1
    await writeFile(path, flipped)
    const rows = await openNpz(path)
    const readAll = async () => {
      for await (const _ of rows.rows('mu', 1000));
    }
    await expect(readAll()).rejects.toThrow(message)
    await expect(rows.read('mu')).rejects.toThrow(message)
    await rows.close()
  })
})

/** A safetensors file of this header and as many bytes of data. */
function safetensors(header: object | string, data = new Uint8Array(0)): Uint8Array {
  const text = bytes(typeof header === 'string' ? header : JSON.stringify(header))
  const file = new Uint8Array(8 + text.length + data.length)
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true)
  file.set(text, 8)
  file.set(data, 8 + text.length)
  return file
}

describe('safetensors', () => {
  it.each(['F8_E4M3', 'F8_E5M2', 'F8_E8M0', 'F6_E2M3', 'F4', 'C64'])(
    'of %s: the others are read',
    async dtype => {
      const size = { F4: 1, F6_E2M3: 2, C64: 16 }[dtype] ?? 2
      const content = safetensors(
        {
          q: { dtype, shape: [2], data_offsets: [0, size] },
          w: { dtype: 'U8', shape: [1], data_offsets: [size, size + 1] },
        },
        new Uint8Array(size + 1).fill(7),
      )
      const { tensors } = readSafetensors(content)
      expect(tensors.get('w')).toEqual({ dtype: 'U8', shape: [1], data: Uint8Array.of(7) })
      expect(tensors.get('q')).toMatchObject({ dtype, shape: [2] })
      expect(() => tensors.get('q')!.data).toThrow(
        `checkpoints.readSafetensors: 'q' must be a dense tensor of booleans, integers, or floats of 16 to 64 bits, got ${dtype}.`,
      )
      expect(() => writeSafetensors(tensors)).toThrow(`'q' must be a dense tensor`)

      const path = join(folder, `${dtype}.safetensors`)
      await writeFile(path, content)
      for (const read of [readSafetensorsFile, readCheckpointFile]) {
        const whole = await read(path)
        expect(() => whole.tensors.get('q')!.data).toThrow(`The file is '${path}'.`)
      }
      const open = await openSafetensors(path)
      expect((await open.read('w')).data).toEqual(Uint8Array.of(7))
      await expect(open.read('q')).rejects.toThrow(`got ${dtype}. The file is '${path}'.`)
      await open.close()
    },
  )

  it('a long text in the metadata is read again', () => {
    const metadata = { log: `"\\${'x\\"'.repeat(6_000_000)}` }
    expect(readSafetensors(writeSafetensors({}, metadata)).metadata).toEqual(metadata)
  })

  it('what could not be read is not written', () => {
    const log = 'x'.repeat(1000)
    const metadata = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`${i}`, log]))
    expect(() => writeSafetensors({}, metadata)).toThrow(
      /^checkpoints\.writeSafetensors: names, shapes and metadata must take at most 100000000 bytes, got 10\d+\.$/,
    )
  })
})

it('folders, devices and missing files are named', async () => {
  const nowhere = join(folder, 'none', 'x.safetensors')
  for (const [open, where] of [
    [readCheckpointFile, 'checkpoints.readCheckpointFile'],
    [readSafetensorsFile, 'checkpoints.readSafetensorsFile'],
    [openSafetensors, 'checkpoints.openSafetensors'],
    [openNpz, 'checkpoints.openNpz'],
  ] as [(path: string) => Promise<unknown>, string][]) {
    await expect(open(folder)).rejects.toThrow(
      new RangeError(`${where}: path must name a file, got the folder '${folder}'.`),
    )
    await expect(open('/dev/null')).rejects.toThrow(
      new RangeError(`${where}: path must name a file, got a device or pipe '/dev/null'.`),
    )
    await expect(open(nowhere)).rejects.toThrow(
      new RangeError(
        `${where}: path must name an existing file, got '${nowhere}'. Relative paths start at the working directory.`,
      ),
    )
  }
})
