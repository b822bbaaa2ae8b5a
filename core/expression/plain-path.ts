import type { Interpret } from './interpreter.ts';

/**
 * Compiles a dotted path to a getter of own properties. JSONata maps over an array in the middle of a path, so
 * there, and only there, the interpreter answers; it is compiled when first needed.
 */
export function compilePath(names: readonly string[], compile: () => Interpret) {
  let interpret: Interpret | undefined;
  return (context: Readonly<Record<string, unknown>>): unknown => {
    let value: unknown = context;
    for (const name of names) {
      if (typeof value !== 'object' || value === null) return undefined;
      if (Array.isArray(value)) {
        interpret ??= compile();
        return interpret(context);
      }
      if (!Object.hasOwn(value, name)) return undefined;
      value = Reflect.get(value, name);
    }
    return value;
  };
}
