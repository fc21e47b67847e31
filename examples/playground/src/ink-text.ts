/** Cells as text for a link: eight to a byte, in URL-safe base64. */
export function cellsToText(cells: readonly boolean[]): string {
  const bytes = new Uint8Array(Math.ceil(cells.length / 8))
  for (const [i, on] of cells.entries()) if (on) bytes[i >> 3] = bytes[i >> 3]! | (1 << (i & 7))
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}

/** The cells of a text of `cellsToText`; undefined unless it holds `count` of them. */
export function textToCells(text: string, count: number): boolean[] | undefined {
  if (!/^[\w-]+$/.test(text)) return undefined
  try {
    const bytes = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
    if (bytes.length !== Math.ceil(count / 8)) return undefined
    return Array.from({ length: count }, (_, i) => ((bytes.charCodeAt(i >> 3) >> (i & 7)) & 1) === 1)
  } catch {
    return undefined
  }
}
