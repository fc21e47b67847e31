/**
 * What participants are told, a line of JSON each, and what they answer to each line, or `{ error }`. A participant holds
 * one case at a time; bench/pytorch/bench.py speaks the same.
 */
export interface Requests {
  /** Who it is. */
  hello: { request: object; reply: Hello }
  /** Make a case ready from a safetensors file of its inputs. */
  open: { request: { case: string; file: string }; reply: Opened }
  /** Run the case so often, as one stretch. */
  time: { request: { repeats: number }; reply: Stretch }
  close: { request: object; reply: object }
}

export interface Hello {
  /** What computes: a GPU's name, or nothing. */
  device?: string
  /** Threads that it was given, where it tells. */
  threads?: number
  versions: Record<string, string>
}

export interface Opened {
  /** Float32 little-endian, in base64: what must agree. Images are NHWC, filters [h,w,I,O]. */
  outputs: string[]
  /** How it was set up, where there was a choice. */
  setup?: string
}

export interface Stretch {
  /** All runs together. */
  ms: number
  /** Processor time of the process meanwhile. */
  processorMs: number
}
