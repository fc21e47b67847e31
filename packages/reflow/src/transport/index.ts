export { linearAssignment } from './linear-assignment.js'
export { type SinkhornOptions, sinkhorn } from './sinkhorn.js'
