import { type DocumentNode, type FragmentDefinitionNode, Kind, parse, visit } from "graphql";
import type { Plugin } from "vite";

const CALL = /\bgraphql\(\s*`([^`]*)`\s*,?\s*\)/g;

/**
 * Puts each `graphql(…)` document where it is used, with the fragments that it spreads, which may stand in another
 * document of the same file. The codegen's map of all documents, by which they are found else, holds every page's in one
 * piece and would stand in the first download.
 */
export function inlineDocuments(): Plugin {
  return {
    name: "inline-documents",
    apply: "build",
    enforce: "pre",
    transform(code, id) {
      if (!/\/src\/.*\.tsx?$/.test(id) || id.includes("/generated/")) return null;
      const inlined = inline(code);
      return inlined === code ? null : { code: inlined, map: null };
    },
  };
}

/** The source of a file with the documents in it as objects. Throws for a fragment that the file does not define. */
export function inline(code: string): string {
  const sources = [...code.matchAll(CALL)].map(([, source]) => parsed(source ?? ""));
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of sources.flatMap((document) => document.definitions)) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  return code.replace(CALL, (_call, source: string) => `(${JSON.stringify(whole(parsed(source), fragments))})`);
}

function parsed(source: string): DocumentNode {
  return parse(source, { noLocation: true });
}

function whole(document: DocumentNode, fragments: ReadonlyMap<string, FragmentDefinitionNode>): DocumentNode {
  const definitions = [...document.definitions];
  const there = new Set(definitions.map((one) => (one.kind === Kind.FRAGMENT_DEFINITION ? one.name.value : "")));
  for (const definition of definitions) {
    visit(definition, {
      FragmentSpread({ name: { value: name } }) {
        if (there.has(name)) return;
        const fragment = fragments.get(name);
        if (fragment === undefined) throw new Error(`No document of this file defines the fragment ${name}.`);
        there.add(name);
        definitions.push(fragment);
      },
    });
  }
  return { ...document, definitions };
}
