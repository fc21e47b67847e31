import '../index.js'

export { useBackend } from './backends.js'
