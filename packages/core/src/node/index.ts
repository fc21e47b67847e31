import '../index.js'

export { type NodeBackendOptions, useBackend } from './backends.js'
