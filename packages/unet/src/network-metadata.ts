import { describe } from '@rectified-flow/core'
import type { UNetConfig } from './config.js'

type Metadata = Readonly<Record<string, string>>

/** The network's configuration in the metadata of its file; undefined if the file has none. */
export function readConfig({ config }: Metadata): UNetConfig | undefined {
  if (config === undefined) return undefined
  const value = parsed(config)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as UNetConfig
  throw new RangeError(
    `unet.readConfig: the metadata's config must be a JSON object, got ${describe(config)}.`,
  )
}

/** The names of the network's classes in the metadata of its file; undefined if the file has none. */
export function readClassNames({ classNames }: Metadata): readonly string[] | undefined {
  if (classNames === undefined) return undefined
  const names = parsed(classNames)
  if (Array.isArray(names) && names.every(name => typeof name === 'string')) return names
  throw new RangeError(
    `unet.readClassNames: the metadata's classNames must be a JSON list of names, got ${describe(classNames)}.`,
  )
}

/** What a JSON text says; undefined for any other text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
