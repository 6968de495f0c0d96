// A method is a table from operator to rule; what it does not name goes by the gradient. Activations that were
// fused into other nodes are looked up by their own name.

/** The backward rule of every operator that does not follow the gradient. */
export const methods: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  gradient: {},
};

/** The rule that a method prescribes for an operator. */
export function ruleOf(method: string, op: string): string {
  const table = methods[method];
  if (!table) {
    throw new Error(
      `there is no method "${method}"; known are: ${Object.keys(methods).join(", ")}`,
    );
  }
  return table[op] ?? "gradient";
}
