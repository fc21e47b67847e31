import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FetchFileOptions, type FileSource, fetchFile } from '@rectified-flow/checkpoints/node'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

const bytesOf = (seed: number) =>
  Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => (i * (i + seed)) >> 3))
const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const [old, body] = [bytesOf(0), bytesOf(1)]
const sha256 = hashOf(body)

let cacheDir: string
let servers: Server[]
let heard: string[]

beforeEach(async () => {
  vi.stubEnv('no_proxy', '127.0.0.1')
  cacheDir = await mkdtemp(join(tmpdir(), 'fetch-'))
  servers = []
  heard = []
})
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
  await rm(cacheDir, { recursive: true })
})

async function serve(listener: RequestListener): Promise<{ server: Server; address: string }> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return { server, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

async function fetched(
  listener: RequestListener,
  options: FetchFileOptions & Partial<FileSource> = {},
): Promise<Buffer> {
  const { address } = await serve(listener)
  const { bytes, sha256: want = sha256, ...rest } = options
  const source = { name: 'weights.bin', url: `${address}/weights.bin`, sha256: want, ...(bytes && { bytes }) }
  return readFile(await fetchFile(source, { cacheDir, ...rest }))
}

const startOf = ({ headers }: IncomingMessage) => Number(/\d+/.exec(headers.range ?? '0')?.[0])

describe('a file without a known size', () => {
  const endless: RequestListener = (_, response) => {
    const more = () => {
      while (response.write(Buffer.alloc(65_536)));
    }
    response.on('drain', more)
    more()
  }

  it('may have maxBytes', async () => {
    await expect(fetched(endless, { maxBytes: 1_000_000 })).rejects.toThrow(
      /^checkpoints\.fetchFile: http:\S+ must have at most 1000000 bytes, got more\. Raise maxBytes if that is right\.$/,
    )
    const chunked: RequestListener = (_, response) => void response.end(body)
    expect((await fetched(chunked, { maxBytes: body.length })).equals(body)).toBe(true)
  })

  it('is refused before its bytes come if the server tells of more', async () => {
    const huge: RequestListener = (_, response) => {
      response.writeHead(200, { 'content-length': 5e9 }).flushHeaders()
    }
    await expect(fetched(huge)).rejects.toThrow(/must have at most 4294967296 bytes, got 5000000000\. Raise/)
  })

  it('whose size the source knows may be larger than maxBytes', async () => {
    const whole: RequestListener = (_, response) => void response.end(body)
    expect((await fetched(whole, { bytes: body.length, maxBytes: 10 })).equals(body)).toBe(true)
    await expect(fetched(endless, { bytes: 100, sha256: 'ab'.repeat(32) })).rejects.toThrow(
      /must have 100 bytes, got more\.$/,
    )
  })
})

describe('a slow server', () => {
  /** One byte every 10 ms: a tenth of what is asked for. */
  const drip: RequestListener = (_, response) => {
    response.writeHead(200, { 'content-length': body.length })
    let sent = 0
    const timer = setInterval(() => response.write(body.subarray(sent, ++sent)), 10)
    response.on('close', () => clearInterval(timer))
  }

  it('that drips is given up, though it is never silent', async () => {
    const started = performance.now()
    await expect(fetched(drip, { timeoutMs: 200, retries: 1 })).rejects.toThrow(
      /got only \d+ bytes in 200 ms\. Put/,
    )
    expect(performance.now() - started).toBeLessThan(5000)
  })

  it('that cuts each answer after a few bytes is given up', async () => {
    const cut: RequestListener = (request, response) => {
      heard.push('request')
      const start = startOf(request)
      response.writeHead(start > 0 ? 206 : 200, {
        'content-length': body.length - start,
        ...(start > 0 && { 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` }),
      })
      response.write(body.subarray(start, start + 10), () => setTimeout(() => response.destroy(), 10))
    }
    await expect(fetched(cut, { retries: 2 })).rejects.toThrow('must be reachable at')
    expect(heard.length).toBe(3)
  })

  it('that is slow but fast enough is waited for', async () => {
    const steady: RequestListener = async (_, response) => {
      response.writeHead(200, { 'content-length': body.length })
      for (let at = 0; at < body.length; at += 50_000) {
        response.write(body.subarray(at, at + 50_000))
        await new Promise(resolve => setTimeout(resolve, 100))
      }
      response.end()
    }
    expect((await fetched(steady, { timeoutMs: 250, retries: 0 })).equals(body)).toBe(true)
  })
})

describe('a file that changes between two tries', () => {
  /** The old file's first answer is cut; after that, the new file is there. */
  const changing =
    (headersOf: (bytes: Buffer) => Record<string, string>, honours: boolean): RequestListener =>
    (request, response) => {
      const first = heard.length === 0
      heard.push(`${request.headers.range ?? 'whole'} ${request.headers['if-range'] ?? ''}`.trim())
      const bytes = first ? old : body
      const headers = headersOf(bytes)
      const known = honours && request.headers['if-range'] !== headers.etag
      const start = known ? 0 : startOf(request)
      response.writeHead(start > 0 ? 206 : 200, {
        ...headers,
        'content-length': bytes.length - start,
        ...(start > 0 && { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` }),
      })
      if (first) response.write(bytes.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 20))
      else response.end(bytes.subarray(start))
    }
  const etag = (bytes: Buffer) => ({ etag: `"${hashOf(bytes).slice(0, 8)}"` })

  it('is begun anew by a server that knows If-Range', async () => {
    expect((await fetched(changing(etag, true))).equals(body)).toBe(true)
    expect(heard).toEqual(['whole', `bytes=100000- ${etag(old).etag}`])
  })

  it.each([
    ['ETag', etag],
    [
      'Last-Modified',
      (bytes: Buffer) => ({
        'last-modified': bytes === old ? 'Mon, 01 Jan 2024 00:00:00 GMT' : 'Tue, 02 Jan 2024 00:00:00 GMT',
      }),
    ],
  ])('is begun anew if the %s of the rest is another', async (_, headersOf) => {
    expect((await fetched(changing(headersOf, false))).equals(body)).toBe(true)
    expect(heard.map(request => request.split(' ')[0])).toEqual(['whole', 'bytes=100000-', 'whole'])
  })

  it('is begun anew if nothing but its hash tells', async () => {
    expect((await fetched(changing(() => ({}), false))).equals(body)).toBe(true)
    expect(heard).toEqual(['whole', 'bytes=100000-', 'whole'])
  })

  it('is begun anew if its size is another', async () => {
    const longer = Buffer.concat([body, body])
    const listener: RequestListener = (request, response) => {
      const bytes = heard.length === 0 ? old : longer
      heard.push(request.headers.range ?? 'whole')
      const start = startOf(request)
      response.writeHead(start > 0 ? 206 : 200, {
        'content-length': bytes.length - start,
        ...(start > 0 && { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` }),
      })
      if (bytes === old)
        response.write(bytes.subarray(0, 1000), () => setTimeout(() => response.destroy(), 20))
      else response.end(bytes.subarray(start))
    }
    expect((await fetched(listener, { sha256: hashOf(longer) })).equals(longer)).toBe(true)
    expect(heard).toEqual(['whole', 'bytes=1000-', 'whole'])
  })
})

describe('a proxy of the environment', () => {
  beforeEach(() => {
    for (const name of ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'])
      vi.stubEnv(name, undefined)
  })
  const source = (url: string): FileSource => ({ name: 'weights.bin', url, sha256 })
  /** A proxy that answers every request itself, so that the addresses need not exist. */
  const proxy = async () => {
    const { server, address } = await serve((request, response) => {
      heard.push(`GET ${request.url}`)
      response.end(body)
    })
    server.on('connect', (request, socket) => {
      heard.push(`CONNECT ${request.url}`)
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
    })
    return address
  }

  it.each(['HTTP_PROXY', 'http_proxy'])('%s is asked for http addresses', async name => {
    vi.stubEnv(name, await proxy())
    const path = await fetchFile(source('http://files.invalid/weights.bin'), { cacheDir })
    expect((await readFile(path)).equals(body)).toBe(true)
    expect(heard).toEqual(['GET http://files.invalid/weights.bin'])
  })

  it('HTTPS_PROXY is asked for a tunnel to https addresses', async () => {
    vi.stubEnv('HTTPS_PROXY', await proxy())
    const call = fetchFile(source('https://files.invalid/weights.bin'), { cacheDir, retries: 0 })
    await expect(call).rejects.toThrow('must be reachable at https://files.invalid/weights.bin, got ')
    expect(heard).toEqual(['CONNECT files.invalid:443'])
  })

  it('is not asked for the hosts of NO_PROXY', async () => {
    vi.stubEnv('HTTP_PROXY', await proxy())
    vi.stubEnv('NO_PROXY', 'elsewhere.invalid,127.0.0.1')
    expect((await fetched((_, response) => void response.end(body))).equals(body)).toBe(true)
    expect(heard).toEqual([])
  })

  it('must have an address', async () => {
    vi.stubEnv('HTTP_PROXY', 'proxy:3128')
    await expect(fetchFile(source('http://files.invalid/weights.bin'), { cacheDir })).rejects.toThrow(
      new RangeError("checkpoints.fetchFile: HTTP_PROXY must be an http or https address, got 'proxy:3128'."),
    )
  })
})

describe('a hash of which only the start is known', () => {
  const prefix = sha256.slice(0, 8)
  const warning = (url: string) =>
    `checkpoints.fetchFile: 'weights.bin' was checked by the first 8 digits of its SHA-256 only, because no more are ` +
    `published for ${url}. Its SHA-256 is ${sha256}, which later calls require.`

  it('is told of once, when the file comes or was put there by hand', async () => {
    const { address } = await serve((_, response) => void response.end(body))
    const source = { name: 'weights.bin', url: `${address}/weights.bin`, sha256: prefix }
    const warnings: string[] = []
    const options = { cacheDir, onWarning: (message: string) => warnings.push(message) }
    const path = await fetchFile(source, options)
    expect(warnings).toEqual([warning(source.url)])
    await fetchFile(source, options)
    expect(warnings.length).toBe(1)

    await rm(`${path}.sha256`)
    await writeFile(path, body)
    await fetchFile(source, { ...options, offline: true })
    expect(warnings).toEqual([warning(source.url), warning(source.url)])
    await fetchFile({ ...source, sha256 }, options)
    expect(warnings.length).toBe(2)
    expect(await readdir(join(cacheDir, prefix))).toEqual(['weights.bin', 'weights.bin.sha256'])
  })
})
