import { FormPairError, type FormValues, flatPairs } from '../../connector/form-pairs.ts';
import type { ListStyle } from '../../connector/schema.ts';
import { StepRenderError } from './step-failure.ts';

/** As `flatPairs`; what cannot be written fails the step. */
export function renderedPairs(values: FormValues, field: string, style?: ListStyle) {
  try {
    return flatPairs(values, field, style);
  } catch (error) {
    if (!(error instanceof FormPairError)) throw error;
    throw new StepRenderError('template', 'template_value', error.message);
  }
}
