import { checkOneOf } from '@rectified-flow/core'
import {
  type DhariwalUNetConfig,
  type ResolvedDhariwalUNetConfig,
  resolveDhariwalConfig,
} from './dhariwal-config.js'
import type { Architecture } from './internal/architecture.js'
import { dhariwalArchitecture } from './internal/dhariwal-architecture.js'
import { songArchitecture } from './internal/song-architecture.js'
import { type ResolvedSongUNetConfig, resolveSongConfig, type SongUNetConfig } from './song-config.js'

/** The configuration of any network of this package. `type` is 'song' (the default) or 'dhariwal'. */
export type UNetConfig = SongUNetConfig | (DhariwalUNetConfig & { type: 'dhariwal' })

/** A configuration with every option present. */
export type ResolvedUNetConfig = ResolvedSongUNetConfig | ResolvedDhariwalUNetConfig

/** Fill in the defaults and check every option. */
export function resolveConfig(config: UNetConfig): ResolvedUNetConfig {
  const type = config?.type ?? 'song'
  checkOneOf('unet.createUNet', 'type', type, ['song', 'dhariwal'])
  return config?.type === 'dhariwal' ? resolveDhariwalConfig(config) : resolveSongConfig(config)
}

export function architectureOf(config: ResolvedUNetConfig): Architecture {
  return config.type === 'dhariwal' ? dhariwalArchitecture(config) : songArchitecture(config)
}
