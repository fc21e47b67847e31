import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { encodePngGrid } from '@rectified-flow/datasets'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { reportHtml } from '../src/report/report-html.js'
import { temporaryFolder } from './digits.js'

// A run's folder may come from anybody, and its page may be sent to others: it must hold nothing but the run.

const SECRET = 'the secret of this machine'
const MARK = '<script>alert(1)</script>'
const train = {
  ...{
    kind: 'train',
    step: 1,
    steps: 1,
    skipped: 0,
    loss: 1,
    gradientNorm: 1,
    learningRate: 1,
    msPerStep: 1,
  },
  lossByTime: [1],
}
const preview = { kind: 'preview', step: 1, scalars: {}, images: {} }

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let png: Uint8Array
beforeEach(async () => {
  folder = await temporaryFolder('hostile-')
  png = await encodePngGrid({ data: new Float32Array(4), shape: [1, 2, 2, 1] })
  await mkdir(folder.at('run/previews'), { recursive: true })
  await writeFile(folder.at('secret.txt'), SECRET)
  await writeFile(folder.at('secret.png'), png)
})
afterEach(() => folder.remove())

async function page(lines: unknown[], settings: unknown = {}): Promise<string> {
  await writeFile(folder.at('run/settings.json'), JSON.stringify(settings))
  await writeFile(folder.at('run/metrics.jsonl'), lines.map(line => `${JSON.stringify(line)}\n`).join(''))
  return reportHtml(folder.at('run'))
}

describe('a picture', () => {
  it.each([
    ['a path that leaves the folder', '../secret.txt'],
    ['a PNG that is not of this run', '../secret.png'],
    ['a path that leaves the folder and comes back', '../run/../secret.png'],
    ['an absolute path', '/etc/passwd'],
    ['a file that is no PNG', 'settings.json'],
    ['a folder', 'previews'],
    ['a name with a zero', 'a\0.png'],
    ['a link to a file outside', 'previews/file-link.png'],
    ['a link to a folder outside', 'previews/folder-link/secret.png'],
    ['a device', 'previews/device.png'],
    ['a missing file', 'previews/none.png'],
  ])('is left out if it is %s', async (_, path) => {
    await symlink(folder.at('secret.png'), folder.at('run/previews/file-link.png'))
    await symlink(folder.at('.'), folder.at('run/previews/folder-link'))
    await symlink('/dev/zero', folder.at('run/previews/device.png'))
    const html = await page([{ ...preview, images: { '1-step': path } }])
    expect(html).not.toContain('<img')
    expect(html).not.toContain(Buffer.from(SECRET).toString('base64').slice(0, 20))
    expect(html).toContain('Left out: 1 pictures that are no PNG files in the run&#39;s folder.')
  })

  it('is shown from a folder that is itself a link', async () => {
    await writeFile(folder.at('run/previews/a.png'), png)
    await page([{ ...preview, images: { '1-step': 'previews/a.png' } }])
    await symlink(folder.at('run'), folder.at('link'))
    const html = await reportHtml(folder.at('link'))
    expect(html).toContain(`<img src="data:image/png;base64,${Buffer.from(png).toString('base64')}"`)
    expect(html).not.toContain('Left out')
  })
})

describe('a line', () => {
  it.each([
    ['text for a step', { ...train, step: MARK }],
    ['text for a loss', { ...train, loss: MARK }],
    ['text in the losses by time', { ...train, lossByTime: [MARK] }],
    ['a preview of a text step', { ...preview, step: MARK, images: { a: 'previews/a.png' } }],
    ['a text scalar', { ...preview, scalars: { a: MARK } }],
    ['a path that is no text', { ...preview, images: { a: { toString: MARK } } }],
    ['another kind', { kind: MARK }],
    ['no object', MARK],
    ['null', null],
    ['a list', [train]],
    ['no steps', { ...train, steps: 0 }],
  ])('with %s is left out', async (_, line) => {
    await writeFile(folder.at('run/previews/a.png'), png)
    const html = await page([train, line])
    expect(html).toContain('Left out: 1 lines of metrics.jsonl that no run writes.')
    expect(html).toContain('<b>1</b>steps<')
    expect(html).not.toContain('<script')
  })

  it('has only names that are shown as text', async () => {
    await writeFile(folder.at('run/previews/a.png'), png)
    const name = `"><img src=x onerror=alert(1)>${MARK}</style>`
    const shown = { ...preview, images: { [name]: 'previews/a.png' }, scalars: { [name]: 1, constructor: 2 } }
    const html = await page([train, shown], { [name]: { [name]: [name] } })
    expect(html).not.toMatch(/<script|onerror=alert\(1\)>[^&]|<img src=x/)
    expect(html.match(/<\/style>/g)).toHaveLength(html.match(/<style>/g)!.length)
  })
})

it('stays small and quick, however deep or wide the settings and names are', async () => {
  const nested = (open: string, close: string) => open.repeat(100_000) + close.repeat(100_000)
  await writeFile(folder.at('run/metrics.jsonl'), '')
  for (const text of [`{"a":${nested('[', ']')}}`, nested('{"a":', '}').replace(':}', ':1}')]) {
    await writeFile(folder.at('run/settings.json'), text)
    expect((await reportHtml(folder.at('run'))).length).toBeLessThan(1e5)
  }
  const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`n${i}`, i]))
  const paths = Object.fromEntries(Object.keys(many).map(name => [name, 'previews/none.png']))
  const html = await page([train, { ...preview, scalars: many, images: paths }], { ['k'.repeat(1e6)]: many })
  expect(html.length).toBeLessThan(1e6)
}, 30_000)

it('refuses settings that are no object, and names the file', async () => {
  await writeFile(folder.at('run/metrics.jsonl'), '')
  for (const text of ['', '[]', '{"a"', 'null']) {
    await writeFile(folder.at('run/settings.json'), text)
    await expect(reportHtml(folder.at('run'))).rejects.toThrow(
      `cli.reportHtml: '${folder.at('run/settings.json')}' must hold a JSON object, got another text.`,
    )
  }
})

describe('the policy of the page', () => {
  it('allows its own styles and pictures, by their hashes, and nothing else', async () => {
    await writeFile(folder.at('run/previews/a.png'), png)
    const html = await page([train, { ...preview, images: { a: 'previews/a.png' } }])
    const policy = /<meta http-equiv="Content-Security-Policy" content="([^"]*)">/.exec(html)![1]!
    expect(policy.replaceAll(/ 'sha256-[^']+'/g, '')).toBe(
      "default-src 'none'; img-src data:; style-src; base-uri 'none'; form-action 'none'",
    )
    const styles = Array.from(html.matchAll(/<style>(.*?)<\/style>/gs), ([, text]) => text!)
    for (const text of styles)
      expect(policy).toContain(`'sha256-${createHash('sha256').update(text).digest('base64')}'`)
    expect(html.indexOf('<meta http-equiv')).toBeLessThan(html.indexOf('<style>'))
    expect(html).not.toMatch(/ (style|on\w+)="/)
  })

  const browser = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(existsSync)
  it.runIf(browser)('lets a browser show the page, and run nothing in it', async () => {
    await writeFile(folder.at('run/previews/a.png'), png)
    const html = await page([train, { ...preview, images: { a: 'previews/a.png' } }])
    await writeFile(folder.at('page.html'), html.replace('</body>', `${MARK}</body>`))
    const flags = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--enable-logging=stderr',
      '--virtual-time-budget=2000',
    ]
    const { stderr } = spawnSync(browser!, [...flags, '--dump-dom', `file://${folder.at('page.html')}`])
    const refused = Array.from(
      String(stderr).matchAll(/CONSOLE.*?"(\w+ \w+ \w+) violates/g),
      ([, what]) => what,
    )
    expect(refused).toEqual(['Executing inline script'])
  })
})
