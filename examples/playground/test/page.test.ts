import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath } from '../../../test/browser/chromium.js'
import { playground, startPlayground } from './open-playground.js'
import { access } from './page/access.js'
import { blocked } from './page/blocked.js'
import { digits } from './page/digits.js'
import { faces } from './page/faces.js'
import { kept } from './page/kept.js'
import { laboratory } from './page/laboratory.js'
import { sharing } from './page/sharing.js'
import { twoFlows } from './page/two-flows.js'

// One file, so that the page is built once and one browser shows it. A machine without a browser can't show anything here; CI
// installs one.
describe.runIf(chromiumPath)('the playground in Chromium', () => {
  beforeAll(startPlayground, 300_000) // a busy machine takes minutes to build the page
  afterAll(() => playground?.close())

  describe('two flows', twoFlows)
  describe('the laboratory', laboratory)
  describe('sharing', sharing)
  describe('digits', digits)
  describe('faces', faces)
  describe('what is kept', kept)
  describe('for everybody', access)
  it('prints no errors', () => expect(playground.complaints).toEqual([]))
  describe('what is blocked', blocked)
})
