import { createHash } from 'node:crypto'

/** Escape text for HTML, also for an attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}

/** A table with one row per name and value. */
export function table(rows: readonly (readonly [string, string])[]): string {
  const cells = rows.map(
    ([name, value]) => `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`,
  )
  return `<table>${cells.join('')}</table>`
}

const DEEPEST = 8
const LONGEST_NAME = 80
const isPlain = (value: unknown) => value === null || typeof value !== 'object'

/** Settings as rows. The name of a nested setting is its path with dots. What is nested deeper than settings are is left out. */
export function flatten(value: unknown, path: readonly string[] = []): [string, string][] {
  const row = (text: string): [string, string][] => [[path.join('.'), text]]
  if (typeof value === 'string') return row(value)
  if (isPlain(value) || (Array.isArray(value) && value.every(isPlain))) return row(JSON.stringify(value))
  if (path.length === DEEPEST) return row('…')
  return Object.entries(value as object).flatMap(([key, entry]) =>
    flatten(entry, [...path, key.slice(0, LONGEST_NAME)]),
  )
}

/**
 * The frame of the page. It fetches nothing and runs nothing: its policy allows its own styles and its pictures alone.
 *
 * @param reloadS  after how many seconds a browser reads the page again; by default never
 */
export function page(title: string, body: string, reloadS?: number): string {
  const html = frame(title, body)
  const styles = new Set(Array.from(html.matchAll(/<style>([^<]*)<\/style>/g), ([, text]) => sha256(text!)))
  const allowed = [...styles].map(hash => `'sha256-${hash}'`).join(' ')
  const policy = `default-src 'none'; img-src data:; style-src ${allowed}; base-uri 'none'; form-action 'none'`
  const reload = reloadS ? `\n<meta http-equiv="refresh" content="${reloadS}">` : ''
  return html.replace(CHARSET, `$&\n<meta http-equiv="Content-Security-Policy" content="${policy}">${reload}`)
}

const CHARSET = '<meta charset="utf-8">'
const sha256 = (text: string) => createHash('sha256').update(text).digest('base64')

function frame(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
${CHARSET}
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>
:root { color-scheme: light dark; --line: light-dark(#d8d8d8, #3c3c3c); --soft: light-dark(#666, #a0a0a0); }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 1180px; margin: 2rem auto; padding: 0 1.2rem; background: light-dark(#fff, #17181a); color: light-dark(#1b1b1b, #ececec); }
h1 { font-size: 1.5rem; margin: 0 0 .3rem } h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem } h3 { font-size: .9rem; font-weight: 600; margin: 0 0 .3rem }
.soft { color: var(--soft); margin: 0 }
.tiles, .charts, .grids { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)) }
.charts { grid-template-columns: repeat(auto-fill, minmax(min(460px, 100%), 1fr)) } .charts > table { place-self: start }
.grids { grid-template-columns: repeat(auto-fill, minmax(min(240px, 100%), 1fr)) }
.tile { border: 1px solid var(--line); border-radius: 8px; padding: .6rem .8rem } .tile b { display: block; font-size: 1.25rem; font-variant-numeric: tabular-nums }
figure { margin: 0 } figcaption { color: var(--soft); font-size: .85rem }
svg { width: 100%; height: auto; overflow: visible } img { width: 100%; image-rendering: pixelated; border: 1px solid var(--line); box-sizing: border-box }
table { border-collapse: collapse; font-size: .9rem } th, td { padding: .15rem 1.2rem .15rem 0; vertical-align: top } th { text-align: left; font-weight: 500 } td { font-variant-numeric: tabular-nums; overflow-wrap: anywhere }
</style>
<body>
${body}
</body>
</html>
`
}
