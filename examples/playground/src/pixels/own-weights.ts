import { announce, button, element } from '../dom.js'

/** Larger networks would take seconds a picture on this page. */
const LARGEST_MB = 32
/** Longer messages are cut: a network that doesn't fit has hundreds of names to complain of. */
const LONGEST = 220

/**
 * The choice of a network of the user's, and the way back. A file that can't be used leaves the page as it was.
 *
 * @param use     loads the file's bytes, and throws where it can't
 * @param goBack  loads the shipped networks again
 */
export function ownWeights(
  use: (bytes: ArrayBuffer, name: string) => Promise<void>,
  goBack: () => Promise<void>,
): void {
  const [input, back] = [element<HTMLInputElement>('weights'), button('shipped')]
  input.addEventListener('change', async () => {
    const file = input.files?.[0]
    input.value = '' // the same file may be chosen again
    if (!file) return
    try {
      const megabytes = file.size / 1e6
      if (megabytes > LARGEST_MB)
        throw new RangeError(
          `${file.name} must have at most ${LARGEST_MB} MB, got ${megabytes.toFixed(0)} MB.`,
        )
      announce(`Reading ${file.name}.`)
      await use(await file.arrayBuffer(), file.name)
      back.hidden = false
    } catch (error) {
      announce(`${file.name} can't be used: ${shortened((error as Error).message)}`)
    }
  })
  back.addEventListener('click', async () => {
    await goBack()
    back.hidden = true
    input.focus()
  })
}

const shortened = (text: string) => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text)
