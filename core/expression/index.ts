/** Expressions for tasks. The Worker imports `parse.ts` instead, which brings no evaluator. */
export {
  type Compiled,
  createEvaluator,
  type Evaluator,
  type ExpressionContext,
  type ExpressionOptions,
} from './evaluate.ts';
export { DEFAULT_LIMITS, type Limits } from './limits.ts';
export * from './parse.ts';
export type { Place } from './places.ts';
