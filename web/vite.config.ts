import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** The server under development; `vite web` then serves the page with live reload and passes the API through. */
const SERVER = 'http://127.0.0.1:9090';

/** The server puts its title into the built page; while developing there is no server in between. */
const titleOfDevelopment: Plugin = {
  name: 'title-of-development',
  apply: 'serve',
  transformIndexHtml: (html) => html.replace('TITLE_PLACEHOLDER', 'Narthex'),
};

export default defineConfig({
  plugins: [react(), titleOfDevelopment],
  // Relative, so that the page works under any `--web.route-prefix`.
  base: './',
  build: { outDir: 'dist', emptyOutDir: true, chunkSizeWarningLimit: 1500 },
  server: { proxy: { '/api': SERVER, '/-/': SERVER, '/metrics': SERVER } },
});
