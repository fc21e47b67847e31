import { Readable, type Transform } from 'node:stream'
import { buffer } from 'node:stream/consumers'

/** What a packer (createGzip() ...) makes of a file that begins with `head` and goes on with 400 million zeros: about 400 kB. */
export function bomb(packer: Transform, head: Uint8Array = new Uint8Array(0)): Promise<Buffer> {
  const zeros = Buffer.alloc(1e6)
  const parts = (function* () {
    yield head
    for (let i = 0; i < 400; i++) yield zeros
  })()
  return buffer(Readable.from(parts).pipe(packer))
}

/** By how many bytes the most memory that this process ever had has grown while the function ran. */
export async function peakGrowth(run: () => unknown): Promise<number> {
  const before = process.resourceUsage().maxRSS
  await run()
  return 1024 * (process.resourceUsage().maxRSS - before)
}
