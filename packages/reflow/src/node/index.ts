export { loadTrainer, saveTrainer } from './trainer-file.js'
