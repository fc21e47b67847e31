export { createProgram } from './program.js'
export { reportHtml } from './report/report-html.js'
