import type { BackendName } from '@rectified-flow/backends'
import { writeWebDataset } from '@rectified-flow/datasets/node'
import { Command } from 'commander'
import { backendOption, startBackend } from '../backend-option.js'
import { checkOutput } from '../check-output.js'
import { openPairs } from '../open-pairs.js'
import { parseInteger } from '../parse.js'
import { withProgress } from '../progress.js'

interface Flags {
  out: string
  shardSize: number
  backend?: BackendName
}

/** `rectified-flow pairs webdataset STORE`: the pairs as tars that the Python package webdataset reads. */
export function pairsWebDatasetCommand(): Command {
  return new Command('webdataset')
    .description('write pairs as tars for the Python package webdataset: x.npy, z.npy and cls of each pair')
    .argument('<store>', "a folder of `pairs`, or one in the reference's format")
    .requiredOption('-o, --out <folder>', 'folder of the tars; those that are there are not written again')
    .option('--shard-size <n>', 'pairs in a tar', parseInteger(1), 1024)
    .addOption(backendOption())
    .action(async (folder: string, { out, shardSize, backend }: Flags) => {
      await checkOutput('--out', out, 'folder')
      await startBackend(backend)
      const pairs = await openPairs(folder)
      try {
        const work = { title: 'webdataset', total: pairs.count, unit: 'pairs' }
        const paths = await withProgress(work, update =>
          writeWebDataset(out, pairs, { shardSize, onProgress: done => update(done) }),
        )
        const tars = `${paths.length} ${paths.length === 1 ? 'tar' : 'tars'}`
        console.log(`${pairs.count} pairs in ${tars} in ${out}`)
      } finally {
        await pairs.close()
      }
    })
}
