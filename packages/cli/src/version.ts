import { createRequire } from 'node:module'

/** From package.json, which stands as far above src/ as above dist/. */
export const { version, description } = createRequire(import.meta.url)('../package.json') as {
  version: string
  description: string
}
