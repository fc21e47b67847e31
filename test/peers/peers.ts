import type { Peer } from './peer.js'
import { cleanFid } from './peers/clean-fid.js'
import { lpips } from './peers/lpips.js'
import { piq } from './peers/piq.js'
import { pytorchFid } from './peers/pytorch-fid.js'
import { safetensors } from './peers/safetensors.js'
import { tensorboard } from './peers/tensorboard.js'
import { torch } from './peers/torch.js'
import { torchFidelity } from './peers/torch-fidelity.js'
import { torchcfm } from './peers/torchcfm.js'
import { torchdiffeq } from './peers/torchdiffeq.js'
import { webdataset } from './peers/webdataset.js'

export const peers: readonly Peer[] = [
  ...[torch, torchcfm, torchdiffeq],
  ...[lpips, piq, pytorchFid, cleanFid, torchFidelity],
  ...[safetensors, webdataset, tensorboard],
]
