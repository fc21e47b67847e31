import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const root = new URL('../../', import.meta.url)

/** Where a run is kept: a file or a folder of it. */
export const runPath = (name: string) => fileURLToPath(new URL(`runs/${name}`, root))
/** Where a network is shipped. */
export const weightsPath = (name: string) =>
  fileURLToPath(new URL(`packages/flow/weights/${name}.safetensors`, root))

/** Write a network and its card, a table of what it is and how it was made. */
export async function writeShipped(
  name: string,
  title: string,
  weights: Uint8Array,
  facts: Readonly<Record<string, string>>,
): Promise<void> {
  const command = `\`pnpm --filter @rectified-flow/example-teachers start ${name}\``
  const rows = Object.entries({ ...facts, 'made by': command }).map(([fact, text]) => `| ${fact} | ${text} |`)
  const path = weightsPath(name)
  await writeFile(path, weights)
  await writeFile(
    path.replace(/safetensors$/, 'md'),
    `# ${title}\n\n| | |\n| --- | --- |\n${rows.join('\n')}\n`,
  )
  console.log(`wrote ${path}`)
}
