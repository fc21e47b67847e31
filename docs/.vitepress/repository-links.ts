import { existsSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { MarkdownRenderer } from 'vitepress'

const docs = fileURLToPath(new URL('..', import.meta.url))
const root = join(docs, '..')
const repository = 'https://github.com/rectified-flow/rectified-flow'

/** Links of a page to files of the repository that are no pages lead to the repository; to a missing file, they are errors. */
export function repositoryLinks(md: MarkdownRenderer): void {
  md.core.ruler.push('repository-links', ({ tokens, env }) => {
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.type === 'link_open' ? token.attrGet('href') : null
      if (href?.startsWith('.')) token.attrSet('href', repositoryLink(href, env.path))
    }
  })
}

function repositoryLink(href: string, page: string): string {
  const [path = '', anchor] = href.split('#')
  const file = join(dirname(page), path)
  if (file.startsWith(docs)) return href
  if (!existsSync(file)) throw new Error(`${relative(root, page)} links to ${href}, which does not exist`)
  const kind = statSync(file).isDirectory() ? 'tree' : 'blob'
  return `${repository}/${kind}/main/${relative(root, file)}${anchor ? `#${anchor}` : ''}`
}
