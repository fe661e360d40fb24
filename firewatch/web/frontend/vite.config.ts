import { defineConfig, type Plugin } from "vite";

/** The page's own weight and its weight with the map, in kilobytes after gzip: PRODUCT's budget. */
const OWN_LIMIT_KB = 60;
const TOTAL_LIMIT_KB = 380;

async function gzipKb(source: string | Uint8Array): Promise<number> {
  const stream = new Blob([source as BlobPart]).stream().pipeThrough(new CompressionStream("gzip"));
  return (await new Response(stream).arrayBuffer()).byteLength / 1000;
}

function weigh(): Plugin {
  return {
    name: "weigh",
    async writeBundle(_, bundle) {
      let own = 0;
      let map = 0;
      for (const file of Object.values(bundle)) {
        if (!/\.(js|css)$/.test(file.fileName)) continue;
        const kb = await gzipKb(file.type === "chunk" ? file.code : file.source);
        if (file.fileName.includes("maplibre")) map += kb;
        else own += kb;
      }
      const words = `own ${own.toFixed(1)} kB gz (limit ${OWN_LIMIT_KB}), with the map ${(own + map).toFixed(1)} kB gz (limit ${TOTAL_LIMIT_KB})`;
      console.log(`firewatch page: ${words}`);
      if (own > OWN_LIMIT_KB || own + map > TOTAL_LIMIT_KB) throw new Error(`The page is too heavy: ${words}`);
    },
  };
}

export default defineConfig({
  base: "/static/",
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  build: {
    outDir: "../static",
    emptyOutDir: true,
    manifest: true,
    target: "es2020",
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1200,
    rollupOptions: {
      input: "src/main.tsx",
      output: {
        manualChunks: (id) => (id.includes("maplibre-gl") ? "maplibre" : undefined),
      },
    },
  },
  plugins: [weigh()],
});
