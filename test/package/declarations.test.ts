// The declarations that are published, read by the compiler as an editor reads them: each public name and each of its
// members has its sentence, and no interface stands in a signature that cannot be imported by name.

import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript-5";
import * as assert from "uvu/assert";
import { suite } from "../support/harness.js";

const test = suite("declarations");

const DOORS = ["index", "element", "train"];
// Within the project, so that the compiler finds the types of WebGPU.
const FOLDER = resolve(`dist/test/${process.pid}/declarations`);

const reading = read();

/** What is exported: the symbols by name, and the declarations that they are made of. */
interface Published {
  readonly checker: ts.TypeChecker;
  readonly names: ReadonlyMap<string, ts.Symbol>;
}

async function read(): Promise<Published> {
  await mkdir(FOLDER, { recursive: true });
  // The build script finds its own folder, so it must not be bundled into the tests.
  const { declarations } = await import(pathToFileURL(resolve("build.mjs")).href);
  await declarations(FOLDER);
  const files = DOORS.map((door) => join(FOLDER, `${door}.d.ts`));
  const program = ts.createProgram(files, {
    ...{ strict: true, noEmit: true, skipLibCheck: true },
    ...{ target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    ...{ lib: ["es2023", "dom"].map((name) => `lib.${name}.d.ts`), types: ["@webgpu/types"] },
  });
  const checker = program.getTypeChecker();
  const names = new Map<string, ts.Symbol>();
  for (const [i, file] of files.entries()) {
    const door = checker.getSymbolAtLocation(program.getSourceFile(file) as ts.SourceFile);
    for (const symbol of checker.getExportsOfModule(door as ts.Symbol)) {
      names.set(`${symbol.name} of ${DOORS[i]}`, resolved(checker, symbol));
    }
  }
  return { checker, names };
}

const resolved = (checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol =>
  symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;

/** True of what this project declares, but for the names that it repeats of the browser's. */
function isOurs(node: ts.Node): boolean {
  const { fileName } = node.getSourceFile();
  return fileName.startsWith(FOLDER) && !fileName.endsWith("/platform.d.ts");
}

type TypeDeclaration = ts.InterfaceDeclaration | ts.ClassDeclaration | ts.TypeAliasDeclaration;

const isType = (node: ts.Node): node is TypeDeclaration =>
  ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node) || ts.isTypeAliasDeclaration(node);

const isMember = (node: ts.Node): node is ts.TypeElement | ts.ClassElement =>
  ts.isTypeElement(node) || ts.isClassElement(node);

/** True of members that their class alone reaches. */
function isHidden(node: ts.TypeElement | ts.ClassElement): boolean {
  const isPrivate = ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Private;
  return isPrivate !== 0 || (node.name !== undefined && ts.isPrivateIdentifier(node.name));
}

const UTILITIES = /^(Pick|Omit|Partial|Required|Readonly)$/;

/** True where a type is only material of another: what is extended, joined by an intersection, or picked from. */
function isPart({ parent }: ts.Node): boolean {
  if (ts.isExpressionWithTypeArguments(parent)) return true;
  if (!ts.isTypeReferenceNode(parent)) return false;
  const { parent: around } = parent;
  if (ts.isIntersectionTypeNode(around) || ts.isTypeOperatorNode(around)) return true;
  return ts.isTypeReferenceNode(around) && UTILITIES.test(around.typeName.getText());
}

/** What one reads of a public name: all within its declarations, and within those that they are made of. */
interface Reading {
  readonly members: readonly ts.NamedDeclaration[];
  /** Interfaces and classes in its signatures. */
  readonly types: readonly ts.Symbol[];
}

/** Reads a name. Aliases that have no public name stand for what they are made of, and so do parts. */
function readingOf(checker: ts.TypeChecker, symbol: ts.Symbol): Reading {
  const [members, types]: [ts.NamedDeclaration[], ts.Symbol[]] = [[], []];
  const seen = new Set<ts.Node>();
  const visit = (node: ts.Node): void => {
    if (isMember(node)) {
      if (isHidden(node)) return;
      if (node.name) members.push(node);
    }
    const isOwnName = node.parent && isType(node.parent) && node.parent.name === node;
    if (ts.isIdentifier(node) && !isOwnName) {
      const found = checker.getSymbolAtLocation(node);
      const named = found && resolved(checker, found);
      const declaration = named?.declarations?.find((each) => isOurs(each) && isType(each));
      if (named && declaration) {
        if (ts.isTypeAliasDeclaration(declaration) || isPart(node)) enter(declaration);
        else types.push(named);
      }
    }
    ts.forEachChild(node, visit);
  };
  const enter = (declaration: ts.Node) => {
    if (seen.has(declaration)) return;
    seen.add(declaration);
    visit(declaration);
  };
  for (const declaration of symbol.declarations ?? []) {
    // Of a constant, as the table of presets, the name is public, and what is in it speaks for itself.
    if (isOurs(declaration) && !ts.isVariableDeclaration(declaration)) enter(declaration);
  }
  return { members, types };
}

test("every public name and member has its sentence", async () => {
  const { checker, names } = await reading;
  const missing = new Set<string>();
  const isSaid = (symbol: ts.Symbol) => symbol.getDocumentationComment(checker).length > 0;
  for (const [name, symbol] of names) {
    if (!isSaid(symbol)) missing.add(name);
    for (const member of readingOf(checker, symbol).members) {
      const own = checker.getSymbolAtLocation(member.name as ts.Node);
      if (own && !isSaid(own)) missing.add(`${own.name} in ${name}`);
    }
  }
  assert.equal([...missing], []);
});

test("every interface and class in a public signature can be imported", async () => {
  const { checker, names } = await reading;
  const isPublic = new Set(names.values());
  const hidden = [...names].flatMap(([name, symbol]) =>
    readingOf(checker, symbol)
      .types.filter((type) => !isPublic.has(type))
      .map((type) => `${type.name} in ${name}`),
  );
  assert.equal([...new Set(hidden)], []);
});

test("a model shows what it is and does for its user, and nothing of its inside", async () => {
  const { names } = await reading;
  const model = names.get("Model of index")?.declarations?.[0] as ts.ClassDeclaration;
  const shown = model.members.filter((member) => member.name && !isHidden(member));
  assert.equal(shown.map((member) => (member.name as ts.Identifier).text).sort(), [
    ...["classes", "classify", "destroy", "input", "labels", "labelsFrom", "layers", "memory"],
    ...["name", "output", "precision", "preprocess", "tune", "warnings"],
  ]);
});

test("leaves nothing behind", async () => {
  await rm(FOLDER, { recursive: true });
});

test.run();
