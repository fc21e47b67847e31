import { createRequire } from 'node:module'
import type { Unavailable } from '../choose-backend.js'

/** Why an optional package did not load, and what to do. */
export function whyNot(pkg: string, { message }: Error): Unavailable {
  return isInstalled(pkg)
    ? { reason: `${pkg} did not load: ${message.split('\n')[0]} (npm rebuild ${pkg})` }
    : { reason: `${pkg} is not installed (npm install ${pkg})`, install: pkg }
}

/** A package that is there may still lack one that it needs: that is another error. */
function isInstalled(pkg: string): boolean {
  try {
    createRequire(import.meta.url).resolve(pkg)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND'
  }
}
