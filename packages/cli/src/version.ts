import { createRequire } from 'node:module'

/** From package.json, which is one folder above src/ and above dist/. */
export const { version, description } = createRequire(import.meta.url)('../package.json') as {
  version: string
  description: string
}
