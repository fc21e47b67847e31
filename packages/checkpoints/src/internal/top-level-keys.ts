/** The keys of the outermost object of `json` (valid JSON), with repeated keys, of which JSON.parse keeps only the last. */
export function topLevelKeys(json: string): string[] {
  const keys: string[] = []
  let depth = 0
  let expectKey = false
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g)) {
    if (token === '{' || token === '[') {
      depth++
      expectKey = depth === 1
    } else if (token === '}' || token === ']') depth--
    else if (token === ',') expectKey = depth === 1
    else if (token !== ':' && expectKey) {
      keys.push(JSON.parse(token) as string)
      expectKey = false
    }
  }
  return keys
}
