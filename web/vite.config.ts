import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The server under development; `vite web` then serves the page with live reload and passes the API through. */
const SERVER = 'http://127.0.0.1:9090';

export default defineConfig({
  plugins: [react()],
  // Relative, so that the page works under any `--web.route-prefix`.
  base: './',
  build: { outDir: 'dist', emptyOutDir: true, chunkSizeWarningLimit: 1500 },
  server: { proxy: { '/api': SERVER, '/-/': SERVER, '/metrics': SERVER } },
});
