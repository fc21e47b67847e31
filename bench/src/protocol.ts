/**
 * The requests to participants, one line of JSON each, and the reply to each; instead of a reply a participant may answer
 * `{ error }`. A participant has one case open at a time. bench/pytorch/bench.py speaks the same protocol.
 */
export interface Requests {
  /** What the participant is. */
  hello: { request: object; reply: Hello }
  /** Open a case with the inputs in a safetensors file. */
  open: { request: { case: string; file: string }; reply: Opened }
  /** Run the case `repeats` times, as one stretch. */
  time: { request: { repeats: number }; reply: Stretch }
  close: { request: object; reply: object }
  /** Run a case a few times in a process that has run none before, and tell how its memory grows. */
  memory: { request: { case: string; file: string }; reply: Growth }
}

export interface Growth {
  /** By how many bytes the process grew at most, from before the first run on. */
  peak: number
  /** The most bytes of tensors that were alive at once, if the backend can tell. */
  live?: number
  /** Milliseconds of the fastest run. */
  ms: number
}

export interface Hello {
  /** The name of the GPU that computes, if one does. */
  device?: string
  /** How many threads it may use, if it tells. */
  threads?: number
  versions: Record<string, string>
}

export interface Opened {
  /** The outputs to compare: float32, little-endian, in base64. Images are NHWC, filters [h,w,I,O]. */
  outputs: string[]
  /** How the case was set up, if there was a choice. */
  setup?: string
}

export interface Stretch {
  /** Milliseconds of all runs together. */
  ms: number
  /** Processor time that the process used meanwhile, in milliseconds. */
  processorMs: number
}
