import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  base: "./",
  publicDir: false,
  build: {
    outDir: here("../src/chengshu/project/static/built"),
    emptyOutDir: true,
    target: "es2022",
    reportCompressedSize: true,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1300,
    rolldownOptions: {
      checks: { eval: false },
      input: {
        screen: here("src/screen.ts"),
        map: here("src/map.ts"),
        pages: here("src/pages.ts"),
        tokens: here("src/styles/tokens.css"),
      },
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "chunks/[name]-[hash].js",
        assetFileNames: ({ names: [name = ""] }) => {
          if (/^(tokens|screen|map|pages)\.css$/.test(name)) return "[name][extname]";
          return name.endsWith(".mjs") ? "chunks/[name]-[hash].js" : "chunks/[name]-[hash][extname]";
        },
      },
    },
  },
  test: { include: ["src/**/*.test.ts", "test/**/*.test.ts"], environment: "node" },
});
