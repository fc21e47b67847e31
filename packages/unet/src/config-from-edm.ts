import { checkKind, checkOneOf, checkOptions } from '@rectified-flow/core'
import type { UNetConfig } from './config.js'
import { configOf } from './internal/reference-keys.js'
import { edm } from './preconditioners/edm.js'
import { iddpm } from './preconditioners/iddpm.js'
import type { Preconditioner } from './preconditioners/preconditioner.js'
import { ve } from './preconditioners/ve.js'
import { vp } from './preconditioners/vp.js'

const WHERE = 'unet.configFromEdm'
const types = { SongUNet: 'song', DhariwalUNet: 'dhariwal' } as const

/** Keywords that are not options of the networks: the preconditioners' own, the samplers' ranges, and the precision. */
const outside = [
  'sigma_data',
  'beta_d',
  'beta_min',
  'M',
  'C_1',
  'C_2',
  'sigma_min',
  'sigma_max',
  'epsilon_t',
  'use_fp16',
]

/** What an EDM pickle says of its network: `network` of `readEdmPkl`. */
interface NetworkDescription {
  className: string
  kwargs: Readonly<Record<string, unknown>>
}

interface EdmKeywords {
  img_channels?: number
  model_type?: string
  sigma_data?: number
  beta_d?: number
  beta_min?: number
  M?: number
  C_1?: number
  C_2?: number
}

/** EDM's preconditioner classes: the network that each uses by default, and how its keywords make a preconditioner. */
const classes = {
  EDMPrecond: {
    model: 'DhariwalUNet',
    make: ({ sigma_data }: EdmKeywords) => edm({ sigmaData: sigma_data }),
  },
  VPPrecond: {
    model: 'SongUNet',
    make: ({ beta_d, beta_min, M }: EdmKeywords) => vp({ betaData: beta_d, betaMin: beta_min, steps: M }),
  },
  VEPrecond: { model: 'SongUNet', make: () => ve() },
  iDDPMPrecond: {
    model: 'DhariwalUNet',
    make: ({ C_1, C_2, M }: EdmKeywords) => iddpm({ c1: C_1, c2: C_2, steps: M }),
  },
} satisfies Record<string, { model: string; make(keywords: EdmKeywords): Preconditioner }>

/**
 * The network's configuration and the preconditioner of an EDM pickle, from the name of its class and the keyword
 * arguments that the class was made with.
 */
export function configFromEdm(network: NetworkDescription): {
  config: UNetConfig
  preconditioner: Preconditioner
} {
  checkOptions<NetworkDescription>(WHERE, network, { className: 'required', kwargs: 'required' }, 'network')
  const { className, kwargs } = network
  checkKind(WHERE, 'kwargs', kwargs, 'an object of keywords', [])
  checkOneOf(WHERE, 'className', className, Object.keys(classes) as (keyof typeof classes)[])
  const { model, make } = classes[className]
  const { img_channels, model_type = model, ...others } = kwargs as EdmKeywords & Record<string, unknown>
  checkOneOf(WHERE, 'model_type', model_type, ['SongUNet', 'DhariwalUNet'])
  const options = Object.entries(others).filter(([key]) => !outside.includes(key))
  // Improved DDPM also learns variances, in as many more channels.
  const outputs = className === 'iDDPMPrecond' ? 2 : 1
  const config = configOf(WHERE, types[model_type], {
    ...Object.fromEntries(options),
    in_channels: img_channels,
    out_channels: img_channels && outputs * img_channels,
  })
  return { config, preconditioner: make(kwargs as EdmKeywords) }
}
