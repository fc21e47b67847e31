import { createRng, type Features, oneHot } from '@rectified-flow/core'
import { batches } from '@rectified-flow/datasets'
import { openImages } from '@rectified-flow/datasets/node'
import { evaluate, measureImages } from '@rectified-flow/eval-fid'
import { squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { independentCoupling, sample, Trainer } from '@rectified-flow/reflow'
import { uniform } from '@rectified-flow/timestep-dists'
import { edmVelocity, SongUNet } from '@rectified-flow/unet'

/** Train a network with classes on a folder, draw images of one class by its name, and measure both against the folder. */
export async function trainOnFolder(path: string, name: string, features: Features) {
  const rng = createRng(0)
  const source = await openImages(path)
  const { height, channels, classes = 0, classNames = [] } = source
  const shape = { imgResolution: height, inChannels: channels, outChannels: channels, labelDim: classes }
  const net = new SongUNet({ ...shape, modelChannels: 8, channelMult: [1], numBlocks: 1 }, { rng })
  const trainer = new Trainer({
    velocity: (rng, classLabels) =>
      edmVelocity(net, { ...(classLabels && { classLabels }), training: { rng } }),
    weights: net.weights,
    coupling: independentCoupling(source, { rng }),
    timesteps: uniform(),
    premetric: squaredL2,
    rng,
    batch: 4,
  })
  await trainer.advance()
  const averaged = net.withWeights(trainer.ema)
  const velocity = edmVelocity(averaged, { classLabels: oneHot([name], classNames) })
  const { x } = sample(velocity, rng.normal([4, height, height, channels]))
  const reference = await measureImages(features, batches(source))
  const drawn = await evaluate(features, [x], { reference })
  const itself = await evaluate(features, batches(source), { reference })
  await source.close()
  return { classNames, drawn: drawn.frechetDistance, itself: itself.frechetDistance }
}
