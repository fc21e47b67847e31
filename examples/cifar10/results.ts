import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readNpz } from '@rectified-flow/checkpoints'
import { writeFileWhole } from '@rectified-flow/checkpoints/node'
import { bytesToSigned } from '@rectified-flow/core'
import { encodePngGrid } from '@rectified-flow/datasets'
import { smallSamples } from './stages.js'

const COLUMNS = 14
const ROWS = ['teacher-1', 'teacher-16', 'reflow-plain-1', 'reflow-plus-1']

/** A Markdown table of the Fréchet distances (CIFAR features) that the stages measured. */
export async function table(out: string): Promise<string> {
  const distance = async (name: string) => {
    const { frechetDistance } = JSON.parse(await readFile(join(out, `${name}.json`), 'utf8'))
    return (frechetDistance as number).toFixed(2)
  }
  const rows = [
    ['', 'network calls', 'Fréchet distance'],
    ...(await Promise.all(
      smallSamples.map(async ({ network, nfe }) => [network, `${nfe}`, await distance(`${network}-${nfe}`)]),
    )),
    ['real test images', '', await distance('test-images')],
  ]
  const widths = [0, 1, 2].map(column => Math.max(...rows.map(row => row[column]!.length)))
  const line = (row: string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`
  const rule = `| ${widths.map(width => '-'.repeat(width)).join(' | ')} |`
  return [line(rows[0]!), rule, ...rows.slice(1).map(line)].join('\n')
}

/** A picture of samples, the same noise in each column: the teacher in 1 and 16 steps, the two 2-rectified flows in one. */
export async function writePicture(out: string, path: string): Promise<void> {
  const rows = await Promise.all(
    ROWS.map(async name => {
      const images = (await readNpz(await readFile(join(out, `${name}.npz`)))).get('arr_0')
      return (images!.data as Uint8Array).subarray(0, COLUMNS * 32 * 32 * 3)
    }),
  )
  const data = bytesToSigned(Buffer.concat(rows))
  const shape = [ROWS.length * COLUMNS, 32, 32, 3] as const
  const scale = 2
  await writeFileWhole(path, await encodePngGrid({ data, shape }, { columns: COLUMNS, scale, background: 1 }))
}
