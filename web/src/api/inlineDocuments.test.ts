import { buildSchema, parse, print, validate, type DocumentNode } from "graphql";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inline } from "../../inlineDocuments";

const QUERY = "query One { a { ...Tile } }";
const FRAGMENT = "query Page { b { ...Tile } } fragment Tile on T { id ...Inner } fragment Inner on T { name }";

function documentsIn(code: string): DocumentNode[] {
  return [...code.matchAll(/^export const \w+ = \((\{.*\})\);$/gm)].map(([, json]) => JSON.parse(json ?? "") as DocumentNode);
}

test("a document takes along the fragments of its neighbours", () => {
  const code = `export const A = graphql(\`${QUERY}\`);\nexport const B = graphql(\`${FRAGMENT}\`);`;
  const [first, second] = documentsIn(inline(code));
  expect(first && print(first)).toBe(print(parse(`${QUERY} fragment Tile on T { id ...Inner } fragment Inner on T { name }`)));
  expect(second && print(second)).toBe(print(parse(FRAGMENT)));
});

test("a fragment that is nowhere ends the build", () => {
  expect(() => inline("const A = graphql(`{ a { ...Lost } }`);")).toThrow("Lost");
});

test("every document of the pages is valid as it is built", () => {
  const schema = buildSchema(readFileSync(join(import.meta.dirname, "../../../schema/schema.graphql"), "utf8"));
  const folder = join(import.meta.dirname, "..");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => /(?<!\.test)\.tsx?$/.test(name) && !name.includes("generated"));
  const documents = files.flatMap((name) => documentsIn(inline(readFileSync(join(folder, name), "utf8"))));
  expect(documents.length).toBeGreaterThan(40);
  for (const document of documents) expect(validate(schema, document).map((error) => error.message)).toEqual([]);
});
