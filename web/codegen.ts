import type { CodegenConfig } from "@graphql-codegen/cli";

/** Typed documents of every `graphql(…)` in src, checked against the exported contract. */
const config: CodegenConfig = {
  schema: "../schema/schema.graphql",
  documents: ["src/**/*.{ts,tsx}", "!src/api/generated/**"],
  generates: {
    "src/api/generated/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: {
        enumsAsTypes: true,
        useTypeImports: true,
        strictScalars: true,
        scalars: { BigInt: "number", DateTime: "string", JSON: "unknown", Upload: "File" },
      },
    },
  },
  silent: true,
};

export default config;
