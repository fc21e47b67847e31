import { mergePairStores, openPairStore } from '@rectified-flow/datasets/node'
import { Command } from 'commander'
import { checkOutput } from '../check-output.js'
import { withProgress } from '../progress.js'
import { pairsInvertCommand } from './pairs-invert.js'
import { pairsMakeCommand } from './pairs-make.js'
import { pairsWebDatasetCommand } from './pairs-webdataset.js'

/** `rectified-flow pairs`: stores of noise and image, which any number of processes can fill. Its default is `make`. */
export function fillPairs(command: Command): Command {
  return command
    .addCommand(pairsMakeCommand(), { isDefault: true })
    .addCommand(pairsInvertCommand())
    .addCommand(mergeCommand())
    .addCommand(verifyCommand())
    .addCommand(pairsWebDatasetCommand())
}

function mergeCommand(): Command {
  return new Command('merge')
    .description('join the parts of one store that several machines made; every file is checked')
    .argument('<stores...>', 'their folders')
    .requiredOption('-o, --out <folder>', 'the whole store; may be one of the folders')
    .action(async (stores: string[], { out }: { out: string }) => {
      await checkOutput('--out', out, 'folder')
      const missing = await (await mergePairStores(out, stores)).missing()
      console.log(
        missing.length === 0
          ? `${out} is complete`
          : `merged in ${out}; still missing: ${missing.length} shards, ${some(missing)}`,
      )
    })
}

function verifyCommand(): Command {
  return new Command('verify')
    .description('check every byte of a store, and name the files that are damaged or missing')
    .argument('<store>', 'its folder')
    .action(async (folder: string) => {
      const store = await openPairStore(folder, { incomplete: true })
      const work = { title: 'verify', total: store.shards, unit: 'shards' }
      const problems = await withProgress(work, update => store.verify({ onShard: done => update(done) }))
      for (const { shard, path, problem } of problems) console.log(`shard ${shard}, ${path}: ${problem}`)
      if (problems.length > 0)
        throw new RangeError(
          `${problems.length} of ${store.shards} shards must be made again. The command that made the store does ` +
            'that, and nothing else, with --verify.',
        )
      console.log(`${store.count} pairs in ${store.shards} shards, every byte as it was written`)
    })
}

function some(shards: readonly number[]): string {
  return shards.slice(0, 5).join(', ') + (shards.length > 5 ? ' ...' : '')
}
