import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { report } from './report.js'
import { command, root, runNode } from './run.js'

/** A package as it will be published. */
export interface Packed {
  dir: string
  name: string
  manifest: { exports: Record<string, unknown>; bin?: Record<string, string> }
  tarball: string
}

/** Pack every package of the repository into the folder `to`; `prepack` builds what isn't built. */
export async function packAll(to: string): Promise<Packed[]> {
  const packed: Packed[] = []
  for (const folder of readdirSync(join(root, 'packages'))) {
    const dir = join(root, 'packages', folder)
    if (!existsSync(join(dir, 'package.json'))) continue
    const manifest = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'))
    const { stdout, problem } = await runNode(command('pnpm'), ['pack', '--json', '--pack-destination', to], {
      cwd: dir,
      timeoutMs: 900_000, // the first one may have to build everything
    })
    report(manifest.name, 'pack', problem)
    if (problem !== null) continue
    const [json] = /^\{[\s\S]*^\}/m.exec(stdout)! // prepack prints too
    const { filename } = JSON.parse(json) as { filename: string }
    packed.push({ dir, name: manifest.name, manifest, tarball: filename })
  }
  return packed
}
