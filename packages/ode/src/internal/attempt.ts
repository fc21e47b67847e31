/** Where a step starts, its velocity there, and each lane's time before and after it. */
export interface Trial<V> {
  x: V
  v: V
  from: number[]
  to: number[]
}

/** A step that was tried; its states are owned by the caller. */
export interface Attempt<V> {
  /** The velocities of all stages but the first, up to that at the step's end. */
  made: V[]
  end: V
  /** The method's error estimates. */
  differences: V[]
  /** Field calls. */
  calls: number
  /** Lanes whose equations were not solved; an explicit method has none. */
  failed?: readonly boolean[]
}
