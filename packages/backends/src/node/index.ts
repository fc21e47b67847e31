// The public face is the browser's (../index.ts); only the door is another.
export * from '../index.js'
export { probeBackends, useBackend } from './use-backend.js'
