import plainUrl from '@rectified-flow/flow/weights/small-digit-plain.safetensors?url'
import studentUrl from '@rectified-flow/flow/weights/small-digit-student.safetensors?url'
import teacherUrl from '@rectified-flow/flow/weights/small-digit-teacher.safetensors?url'
import type { Facts } from '../worker/pixels/messages.js'
import { type Crew, download } from './crew.js'

/** The networks that the digit lab compares, by their names in the workers. */
export interface Cast {
  facts: Facts
  /** Draws in many calls. */
  teacher: string
  /** Draws in one call, and so does `plain`, which a network of the user's doesn't have. */
  student: string
  plain?: string
}

let teacherFile: Promise<ArrayBuffer> | undefined

/** The file of the shipped teacher. */
export function teacherBytes(): Promise<ArrayBuffer> {
  teacherFile ??= download(teacherUrl)
  return teacherFile
}

/** Load the shipped teacher and its two students. */
export async function shippedCast(crew: Crew): Promise<Cast> {
  const [teacher, plain, student] = await Promise.all([
    teacherBytes(),
    download(plainUrl),
    download(studentUrl),
  ])
  await Promise.all([crew.load('plain', plain), crew.load('student', student)])
  const facts = await crew.load('teacher', teacher)
  return { facts, teacher: 'teacher', plain: 'plain', student: 'student' }
}

/** Load a network of the user's. It takes the students' place where it draws what the teacher draws, else all places. */
export async function ownCast(crew: Crew, bytes: ArrayBuffer, shipped: Cast): Promise<Cast> {
  const facts = await crew.load('own', bytes)
  const { side, channels, classes } = shipped.facts
  const alike = facts.side === side && facts.channels === channels && facts.classes === classes
  return alike ? { ...shipped, facts, student: 'own' } : { facts, teacher: 'own', student: 'own' }
}
