/** The first ```js block of a README and the ```text block after it, or a description of what is missing. */
export function readmeExample(readme: string): { code: string; output: string } | string {
  const blocks = [...readme.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language, text]) => ({
    language,
    text: text!,
  }))
  const at = blocks.findIndex(({ language }) => language === 'js')
  if (at < 0) return 'README.md has no ```js block'
  const output = blocks[at + 1]
  if (output?.language !== 'text') return 'the first ```js block of README.md has no ```text block after it'
  return { code: blocks[at]!.text, output: output.text }
}
