// Lighthouse on the built site: accessibility and best practices must be 100. It is fetched by npx, and needs a Chromium.
//
//   npm run site && pnpm --filter @rectified-flow/docs lighthouse
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { serve } from 'vitepress'

const pages = ['', 'guide/points.html', 'concepts/premetrics.html', 'api/@rectified-flow/reflow.html']
const categories = ['accessibility', 'best-practices']
const chromium = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(existsSync)
const base = process.env.SITE_BASE ?? '/rectified-flow/'
const port = 4174

interface Report {
  categories: Record<string, { score: number }>
  audits: Record<string, { score: number | null; title: string; scoreDisplayMode: string }>
}

await serve({ root: import.meta.dirname, port })
let below = 0
for (const page of pages) {
  const { categories: scores, audits } = await audit(`http://localhost:${port}${base}${page}`)
  const percent = categories.map(name => `${name} ${Math.round(100 * scores[name]!.score)}`)
  console.log(`${page || 'home'}: ${percent.join(', ')}`)
  for (const { title, score, scoreDisplayMode } of Object.values(audits))
    if (score === 0 && scoreDisplayMode === 'binary') console.log(`  ${title}`)
  below += categories.filter(name => scores[name]!.score < 1).length
}
process.exit(below === 0 ? 0 : 1)

async function audit(url: string): Promise<Report> {
  const options = [`--only-categories=${categories}`, '--output=json', '--quiet']
  const flags = '--chrome-flags=--headless=new --no-sandbox'
  const { stdout } = await promisify(execFile)(
    'npx',
    ['--yes', 'lighthouse@12.2.3', url, ...options, flags],
    {
      env: { ...process.env, ...(chromium && { CHROME_PATH: chromium }) },
      maxBuffer: 1e8,
    },
  )
  return JSON.parse(stdout)
}
