import { writeFile } from 'node:fs/promises'
import { writeNpz } from '@rectified-flow/checkpoints'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { temporaryFolder } from './digits.js'
import { run } from './run.js'
import { tinyNetwork } from './tiny.js'

// A file that unpacks to a thousand times its size is refused, by an error whose advice the command can follow.

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let bomb: string
beforeAll(async () => {
  folder = await temporaryFolder('bytes-')
  bomb = folder.at('bomb.npz')
  const count = 450_000 // 86 MB of zeros; 64 MiB and a hundred times the file are allowed
  const zeros = new Uint8Array(count * 8 * 8 * 3)
  const array = { dtype: 'U8' as const, shape: [count, 8, 8, 3], data: zeros }
  await writeFile(bomb, await writeNpz({ arr_0: array }, { compress: true }))
}, 60_000)
afterAll(() => folder.remove())

it('names the option, which allows more', async () => {
  const network = await tinyNetwork(folder.at('net.safetensors'))
  const cpu = ['--backend', 'cpu']
  const invert = ['invert', bomb, '--network', network, ...cpu, '--images', '0', '--out', folder.at('z.npz')]
  const fid = ['fid', 'ref', bomb, '-o', folder.at('r.npz'), '--features', 'digits', ...cpu]
  for (const command of [['convert', bomb], invert, fid]) {
    await expect(run(...command)).rejects.toThrow(
      /must .* at most \d+ bytes, got .*\. Raise --max-bytes if you trust/,
    )
    const more = run(...command, '--max-bytes', '1e8')
    if (command === fid) await expect(more).rejects.toThrow('must have 1 channel, as the network has, got 3.')
    else await more
  }
})
