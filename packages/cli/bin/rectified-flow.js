#!/usr/bin/env node
// Package managers link this file when they install, which in a checkout is before dist/ is built.
import { setFlagsFromString } from 'node:v8'

// A command that only prints a text ends too soon for optimised code to pay: without it, Node 20 needs an eighth less time.
const onlyPrints = process.argv.some(word => word === '--help' || word === '--print-config')
if (onlyPrints && !process.versions.bun) setFlagsFromString('--no-opt')

await import('../dist/main.js')
