import { readFileSync } from 'node:fs'
import { defineConfig } from 'vitepress'
import llms from 'vitepress-plugin-llms'
import { repositoryLinks } from './repository-links.js'
import { sidebar } from './sidebar.js'

// SITE_BASE is the path under which the site is served: GitHub Pages serves it under the repository's name.
const base = process.env.SITE_BASE ?? '/rectified-flow/'
const description = 'Train, straighten, sample and measure rectified flows in JavaScript.'

export default defineConfig({
  title: 'rectified-flow',
  description,
  base,
  lang: 'en',
  cleanUrls: false, // opens from any static server
  srcExclude: ['node_modules'],
  lastUpdated: false,
  head: [['link', { rel: 'icon', href: `${base}icon.svg`, type: 'image/svg+xml' }]],
  markdown: {
    math: true,
    config: md => md.use(repositoryLinks),
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
  },
  vite: {
    plugins: [llms({ ignoreFiles: ['api/**'], description })],
    build: { chunkSizeWarningLimit: 3000 },
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Guide', link: '/guide/' },
      { text: 'Concepts', link: '/concepts/' },
      { text: 'Recipes', link: '/recipes/' },
      { text: 'API', link: '/api/' },
      { text: 'Numbers', link: '/numbers/' },
      { text: 'Playground', link: '/playground/index.html', target: '_self' },
    ],
    sidebar: sidebar(api()),
    socialLinks: [{ icon: 'github', link: 'https://github.com/rectified-flow/rectified-flow' }],
    footer: { message: 'Apache-2.0' },
  },
})

/** The pages of the API, which typedoc lists beside them. */
function api(): { text: string; link: string }[] {
  return JSON.parse(readFileSync(new URL('../api/typedoc-sidebar.json', import.meta.url), 'utf8'))
}
