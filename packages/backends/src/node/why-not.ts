import type { Unavailable } from '../choose-backend.js'

/** Why an optional package did not load, and what to do. */
export function whyNot(pkg: string, { code, message }: NodeJS.ErrnoException): Unavailable {
  const missing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
  return missing && message.includes(`'${pkg}'`)
    ? { reason: `${pkg} is not installed (npm install ${pkg})`, install: pkg }
    : { reason: `${pkg} did not load: ${message.split('\n')[0]} (npm rebuild ${pkg})` }
}
