import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The name of each entry of each package by its source file: what `exports` gives to a program that reads sources. */
const packages = new URL('../packages/', import.meta.url)
const entries = new Map(
  readdirSync(packages)
    .filter(folder => existsSync(new URL(`${folder}/package.json`, packages)))
    .flatMap(folder => {
      const { name, exports } = JSON.parse(readFileSync(new URL(`${folder}/package.json`, packages), 'utf8'))
      return Object.entries(exports)
        .filter(([, entry]) => entry['@rectified-flow/source'] !== undefined)
        .map(([key, { '@rectified-flow/source': source }]) => [
          fileURLToPath(new URL(`${folder}/${source.node ?? source}`, packages)),
          name + key.slice(1),
        ])
    }),
)

/** Modules have the names that programs import, and what a comment indents, such as a formula, keeps its lines. */
const asWritten = app =>
  app.converter.on('resolveBegin', ({ project }) => {
    for (const module of project.children ?? []) {
      const name = entries.get(project.files.getReflectionPath(module))
      if (name !== undefined) module.name = name
    }
    for (const reflection of Object.values(project.reflections)) {
      if (reflection.name === '__namedParameters') reflection.name = 'options'
      for (const part of reflection.comment?.summary ?? [])
        part.text = part.text.replace(
          /(?<=\n\n)(?: {2,}.*\n?)+/g,
          lines => `\`\`\`text\n${lines.trimEnd()}\n\`\`\`\n`,
        )
    }
  })

export default {
  entryPoints: [...entries.keys()],
  tsconfig: '../tsconfig.json',
  skipErrorChecking: true, // `npm run types` checks
  readme: 'none',
  name: 'API',
  out: 'api',
  router: 'module',
  plugin: ['typedoc-plugin-markdown', 'typedoc-vitepress-theme', asWritten],
  disableGit: true,
  gitRevision: 'main',
  sourceLinkTemplate:
    'https://github.com/rectified-flow/rectified-flow/blob/{gitRevision}/packages/{path}#L{line}',
  groupOrder: ['Functions', 'Classes', 'Variables', 'Interfaces', 'Type Aliases'],
  hideBreadcrumbs: true,
  hidePageHeader: true,
  useCodeBlocks: true,
  useHTMLAnchors: true,
  tableColumnSettings: { hideSources: true },
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  docsRoot: '.',
}
