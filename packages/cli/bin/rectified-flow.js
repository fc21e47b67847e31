#!/usr/bin/env node
// Package managers link this file when they install, which in a checkout is before dist/ is built.
import { setFlagsFromString } from 'node:v8'

// What only prints a text ends before optimised code would pay: an eighth of its processor time went into making it (Node 20).
const onlyPrints = process.argv.some(word => word === '--help' || word === '--print-config')
if (onlyPrints && !process.versions.bun) setFlagsFromString('--no-opt')

await import('../dist/main.js')
