import { fileURLToPath } from 'node:url';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** The page's own code, built as for people, around a server that is in the page too. */
export default defineConfig({
  root: path('.'),
  base: './',
  plugins: [react(), tailwindcss()],
  resolve: { alias: { '@': path('../src') } },
  build: { target: 'es2022', outDir: path('../../build/web-bench'), emptyOutDir: true },
});
