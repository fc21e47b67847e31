/** One program of a README, with what it prints, or null if the README doesn't say. */
export interface Program {
  code: string
  output: string | null
}

export interface Readme {
  /** The packages that its `npm install` lines name. */
  install: string[]
  programs: Program[]
  /** The other lines of its sh blocks, in order. */
  commands: string[]
}

interface Block {
  line: number
  language: string
  /** Why the block isn't run: what follows `no-run` on its first line. */
  noRun: string | null
  text: string
}

const PROGRAMS = ['js', 'ts']
const LANGUAGES = [...PROGRAMS, 'sh', 'text', 'yaml', 'json', 'html']

/**
 * What a README of a package says a user can run.
 *
 *   js, ts   a block that imports begins a program; one that doesn't goes on with the program before it
 *   text     what the block before it prints
 *   sh       one command a line; `npm install` lines say what the README needs, and come first
 *   no-run   after the language, with a reason: the block isn't run
 *
 * Throws an error that names the line of a block that fits none of these.
 */
export function readReadme(markdown: string): Readme {
  const outside = markdown.replace(/^```[\s\S]*?^```$/gm, '')
  if (/\n\n {4}\S/.test(outside))
    throw new Error('code must stand in a fence with its language, not be indented')
  const readme: Readme = { install: [], programs: [], commands: [] }
  let program: Program | undefined // the one that a block without imports goes on with
  let printing: Program | undefined // the one whose output a text block is
  for (const { line, language, noRun, text } of readBlocks(markdown)) {
    const fail = (problem: string): never => {
      throw new Error(`line ${line}: ${problem}`)
    }
    if (!LANGUAGES.includes(language))
      fail(`the language of a block must be one of ${LANGUAGES.join(', ')}, got '${language}'`)
    if (noRun === '') fail('no-run needs a reason after it')
    if (language === 'text' && printing) printing.output = (printing.output ?? '') + text
    printing = undefined
    if (noRun !== null) continue
    if (language === 'sh') addCommands(readme, text)
    if (!PROGRAMS.includes(language)) continue
    if (/^import\b/m.test(text)) {
      program = { code: '', output: null }
      readme.programs.push(program)
    }
    program ??= fail('a block without an import must follow the program that it goes on with')
    program.code += text
    printing = program
  }
  return readme
}

function readBlocks(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].map(
    ({ index, 1: info = '', 2: text = '' }) => {
      const [, language = '', noRun] = /^(\S*)(?:\s+no-run\s*(.*))?/.exec(info)!
      return { line: markdown.slice(0, index).split('\n').length, language, noRun: noRun ?? null, text }
    },
  )
}

function addCommands(readme: Readme, text: string): void {
  for (const line of text.split('\n').map(line => line.replace(/\s+#.*/, '').trim())) {
    const packages = /^npm install (.+)$/.exec(line)?.[1]
    if (packages !== undefined) readme.install.push(...packages.split(/\s+/))
    else if (line !== '' && !line.startsWith('#')) readme.commands.push(line)
  }
}
