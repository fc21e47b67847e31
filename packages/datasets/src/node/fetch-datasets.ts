import { readFile } from 'node:fs/promises'
import { type FetchFileOptions, fetchFile, fetchFileNames } from '@rectified-flow/checkpoints/node'
import { checkOneOf, checkOptions, type OptionNames } from '@rectified-flow/core'
import type { ImageDataset } from '../image-dataset.js'
import { mnist } from '../mnist.js'
import { readCifar10 } from './read-cifar10.js'

const CIFAR10 = {
  name: 'cifar-10-binary.tar.gz',
  url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
  sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
  bytes: 170052171,
}

const MNIST = {
  train: {
    images: mnistFile(
      'train-images-idx3',
      '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609',
    ),
    labels: mnistFile(
      'train-labels-idx1',
      '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c',
    ),
  },
  test: {
    images: mnistFile('t10k-images-idx3', '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6'),
    labels: mnistFile('t10k-labels-idx1', 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6'),
  },
}

function mnistFile(stem: string, sha256: string) {
  const name = `${stem}-ubyte.gz`
  return { name, url: `https://storage.googleapis.com/cvdf-datasets/mnist/${name}`, sha256 }
}

type FetchOptions = { split?: 'train' | 'test' } & FetchFileOptions

const fetchNames: OptionNames<FetchOptions> = { ...fetchFileNames, split: 'optional' }

/** CIFAR-10 from its official address (170 MB). The file stays in the cache of `fetchFile`; its SHA-256 is checked. */
export async function fetchCifar10(options: FetchOptions = {}): Promise<ImageDataset> {
  checkOptions('datasets.fetchCifar10', options, fetchNames)
  const { split, ...rest } = options
  return readCifar10(await fetchFile(CIFAR10, rest), { ...(split && { split }) })
}

/** MNIST from the mirror that TensorFlow uses (12 MB). The files stay in the cache of `fetchFile`; SHA-256s are checked. */
export async function fetchMnist(options: FetchOptions = {}): Promise<ImageDataset> {
  checkOptions('datasets.fetchMnist', options, fetchNames)
  const { split = 'train', ...rest } = options
  checkOneOf('datasets.fetchMnist', 'split', split, ['train', 'test'])
  const { images, labels } = MNIST[split]
  return mnist({
    images: await readFile(await fetchFile(images, rest)),
    labels: await readFile(await fetchFile(labels, rest)),
  })
}
