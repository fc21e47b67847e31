import { Help } from 'commander'

const NARROW = 24

/** The width of the terminal; without one, that of the environment, or else 80. */
function columns(): number {
  return process.stdout.columns || Number(process.env.COLUMNS) || 80
}

/**
 * A name and a text that may take several lines, which begin below each other. On a narrow terminal they begin below the name.
 */
export function hanging(name: string, text: string): string {
  const room = columns() - name.length
  if (room < NARROW && name.trim() !== '')
    return `${name.trimEnd()}\n${hanging(`${' '.repeat(name.search(/\S/))}  `, text)}`
  const help = new Help()
  help.minWidthToWrap = 1
  return name + help.boxWrap(text, Math.max(room, NARROW)).replaceAll('\n', `\n${' '.repeat(name.length)}`)
}

/** Rows of a name and a text, in two columns. */
export function table(rows: readonly (readonly [name: string, text: string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, text]) => hanging(`${name.padEnd(width)}  `, text)).join('\n')
}
