// Kernels taken apart and put together again: the declarations of a WGSL text, those that an entry point needs, and what
// they read like under other names. It goes by tokens and knows no types: whoever renames must know what a name stands for.

/** A declaration of a module, with the tokens of its text; comments are blanks. */
export interface Declaration {
  /** `fn`, `struct`, `const`, `alias` or `var`. */
  readonly kind: string;
  readonly name: string;
  readonly tokens: readonly string[];
}

/** What a name becomes: another name, or of an array what stands for its element at an index. */
export type Replacement = string | ((index: string) => string);

const TOKEN =
  /\/\/.*|\/\*[\s\S]*?\*\/|\s+|[A-Za-z_]\w*|(?:0[xX]|\.?\d)[\w.]*(?:(?<=[eEpP])[+-]\d+)?\w*|[\s\S]/g;
const BLANK = /^(\s|\/\/|\/\*)/;
const WORD = /^[A-Za-z_]/;
const DIRECTIVES = ["enable", "diagnostic", "requires"];

/** The declarations of a text, in order. Directives are left out. */
export function declarations(text: string): Declaration[] {
  const found: Declaration[] = [];
  let tokens: string[] = [];
  let depth = 0;
  let [kind, name, isTemplate] = ["", "", false];
  let last = "";
  for (const raw of text.match(TOKEN) ?? []) {
    const token = BLANK.test(raw) ? (raw.startsWith("/") ? " " : raw) : raw;
    if (tokens.length > 0 || token.trim()) tokens.push(token);
    if (!token.trim()) continue;
    if ("([{".includes(token)) depth++;
    if (")]}".includes(token)) depth--;
    if (depth === 0) {
      // Of `@group(0) @binding(1) var<storage, read> x: …` the kind is `var` and the name `x`.
      if (kind === "var" && !name && (token === "<" || token === ">")) isTemplate = token === "<";
      else if (WORD.test(token) && last !== "@" && !isTemplate) {
        if (!kind) kind = token;
        else name ||= token;
      }
      const hasBody = kind === "fn" || kind === "struct";
      if (token === ";" || (token === "}" && hasBody)) {
        if (name && !DIRECTIVES.includes(kind)) found.push({ kind, name, tokens });
        [kind, name, isTemplate, tokens] = ["", "", false, []];
      }
    }
    last = token;
  }
  return found;
}

/** `if (NAME == 0) {`, as far as the condition. */
const CONDITION = /^(\w+)(==|!=|<=|>=|<|>)(\w+)$/;

const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<=": (a, b) => a <= b,
  ">=": (a, b) => a >= b,
  "<": (a, b) => a < b,
  ">": (a, b) => a > b,
};

/** The declarations without the branches that constants rule out, and so without a need of what only those name. */
export function pruned(all: readonly Declaration[]): Declaration[] {
  const constants = new Map<string, number>();
  for (const { kind, name, tokens } of all) {
    const value = kind === "const" ? tokens.join("").match(/=\s*(\d+)u?\s*;$/)?.[1] : undefined;
    if (value !== undefined) constants.set(name, Number(value));
  }
  const numberOf = (word: string) => constants.get(word) ?? Number(word.replace(/u$/, ""));
  const isFalse = (condition: string) => {
    const [, a = "", operator = "", b = ""] = condition.match(CONDITION) ?? [];
    const values = [numberOf(a), numberOf(b)] as const;
    return constants.has(a) && !values.some(Number.isNaN) && !COMPARE[operator]?.(...values);
  };
  return all.map((declaration) => {
    const { tokens } = declaration;
    if (declaration.kind !== "fn") return declaration;
    const kept: string[] = [];
    for (let i = 0; i < tokens.length; i++) {
      kept.push(tokens[i] as string);
      if (tokens[i] !== "if" || neighbor(tokens, i, -1) === "else") continue;
      const open = tokens.indexOf("(", i);
      const close = closing(tokens, open);
      const end = closing(tokens, tokens.indexOf("{", close));
      if (
        !isFalse(
          tokens
            .slice(open + 1, close)
            .join("")
            .replace(/\s/g, ""),
        )
      )
        continue;
      kept.pop();
      i = neighbor(tokens, end, 1) === "else" ? tokens.indexOf("else", end) : end;
    }
    return { ...declaration, tokens: kept };
  });
}

/** The nearest token that is no blank, on either side of one. */
function neighbor(tokens: readonly string[], i: number, way: 1 | -1): string {
  let j = i + way;
  while (tokens[j] !== undefined && !(tokens[j] as string).trim()) j += way;
  return tokens[j] ?? "";
}

/** The places of the words of a declaration that may be names of its module: no members, no attributes, nothing local. */
function mentions({ kind, tokens }: Declaration): number[] {
  const body = tokens.indexOf("{");
  const local = new Set<string>();
  const places: number[] = [];
  tokens.forEach((token, i) => {
    if (!WORD.test(token)) return;
    const before = neighbor(tokens, i, -1);
    const isNamed = neighbor(tokens, i, 1) === ":" && kind !== "var" && kind !== "const";
    if (kind === "struct" && isNamed) return;
    if (kind === "fn") {
      if ((i < body && isNamed) || ["let", "var", "const"].includes(before)) local.add(token);
    }
    if (before !== "." && before !== "@") places.push(i);
  });
  return places.filter((i) => !local.has(tokens[i] as string));
}

/** An entry point and what it needs, each after what it needs itself. */
export function neededBy(entry: string, all: readonly Declaration[]): Declaration[] {
  const byName = new Map(all.map((each) => [each.name, each]));
  const needed = new Set<Declaration>();
  const seen = new Set<string>();
  const visit = (name: string) => {
    const declaration = byName.get(name);
    if (!declaration || seen.has(name)) return;
    seen.add(name);
    for (const i of mentions(declaration)) visit(declaration.tokens[i] as string);
    needed.add(declaration);
  };
  visit(entry);
  return [...needed];
}

/** The text of a declaration under other names. Throws where an array is not looked up by an index. */
export function renamed(declaration: Declaration, names: ReadonlyMap<string, Replacement>): string {
  const { tokens } = declaration;
  const places = new Set(mentions(declaration));
  const write = (from: number, to: number): string => {
    let text = "";
    for (let i = from; i < to; i++) {
      const token = tokens[i] as string;
      const replacement = places.has(i) ? names.get(token) : undefined;
      if (typeof replacement !== "function") {
        text += replacement ?? token;
        continue;
      }
      if (neighbor(tokens, i, 1) !== "[") throw new Error(`${token} is not looked up by an index`);
      const open = tokens.indexOf("[", i);
      const close = closing(tokens, open);
      text += replacement(write(open + 1, close));
      i = close;
    }
    return text;
  };
  return write(0, tokens.length);
}

/** The place of the bracket that closes the one at a place. */
function closing(tokens: readonly string[], open: number): number {
  let depth = 0;
  for (let i = open; ; i++) {
    const token = tokens[i] as string;
    if ("([{".includes(token)) depth++;
    if (")]}".includes(token) && --depth === 0) return i;
  }
}

/** An entry point as a function that others may call: without its attributes, and what they said. */
export function asFunction(entry: Declaration): {
  readonly declaration: Declaration;
  /** The name or number of its invocations, and of each parameter what it is. */
  readonly workgroup: string;
  readonly builtins: readonly string[];
} {
  const tokens: string[] = [];
  const builtins: string[] = [];
  let workgroup = "";
  for (let i = 0; i < entry.tokens.length; i++) {
    const token = entry.tokens[i] as string;
    if (token !== "@") {
      tokens.push(token);
      continue;
    }
    const attribute = entry.tokens[i + 1];
    const hasValue = entry.tokens[i + 2] === "(";
    const end = hasValue ? entry.tokens.indexOf(")", i) : i + 1;
    const value = entry.tokens
      .slice(i + 3, end)
      .join("")
      .trim();
    if (attribute === "workgroup_size") workgroup = value;
    if (attribute === "builtin") builtins.push(value);
    i = end;
  }
  return { declaration: { ...entry, tokens }, workgroup, builtins };
}
