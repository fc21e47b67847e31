import { createRequire } from 'node:module'
import type { Unavailable } from '../choose-backend.js'

/** Why an optional package did not load, and how to fix that. */
export function whyNot(pkg: string, { message }: Error): Unavailable {
  return isInstalled(pkg)
    ? { reason: `${pkg} did not load: ${message.split('\n')[0]} (npm rebuild ${pkg})` }
    : { reason: `${pkg} is not installed (npm install ${pkg})`, install: pkg }
}

/** False only if the package itself is missing. An installed package can still fail for other reasons. */
export function isInstalled(pkg: string): boolean {
  try {
    createRequire(import.meta.url).resolve(pkg)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND'
  }
}
