import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')

it.skipIf(!existsSync(dist))('has a notice with the licence of each package in the built files', async () => {
  const maps = (await readdir(dist)).filter(name => name.endsWith('.map'))
  const sources = await Promise.all(
    maps.map(async name => JSON.parse(await readFile(join(dist, name), 'utf8')).sources as string[]),
  )
  const found = sources.flat().flatMap(path => path.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1] ?? [])
  const { bundled } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  expect([...new Set(found)].sort()).toEqual(bundled)
  const notice = await readFile(join(root, 'NOTICE'), 'utf8')
  for (const name of bundled)
    expect(notice).toContain(await readFile(join(root, 'node_modules', name, 'LICENSE'), 'utf8'))
})
