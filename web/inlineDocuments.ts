import { parse } from "graphql";
import type { Plugin } from "vite";

const CALL = /\bgraphql\(\s*`([^`]*)`\s*,?\s*\)/g;

/**
 * Puts each `graphql(…)` document where it is used. The codegen's map of all documents, by which they are found else,
 * holds every page's in one piece and would stand in the first download.
 */
export function inlineDocuments(): Plugin {
  return {
    name: "inline-documents",
    apply: "build",
    enforce: "pre",
    transform(code, id) {
      if (!/\/src\/.*\.tsx?$/.test(id) || id.includes("/generated/")) return null;
      const inlined = code.replace(CALL, (_call, source: string) => `(${JSON.stringify(parse(source, { noLocation: true }))})`);
      return inlined === code ? null : { code: inlined, map: null };
    },
  };
}
