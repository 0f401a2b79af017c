// One file that asks for nothing else. It is committed, so that the service needs no npm; CI builds it again and compares.

import { defineConfig } from "vite";

/** Spaces that only a reader of the style sheet and of the templates needs. */
const tighter = {
  name: "tighter-css",
  enforce: "pre",
  transform: (code, id) => !id.includes("/widget/src/") ? null : id.endsWith("style.ts")
    ? code.replace(/\/\*.*?\*\//gs, "").replace(/\s+/g, " ").replace(/([{};:,]) /g, "$1").replace(/ ([{}])/g, "$1").replaceAll(";}", "}")
    : code.replace(/\n +/g, "\n"),
};

export default defineConfig({
  plugins: [tighter],
  publicDir: false,
  build: {
    outDir: "../static/widget",
    emptyOutDir: false,
    target: "es2022",
    modulePreload: false,
    rolldownOptions: {
      input: "src/extrait-chat.ts",
      output: {
        entryFileNames: "extrait.js",
        postBanner: "/*! Extrait (Apache-2.0). Holds Lit, Copyright Google LLC (BSD-3-Clause). Built from api/widget: make widget */",
      },
    },
  },
});
