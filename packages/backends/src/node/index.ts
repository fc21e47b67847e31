// The same exports as in browsers (../index.ts), except that useBackend and probeBackends also know Node's backends.
export * from '../index.js'
export { probeBackends, useBackend } from './use-backend.js'
