import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A program, and what it prints. */
export interface Program {
  code: string
  output: string
}

/**
 * The program of a page: its ```js blocks, one after the other, in one module. It prints the ```text blocks that follow a ```js
 * block. A page with the comment `continues: other.md` begins with that page's program. A block that can't be run is
 * marked ```ts no-run, with the reason. null if the page has no ```js block.
 */
export function pageProgram(page: string): Program | null {
  const text = readFileSync(page, 'utf8')
  const blocks = [...text.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].map(([, language, body]) => ({
    language,
    body: body!,
  }))
  const code = blocks.filter(({ language }) => language === 'js').map(({ body }) => body)
  if (blocks.some(({ language }) => language === 'ts'))
    throw new Error(`${page}: a ts block must say no-run, and why`)
  if (code.length === 0) return null
  const output = blocks
    .filter(({ language }, i) => language === 'text' && blocks[i - 1]?.language === 'js')
    .map(({ body }) => body)
  const before = /^<!-- continues: (.*) -->$/m.exec(text)?.[1]
  const first = before === undefined ? null : pageProgram(join(dirname(page), before))
  return { code: (first?.code ?? '') + code.join('\n'), output: (first?.output ?? '') + output.join('') }
}
