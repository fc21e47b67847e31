import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type FileSource, fetchFile } from '@rectified-flow/checkpoints/node'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'

const body = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) >> 3))
const sha256 = createHash('sha256').update(body).digest('hex')

type Handler = (request: IncomingMessage, response: ServerResponse) => void
let server: Server
let url: string
let handle: Handler
let requests: string[]
let cacheDir: string

beforeAll(async () => {
  vi.stubEnv('no_proxy', '127.0.0.1')
  server = createServer((request, response) => {
    requests.push(request.headers.range ?? 'whole')
    handle(request, response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/weights.bin`
})
afterAll(() => {
  vi.unstubAllEnvs()
  server.closeAllConnections()
  server.close()
})
beforeEach(async () => {
  requests = []
  handle = whole
  cacheDir = await mkdtemp(join(tmpdir(), 'fetch-'))
  return () => rm(cacheDir, { recursive: true })
})

const source = (more: Partial<FileSource> = {}): FileSource => ({ name: 'weights.bin', url, sha256, ...more })
const folder = () => join(cacheDir, sha256.slice(0, 8))
const whole: Handler = (_, response) => response.writeHead(200, { 'content-length': body.length }).end(body)
/** A server that answers ranges and cuts each answer after `most` bytes. */
const ranges =
  (most = Infinity): Handler =>
  (request, response) => {
    const start = Number(/\d+/.exec(request.headers.range ?? '0')?.[0])
    const left = body.length - start
    response.writeHead(start > 0 ? 206 : 200, {
      'content-length': left,
      ...(start > 0 && { 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` }),
    })
    response.write(body.subarray(start, start + Math.min(most, left)), () =>
      left > most ? setTimeout(() => response.destroy(), 20) : response.end(),
    )
  }

it('fetches once, reports progress, and leaves only the file', async () => {
  const progress: [number, number | undefined][] = []
  const path = await fetchFile(source(), { cacheDir, onProgress: (...step) => progress.push(step) })
  expect(path).toBe(join(folder(), 'weights.bin'))
  expect((await readFile(path)).equals(body)).toBe(true)
  expect(progress.at(-1)).toEqual([body.length, body.length])
  expect(await fetchFile(source(), { cacheDir, offline: true })).toBe(path)
  expect(requests).toEqual(['whole'])
  expect(await readdir(folder())).toEqual(['weights.bin'])
})

it('takes the folder of the cache from the environment', async () => {
  process.env.RECTIFIED_FLOW_CACHE = cacheDir
  expect(await fetchFile(source())).toBe(join(folder(), 'weights.bin'))
  delete process.env.RECTIFIED_FLOW_CACHE
})

it('serves many calls at once with one download', async () => {
  const paths = await Promise.all(Array.from({ length: 5 }, () => fetchFile(source(), { cacheDir })))
  expect(new Set(paths).size).toBe(1)
  expect(requests).toEqual(['whole'])
})

it('continues where the server cut the download', async () => {
  handle = ranges(120_000)
  const path = await fetchFile(source(), { cacheDir })
  expect((await readFile(path)).equals(body)).toBe(true)
  expect(requests[0]).toBe('whole')
  expect(requests.slice(1).every(range => /^bytes=\d+-$/.test(range))).toBe(true)
})

it('continues a partial file of an earlier call, or starts again if the server has no ranges', async () => {
  await mkdir(folder())
  await writeFile(join(folder(), 'weights.bin.partial'), body.subarray(0, 1000))
  handle = ranges()
  expect((await readFile(await fetchFile(source(), { cacheDir }))).equals(body)).toBe(true)
  expect(requests).toEqual(['bytes=1000-'])

  await rm(join(folder(), 'weights.bin'))
  await writeFile(join(folder(), 'weights.bin.partial'), body.subarray(0, 1000))
  handle = whole
  expect((await readFile(await fetchFile(source(), { cacheDir }))).equals(body)).toBe(true)
  expect(await readdir(folder())).toEqual(['weights.bin'])
})

it('uses a partial file that is whole, and drops one that belongs to another file', async () => {
  await mkdir(folder())
  await writeFile(join(folder(), 'weights.bin.partial'), body)
  handle = (_, response) => response.writeHead(416, { 'content-range': `bytes */${body.length}` }).end()
  expect((await readFile(await fetchFile(source(), { cacheDir }))).equals(body)).toBe(true)

  await rm(join(folder(), 'weights.bin'))
  await writeFile(join(folder(), 'weights.bin.partial'), Buffer.alloc(1000, 7))
  handle = ranges()
  requests = []
  expect((await readFile(await fetchFile(source(), { cacheDir }))).equals(body)).toBe(true)
  expect(requests).toEqual(['bytes=1000-', 'whole'])
})

it('keeps the bytes that came when it is stopped', async () => {
  handle = (_, response) => {
    response.writeHead(200, { 'content-length': body.length })
    response.write(body.subarray(0, 50_000))
  }
  const stop = new AbortController()
  const call = fetchFile(source(), { cacheDir, signal: stop.signal, onProgress: () => stop.abort() })
  await expect(call).rejects.toThrow('aborted')
  expect(await readdir(folder())).toEqual(['weights.bin.partial'])
})

it('refuses a file with another hash and keeps nothing of it', async () => {
  const other = 'ab'.repeat(32)
  const call = fetchFile(source({ sha256: other }), { cacheDir })
  await expect(call).rejects.toThrow(
    new RangeError(`checkpoints.fetchFile: the SHA-256 of ${url} must be ${other}, got ${sha256}.`),
  )
  expect(await readdir(join(cacheDir, 'abababab'))).toEqual([])
})

it('refuses a file of another size', async () => {
  await expect(fetchFile(source({ bytes: 5 }), { cacheDir })).rejects.toThrow(
    new RangeError(`checkpoints.fetchFile: ${url} must have 5 bytes, got 300000.`),
  )
})

it('replaces a cached file that was changed, and says so offline', async () => {
  await mkdir(folder())
  const path = join(folder(), 'weights.bin')
  await writeFile(path, 'not it')
  const found = createHash('sha256').update('not it').digest('hex')
  await expect(fetchFile(source(), { cacheDir, offline: true })).rejects.toThrow(
    new Error(
      `checkpoints.fetchFile: 'weights.bin' must be in the cache, got one with SHA-256 ${found} at '${path}'. It is published at ${url}. Put the file at '${path}'; its SHA-256 is ${sha256}.`,
    ),
  )
  await fetchFile(source(), { cacheDir })
  expect((await readFile(path)).equals(body)).toBe(true)
})

it('records the full hash of a file whose hash is given as a prefix, and requires it later', async () => {
  const prefix = sha256.slice(0, 8)
  const path = await fetchFile(source({ sha256: prefix }), { cacheDir })
  expect(await readFile(`${path}.sha256`, 'utf8')).toBe(`${sha256}  weights.bin\n`)
  const another = `${prefix}${'0'.repeat(56)}`
  await writeFile(`${path}.sha256`, `${another}  weights.bin\n`)
  await expect(fetchFile(source({ sha256: prefix }), { cacheDir })).rejects.toThrow(
    `the SHA-256 of ${url} must be ${another}, got ${sha256}.`,
  )
})

it('uses a file that was put there by hand', async () => {
  await mkdir(folder())
  await writeFile(join(folder(), 'weights.bin'), body)
  await fetchFile(source(), { cacheDir, offline: true })
  expect(requests).toEqual([])
})

it('says what to do when the file cannot be reached', async () => {
  const path = join(folder(), 'weights.bin')
  const put = `Put the file at '${path}'; its SHA-256 is ${sha256}.`
  await expect(fetchFile(source(), { cacheDir, offline: true })).rejects.toThrow(
    new Error(
      `checkpoints.fetchFile: 'weights.bin' must be in the cache, got none, and offline is set. It is published at ${url}. ${put}`,
    ),
  )
  handle = (_, response) => response.writeHead(404).end('no such file')
  await expect(fetchFile(source(), { cacheDir })).rejects.toThrow(
    new Error(`checkpoints.fetchFile: 'weights.bin' must be reachable at ${url}, got status 404. ${put}`),
  )
  expect(requests).toEqual(['whole'])
  const nowhere = 'http://127.0.0.1:1/weights.bin'
  await expect(fetchFile(source({ url: nowhere }), { cacheDir, retries: 0 })).rejects.toThrow(
    `must be reachable at ${nowhere}, got `,
  )
})

it('tries again after an error of the server', async () => {
  handle = (request, response) => {
    if (requests.length > 1) whole(request, response)
    else response.writeHead(503).end()
  }
  expect(dirname(await fetchFile(source(), { cacheDir }))).toBe(folder())
  expect(requests).toEqual(['whole', 'whole'])
})

it('gives up on a server that is silent', async () => {
  handle = (_, response) => {
    response.writeHead(200, { 'content-length': body.length }).flushHeaders()
  }
  await expect(fetchFile(source(), { cacheDir, timeoutMs: 100, retries: 0 })).rejects.toThrow(
    'got no bytes for 100 ms.',
  )
})

const refused: [string, FileSource, string][] = [
  [
    'name',
    { name: '../x', url: 'https://a', sha256: 'a'.repeat(8) },
    "name must be letters, digits and . _ + -, with no dot first, got '../x'.",
  ],
  [
    'url',
    { name: 'x', url: 'ftp://a', sha256: 'a'.repeat(8) },
    "url must be an http or https address, got 'ftp://a'.",
  ],
  ['hash', { name: 'x', url: 'https://a', sha256: 'abc' }, "sha256 must be 8 to 64 hex digits, got 'abc'."],
]
it.each(refused)('refuses a bad %s', async (_, bad, message) => {
  await expect(fetchFile(bad)).rejects.toThrow(new RangeError(`checkpoints.fetchFile: ${message}`))
})
