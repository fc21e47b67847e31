import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

// Checks every link, picture and script of the built site: its file is there, and so is the place on the page that it names.
// Nothing may be loaded from another host, and links to the repository must name files that exist.

const dist = fileURLToPath(new URL('.vitepress/dist/', import.meta.url))
const root = fileURLToPath(new URL('..', import.meta.url))
const base = process.env.SITE_BASE ?? '/rectified-flow/'
const repository = /^https:\/\/github\.com\/rectified-flow\/rectified-flow\/(?:blob|tree)\/main\/([^#]*)/

const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.html'))
const pages = new Map(files.map(file => [file, readFileSync(join(dist, file), 'utf8')]))
const anchors = new Map([...pages].map(([file, html]) => [file, new Set(matches(html, /\sid="([^"]*)"/g))]))

const problems = [...pages].flatMap(([page, html]) => [
  ...matches(html, /<a\b[^>]*?\shref="([^"]*)"/g).map(href => linkProblem(page, href)),
  ...matches(html, /<(?:img|script|link)\b[^>]*?\s(?:src|href)="([^"]*)"/g).map(href =>
    loadProblem(page, href),
  ),
])
const found = [...new Set(problems.filter(problem => problem !== null))]
for (const problem of found) console.error(problem)
console.log(`${pages.size} pages, ${problems.length} links, ${found.length} dead`)
process.exit(found.length === 0 ? 0 : 1)

function linkProblem(page: string, href: string): string | null {
  const file = repository.exec(href)?.[1]
  if (file !== undefined) return isFile(join(root, decodeURI(file)), true) ? null : `${page}: no file ${href}`
  if (/^(https?|mailto):/.test(href)) return null
  const [path = '', anchor = ''] = href.split('#').map(decodeURIComponent)
  const target = path === '' ? page : targetOf(page, path)
  if (target === null) return `${page}: no page ${href}`
  const known = anchors.get(target)
  return anchor === '' || known === undefined || known.has(anchor) ? null : `${page}: no place ${href}`
}

function loadProblem(page: string, href: string): string | null {
  if (href.startsWith('data:')) return null
  if (/^(https?:)?\/\//.test(href)) return `${page}: loads ${href} from another host`
  return targetOf(page, decodeURIComponent(href)) === null ? `${page}: no file ${href}` : null
}

/** The file of `dist` that a path leads to, or null. */
function targetOf(page: string, path: string): string | null {
  if (path.startsWith('/') && !path.startsWith(base)) return null
  const file = path.startsWith('/')
    ? path.slice(base.length)
    : relative(dist, join(dist, dirname(page), path))
  return [file, `${file}.html`, join(file, 'index.html')].find(name => isFile(join(dist, name))) ?? null
}

function isFile(path: string, orFolder = false): boolean {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats !== undefined && (orFolder || stats.isFile())
}

function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, match]) => match!.replaceAll('&amp;', '&'))
}
