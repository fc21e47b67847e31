/** A face is [SIDE,SIDE,CHANNELS]. */
export const SIDE = 16
export const CHANNELS = 3
export const FACE_SIZE = SIDE * SIDE * CHANNELS
