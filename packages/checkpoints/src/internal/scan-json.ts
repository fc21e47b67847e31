/**
 * What JSON.parse would make of a text (valid JSON), without making it: about how many bytes of memory it takes, and the keys
 * of the outermost object, with repeated ones, of which JSON.parse keeps only the last.
 */
export function scanJson(json: string): { keys: string[]; memory: number } {
  const keys: string[] = []
  let memory = 2 * json.length
  let depth = 0
  let expectKey = false
  for (let at = 0; at < json.length; at++) {
    const character = json[at]
    if (character === '{' || character === '[') {
      memory += character === '{' ? 64 : 48
      depth++
      expectKey = depth === 1
    } else if (character === '}' || character === ']') depth--
    else if (character === ',') {
      memory += 8
      expectKey = depth === 1
    } else if (character === '"') {
      memory += 12
      const end = endOfText(json, at)
      if (expectKey) keys.push(keyOf(json.slice(at, end)))
      expectKey = false
      at = end - 1
    }
  }
  return { keys, memory }
}

/** Where the text that starts at a quotation mark ends: after the next mark that no backslash escapes. */
function endOfText(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); end >= 0; end = json.indexOf('"', end + 1)) {
    let slashes = 0
    while (json[end - 1 - slashes] === '\\') slashes++
    if (slashes % 2 === 0) return end + 1
  }
  return json.length
}

/** A key as JSON.parse gives it. If it isn't JSON, JSON.parse of the whole text will say so. */
function keyOf(text: string): string {
  try {
    return JSON.parse(text) as string
  } catch {
    return text
  }
}
