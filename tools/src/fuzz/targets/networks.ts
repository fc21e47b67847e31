import { readSafetensors, writeNpy, writeSafetensors } from '@rectified-flow/checkpoints'
import { createRng } from '@rectified-flow/core'
import {
  FeatureStatistics,
  loadSmallResNet,
  readReference,
  saveSmallResNet,
  smallResNet,
} from '@rectified-flow/eval-fid'
import { squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { independentCoupling, Trainer } from '@rectified-flow/reflow'
import { loadTrainer, saveTrainer } from '@rectified-flow/reflow/node'
import { uniform } from '@rectified-flow/timestep-dists'
import { loadUNet, SongUNet, saveUNet } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import type { Dice } from '../dice.js'
import { filesOf } from '../files/files.js'
import { zipFile } from '../files/zip-file.js'
import { mutateZip } from '../mutate/mutate-containers.js'
import { mutateJson } from '../mutate/mutate-text.js'
import { oneFile } from '../one-file.js'
import type { Target } from '../target.js'
import { mutateNpy, mutateSafetensors } from './weights.js'

const config = {
  imgResolution: 8,
  inChannels: 1,
  outChannels: 1,
  labelDim: 2,
  modelChannels: 4,
  channelMult: [1, 1],
  numBlocks: 1,
  attnResolutions: [4],
}

/** A file whose metadata has JSON in it: that text, or any other part of the file, is changed. */
function mutateMetadata(key: string) {
  return (bytes: Uint8Array, dice: Dice): Uint8Array => {
    if (dice.below(3) === 0) return mutateSafetensors(bytes, dice)
    const { tensors, metadata } = readSafetensors(bytes)
    const text = Buffer.from(mutateJson(Buffer.from(metadata[key] ?? '{}'), dice)).toString()
    return writeSafetensors(tensors, { ...metadata, [key]: text })
  }
}

const moments = (): [string, Uint8Array][] => {
  const statistics = new FeatureStatistics(3)
  statistics.add(createRng(1).normals(30))
  const { mean, covariance } = statistics
  return [
    ['mu.npy', writeNpy({ dtype: 'F64', shape: [3], data: mean })],
    ['sigma.npy', writeNpy({ dtype: 'F64', shape: [3, 3], data: covariance })],
  ]
}

function tinyTrainer(): Trainer {
  const w = tf.variable(tf.ones([4, 4]))
  return new Trainer({
    velocity: () => x => tf.clone(x),
    weights: new Map([['w', w]]),
    coupling: independentCoupling(tf.zeros([1, 2, 2, 1]), { rng: createRng(1) }),
    timesteps: uniform(),
    premetric: squaredL2,
    rng: createRng(1),
    batch: 1,
    learningRate: 0.1,
  })
}

/** A target of one safetensors file, which a program of ours wrote, with JSON under a key of its metadata. */
function written(
  name: string,
  {
    share,
    key,
    write,
    read,
  }: {
    share: number
    key: string
    write(): Promise<Uint8Array>
    read(bytes: Uint8Array, path: string): unknown
  },
): Target {
  const path = `${name}.safetensors`
  return {
    name,
    share,
    async prepare() {
      const file = await write()
      return {
        valid: [new Map([[path, file]])],
        mutate: dice => new Map([[path, mutateMetadata(key)(file, dice)]]),
      }
    },
    read: async (folder, files) => read(files.get(path)!, `${folder}/${path}`),
  }
}

export const networkTargets: readonly Target[] = [
  written('network', {
    share: 5,
    key: 'config',
    write: () => saveUNet(new SongUNet(config, { rng: createRng(1) })),
    read: bytes => loadUNet(bytes).dispose(),
  }),
  written('measuring-network', {
    share: 3,
    key: 'config',
    write: () =>
      saveSmallResNet(smallResNet({ rng: createRng(1), size: 8, channels: 1, widths: [2, 4], classes: 2 })),
    read: bytes => loadSmallResNet(bytes).dispose(),
  }),
  written('trainer', {
    share: 5,
    key: 'state',
    async write() {
      const files = await filesOf(folder => saveTrainer(`${folder}/trainer`, tinyTrainer()))
      return files.get('trainer')!
    },
    async read(_, path) {
      const trainer = tinyTrainer()
      try {
        await loadTrainer(path, trainer)
      } finally {
        trainer.dispose()
      }
    },
  }),
  oneFile({
    name: 'feature-statistics',
    share: 4,
    path: 'part.safetensors',
    valid: (() => {
      const statistics = new FeatureStatistics(3)
      statistics.add(createRng(1).normals(30))
      return [statistics.save()]
    })(),
    mutate: mutateSafetensors,
    read: bytes => FeatureStatistics.load(bytes),
  }),
  oneFile({
    name: 'moments',
    share: 5,
    path: 'reference.npz',
    valid: [zipFile({ entries: moments() })],
    mutate: (_, dice) => mutateZip(moments(), () => mutateNpy, dice),
    read: bytes => readReference(bytes),
  }),
]
