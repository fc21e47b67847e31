import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const repository = 'https://github.com/rectified-flow/rectified-flow'
const packages = readdirSync('packages')

it.each(packages)('packages/%s says what npm shows, and builds before it is packed', name => {
  const manifest = JSON.parse(readFileSync(`packages/${name}/package.json`, 'utf8'))
  expect(manifest).toMatchObject({
    name: `@rectified-flow/${name}`,
    homepage: `${repository}/tree/main/packages/${name}#readme`,
    bugs: `${repository}/issues`,
    license: 'Apache-2.0',
    author: 'The rectified-flow contributors',
    repository: { type: 'git', url: `git+${repository}.git`, directory: `packages/${name}` },
    scripts: { prepack: 'turbo run build declarations --output-logs=errors-only' },
    publishConfig: { access: 'public' },
    engines: { node: '>=20.19' },
  })
  const shared = ['rectified-flow', 'flow-matching', 'diffusion', 'tensorflowjs']
  expect(manifest.keywords.slice(0, 4)).toEqual(shared)
})

it('publishes all packages under one version', () => {
  const { fixed } = JSON.parse(readFileSync('.changeset/config.json', 'utf8'))
  expect(fixed[0].toSorted()).toEqual(packages.map(name => `@rectified-flow/${name}`).toSorted())
})
