import { expect, it } from 'vitest'
import { readmeExample } from '../src/readme-example.js'

const fence = (language: string, text: string) => `\`\`\`${language}\n${text}\n\`\`\`\n`

it('finds the first js block and its output', () => {
  const readme = `# A\n\n${fence('sh', 'npm install a')}\n${fence('js', 'a()\nb()')}\nprints\n\n${fence('text', '1')}${fence('js', 'c()')}`
  expect(readmeExample(readme)).toEqual({ code: 'a()\nb()\n', output: '1\n' })
})

it.each([
  ['no example', fence('sh', 'npm test'), 'README.md has no ```js block'],
  ['no output', fence('js', 'a()'), 'the first ```js block of README.md has no ```text block after it'],
  [
    'another block between',
    fence('js', 'a()') + fence('sh', 'b') + fence('text', '1'),
    'the first ```js block of README.md has no ```text block after it',
  ],
])('says what is wrong: %s', (_, readme, message) => {
  expect(readmeExample(readme)).toBe(message)
})
