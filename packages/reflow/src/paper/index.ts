export {
  PAPER_CONFIGS,
  PAPER_DATASETS,
  type PaperConfig,
  type PaperConfigName,
  type PaperDataset,
  paperConfig,
} from './paper-config.js'
export { RECIPE_NAMES, RECIPES, type Recipe, type RecipeName, recipe } from './recipes.js'
