import type { VitConfig } from './vit-config.js'

/** The names of a block's layers in a file of weights. */
export interface BlockNames {
  norm1: string
  qkv: readonly [string, string, string]
  out: string
  scale1: string | undefined
  norm2: string
  fc1: string
  fc2: string
  scale2: string | undefined
}

export interface VitNames {
  patches: string
  classToken: string
  positions: string
  /** The norm before the first block. */
  before: string | undefined
  block(index: number): BlockNames
  after: string
}

const dinov2: VitNames = {
  patches: 'embeddings.patch_embeddings.projection',
  classToken: 'embeddings.cls_token',
  positions: 'embeddings.position_embeddings',
  before: undefined,
  block: index => {
    const layer = `encoder.layer.${index}`
    const attention = `${layer}.attention.attention`
    return {
      norm1: `${layer}.norm1`,
      qkv: [`${attention}.query`, `${attention}.key`, `${attention}.value`],
      out: `${layer}.attention.output.dense`,
      scale1: `${layer}.layer_scale1.lambda1`,
      norm2: `${layer}.norm2`,
      fc1: `${layer}.mlp.fc1`,
      fc2: `${layer}.mlp.fc2`,
      scale2: `${layer}.layer_scale2.lambda1`,
    }
  },
  after: 'layernorm',
}

const clip: VitNames = {
  patches: 'vision_model.embeddings.patch_embedding',
  classToken: 'vision_model.embeddings.class_embedding',
  positions: 'vision_model.embeddings.position_embedding.weight',
  before: 'vision_model.pre_layrnorm', // sic
  block: index => {
    const layer = `vision_model.encoder.layers.${index}`
    const attention = `${layer}.self_attn`
    return {
      norm1: `${layer}.layer_norm1`,
      qkv: [`${attention}.q_proj`, `${attention}.k_proj`, `${attention}.v_proj`],
      out: `${attention}.out_proj`,
      scale1: undefined,
      norm2: `${layer}.layer_norm2`,
      fc1: `${layer}.mlp.fc1`,
      fc2: `${layer}.mlp.fc2`,
      scale2: undefined,
    }
  },
  after: 'vision_model.post_layernorm',
}

/** The names of the weights in Hugging Face's files. */
export function vitNames(family: VitConfig['family']): VitNames {
  return family === 'dinov2' ? dinov2 : clip
}
