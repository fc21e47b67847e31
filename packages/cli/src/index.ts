export { createProgram } from './program.js'
export { type ReportOptions, reportHtml } from './report/report-html.js'
