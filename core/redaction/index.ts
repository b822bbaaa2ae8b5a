export { type RecordedPart, redactPaths, valuesAtPaths } from './paths.ts';
export { createRedactor, REDACTED, type Redactor } from './redactor.ts';
