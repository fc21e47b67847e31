import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { command, type Ran, runLine, runNode } from './run.js'

/** A package manager, as a user calls it. */
export interface Installer {
  name: string
  /** Install packages into the project in folder `cwd`. */
  install(packages: string[], cwd: string): Promise<Ran>
  /** Run a line of a shell, such as `npx NAME`, that may install more. */
  run(line: string, cwd: string, settings?: Record<string, string>): Promise<Ran>
}

/**
 * npm; pnpm, which gives a package only what its package.json names; yarn. Each takes everything from the registry `url`, and
 * has a store of its own under `caches`, which all its projects share.
 */
export function installers(url: string, caches: string): Installer[] {
  const env = {
    npm_config_registry: url,
    npm_config_cache: join(caches, 'npm'),
    npm_config_yes: 'true', // npx asks nothing
    YARN_NPM_REGISTRY_SERVER: url,
    YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
    YARN_GLOBAL_FOLDER: join(caches, 'yarn'),
    YARN_NODE_LINKER: 'node-modules',
    YARN_NM_MODE: 'hardlinks-global',
    YARN_ENABLE_IMMUTABLE_INSTALLS: 'false', // CI's default; a new project has no lockfile yet
    YARN_NPM_MINIMAL_AGE_GATE: '0', // our packages are a minute old
    YARN_ENABLE_TELEMETRY: '0',
  }
  const run: Installer['run'] = (line, cwd, settings) => runLine(line, { cwd, env: { ...env, ...settings } })
  return [
    {
      name: 'npm',
      run,
      install: (packages, cwd) => run(`npm install --no-audit --no-fund ${packages.join(' ')}`, cwd),
    },
    {
      name: 'pnpm',
      run,
      install: (packages, cwd) =>
        runNode(command('pnpm'), ['add', '--store-dir', join(caches, 'pnpm'), ...packages], { cwd, env }),
    },
    {
      name: 'yarn',
      run,
      install: (packages, cwd) => {
        writeFileSync(join(cwd, 'yarn.lock'), '') // this makes the folder a project of its own
        return runNode(command('@yarnpkg/cli-dist', 'yarn'), ['add', ...packages], { cwd, env })
      },
    },
  ]
}
