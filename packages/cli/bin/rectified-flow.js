#!/usr/bin/env node
// Package managers link this file when they install, which in a checkout is before dist/ is built.
import '../dist/main.js'
