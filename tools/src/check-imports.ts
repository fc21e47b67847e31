import { fileURLToPath } from 'node:url'
import { checkImports } from './import-rules.js'

const violations = checkImports(fileURLToPath(new URL('../..', import.meta.url)))
for (const violation of violations) console.error(violation)
if (violations.length > 0) process.exit(1)
console.log('imports: one way')
