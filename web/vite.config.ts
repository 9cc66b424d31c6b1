import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

import { inlineDocuments } from "./inlineDocuments.ts";

const api = "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [inlineDocuments(), react()],
  build: { target: "es2023", sourcemap: false, chunkSizeWarningLimit: 4_000 },
  // Its workers are asked for by `?worker`, which the dependency optimizer cannot follow.
  optimizeDeps: { exclude: ["graphiql/setup-workers/vite", "@graphiql/react/setup-workers/vite"] },
  server: {
    host: "127.0.0.1",
    proxy: {
      "/graphql": { target: api, ws: true },
      "/objects": api,
      "/sign-in/options": api,
      "/sign-in/development": api,
    },
  },
  test: { environment: "jsdom", include: ["src/**/*.test.{ts,tsx}"], restoreMocks: true },
});
