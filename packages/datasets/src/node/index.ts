export { pairShardPath, readPairShards, writePairShard } from './pair-shards.js'
export { type MnistOptions, readMnist } from './read-mnist.js'
export { writePngGrid } from './write-png-grid.js'
