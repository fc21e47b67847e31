import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { readReadme } from '../src/packages/readme-programs.js'

const fence = (language: string, text: string) => `\`\`\`${language}\n${text}\n\`\`\`\n`

it('reads how to install, programs with what they print, and commands', () => {
  const readme = [
    '# A',
    fence('sh', 'npm install a b # both\nnpx a doctor'),
    fence('js', "import a from 'a'\na()"),
    fence('text', '1'),
    'Then',
    fence('js', 'a()'),
    fence('text', '2'),
    fence('ts', "import b from 'b'\nb()"),
    fence('yaml', 'c: 1'),
  ].join('\n\n')
  expect(readReadme(readme)).toEqual({
    install: ['a', 'b'],
    commands: ['npx a doctor'],
    programs: [
      { code: "import a from 'a'\na()\na()\n", output: '1\n2\n' },
      { code: "import b from 'b'\nb()\n", output: null },
    ],
  })
})

it('leaves out what says that it is not to be run, and why', () => {
  const readme = fence('js no-run fetches 90 MB', 'a()') + fence('sh no-run takes a day', 'train')
  expect(readReadme(readme)).toEqual({ install: [], commands: [], programs: [] })
})

it.each([
  [
    'no language',
    fence('', 'a()'),
    "line 1: the language of a block must be one of js, ts, sh, text, yaml, json, html, got ''",
  ],
  ['no reason', `\n${fence('js no-run', 'a()')}`, 'line 2: no-run needs a reason after it'],
  [
    'a fragment',
    fence('js', 'a()'),
    'line 1: a block without an import must follow the program that it goes on with',
  ],
  ['no fence', 'Call\n\n    a()\n', 'code must stand in a fence with its language, not be indented'],
])('refuses %s', (_, readme, message) => {
  expect(() => readReadme(readme)).toThrow(new Error(message))
})

const readmes = ['README.md', ...readdirSync('packages').map(name => `packages/${name}/README.md`)]
it.each(readmes)('%s says how to install, and has programs', path => {
  const { install, programs } = readReadme(readFileSync(path, 'utf8'))
  expect(install).not.toEqual([])
  expect(programs).not.toEqual([])
})
