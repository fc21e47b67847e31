/** What the faces of the wall show; 'mixed' lets each face show its own. */
export const GLASSES = ['mixed', 'no', 'yes'] as const
export const HAIR = ['mixed', 'short', 'long'] as const
export const MOUTH = ['mixed', 'happy', 'sad'] as const
/** A hat is no class of the network: its noise is added, see hat.ts. */
export const HAT = ['no', 'yes'] as const

export type Glasses = (typeof GLASSES)[number]
export type Hair = (typeof HAIR)[number]
export type Mouth = (typeof MOUTH)[number]
export type Hat = (typeof HAT)[number]

export interface FaceChoice {
  glasses: Glasses
  hair: Hair
  mouth: Mouth
}

/** Number of classes: every combination of hair, glasses and mouth. */
export const FACE_CLASSES = 8

/** The class of a face, as FACE_CLASSES of @rectified-flow/datasets/node counts them; `own` is the class of a mixed face. */
export function faceClass({ hair, glasses, mouth }: FaceChoice, own = 0): number {
  const bit = (value: string, yes: string, mask: number) =>
    value === 'mixed' ? own & mask : value === yes ? mask : 0
  return bit(hair, 'long', 4) | bit(glasses, 'yes', 2) | bit(mouth, 'sad', 1)
}

/** What a class shows. */
export function classChoice(label: number): FaceChoice {
  return {
    hair: label & 4 ? 'long' : 'short',
    glasses: label & 2 ? 'yes' : 'no',
    mouth: label & 1 ? 'sad' : 'happy',
  }
}

/** The class in words. */
export function classText(label: number): string {
  const { hair, glasses, mouth } = classChoice(label)
  return `${mouth}, ${hair} hair${glasses === 'yes' ? ', glasses' : ''}`
}
