import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { runServer } from 'verdaccio'
import type { Packed } from './pack.js'
import { report } from './report.js'
import { root, runLine } from './run.js'

export interface Registry {
  url: string
  close(): void
}

/**
 * Start an npm registry of this machine. It takes our packages from anyone, and passes all others on from the registry that
 * npm is configured with. What it fetched stays in node_modules/.cache for the next time.
 */
export async function startRegistry(folder: string): Promise<Registry> {
  const { stdout } = await runLine('npm config get registry', { cwd: root })
  const storage = join(root, 'node_modules/.cache/verdaccio')
  rmSync(join(storage, '@rectified-flow'), { recursive: true, force: true })
  mkdirSync(storage, { recursive: true })
  const app: Server = await runServer({
    self_path: folder,
    storage,
    uplinks: { npm: { url: stdout.trim(), maxage: '60m', timeout: '60s', max_fails: 20 } },
    packages: {
      '@rectified-flow/*': { access: '$all', publish: '$all' },
      '**': { access: '$all', proxy: 'npm' },
    },
    auth: { htpasswd: { file: join(folder, 'htpasswd') } },
    web: { enable: false },
    log: { type: 'stdout', format: 'pretty', level: 'fatal' },
    max_body_size: '100mb',
  })
  await new Promise<void>(resolve => app.listen(0, '127.0.0.1', resolve))
  const { port } = app.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/`, close: () => app.closeAllConnections() ?? app.close() }
}

/** Publish the tarballs as `npm publish` does. */
export async function publishAll(packed: Packed[], { url }: Registry, folder: string): Promise<void> {
  writeFileSync(join(folder, '.npmrc'), `registry=${url}\n${url.replace('http:', '')}:_authToken=anyone\n`)
  for (const { name, tarball } of packed)
    report(
      name,
      'publish',
      (await runLine(`npm publish ${JSON.stringify(tarball)}`, { cwd: folder })).problem,
    )
}
