// Compares with packages from PyPI: npm run peers [-- NAME... --python PATH --write --install]
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { useBackend } from '@rectified-flow/backends'
import { readNpz, writeNpz } from '@rectified-flow/checkpoints'
import { numbersOf, type Peer, passes } from './peer.js'
import { peers } from './peers.js'
import { pythonWithPeers, runScript, versionsOf } from './python.js'
import { page, type Row, tableOf } from './table.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: 'string' }, // one that has the packages of python/requirements*.txt
    install: { type: 'boolean' }, // only install them
    write: { type: 'boolean' }, // write the table into docs/numbers/peers.md
  },
})
const python = values.python ?? (await pythonWithPeers())
if (!values.install) {
  const chosen = positionals.length > 0 ? peers.filter(({ name }) => positionals.includes(name)) : peers
  const versions = await versionsOf(
    python,
    chosen.map(({ name }) => name),
  )
  await useBackend('wasm')
  const rows: Row[] = []
  for (const peer of chosen) {
    const begin = performance.now()
    // One that fails must not keep the others from being compared.
    const found = await rowsOf(peer, versions[peer.name]!).catch((error: Error) => error)
    if (Array.isArray(found)) rows.push(...found)
    else process.exitCode = 1
    const seconds = ((performance.now() - begin) / 1000).toFixed(0)
    console.error(`${peer.name}: ${seconds} s${Array.isArray(found) ? '' : `, ${found.message}`}`)
  }
  console.log(tableOf(rows))
  if (values.write) await writeFile(join(import.meta.dirname, '../../docs/numbers/peers.md'), page(rows))
  if (chosen.length === 0 || !rows.every(passes)) process.exitCode = 1
}

async function rowsOf(peer: Peer, version: string): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'peer-'))
  try {
    const inputs = await peer.prepare(folder)
    if (Object.keys(inputs).length > 0) await writeFile(join(folder, 'in.npz'), await writeNpz(inputs))
    await runScript(python, peer.name, folder)
    const theirs = numbersOf(await readNpz(await readFile(join(folder, 'out.npz'))))
    return (await peer.compare(folder, theirs)).map(row => ({ name: peer.name, version, ...row }))
  } finally {
    await rm(folder, { recursive: true })
  }
}
