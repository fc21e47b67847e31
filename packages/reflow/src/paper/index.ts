export {
  PAPER_CONFIGS,
  PAPER_DATASETS,
  type PaperConfig,
  type PaperConfigName,
  type PaperDataset,
  paperConfig,
} from './paper-config.js'
export { RECIPES, type Recipe, type RecipeName, recipe } from './recipes.js'
