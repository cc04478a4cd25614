import { fileURLToPath } from 'node:url';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import type { ProxyOptions } from 'vite';
import { defineConfig } from 'vitest/config';
import { firstLoad } from './scripts/first-load-plugin.mjs';
import { serviceWorker } from './scripts/service-worker-plugin.mjs';

/** The running muster that `npm run dev` stands in front of. */
const target = process.env.MUSTER_URL ?? 'http://127.0.0.1:4747';

/** muster checks Host and Origin, so both must be its own. */
function toMuster(ws: boolean): ProxyOptions {
  return {
    target,
    changeOrigin: true,
    ws,
    configure(proxy) {
      proxy.on('proxyReq', (request) => {
        if (request.getHeader('origin')) request.setHeader('origin', target);
      });
      proxy.on('proxyReqWs', (request) => request.setHeader('origin', target));
    },
  };
}

/** What every page needs. One file of it: many small ones compress worse. */
const base = new RegExp(
  [
    'node_modules/(react|react-dom|scheduler|react-router|@tanstack|phoenix|clsx)/',
    'lucide-react/dist/esm/(createLucideIcon|Icon|context|default|shared)',
    'lucide-react/dist/esm/icons/copy\\.',
    'src/lib/(api|cn|errors|storage|media|unknown|notify|settled|visibility)',
    'src/shared/(websocket|rows)/',
    'src/components/ui/(button|coded)',
  ].join('|'),
);

export default defineConfig({
  plugins: [react(), tailwindcss(), firstLoad(), serviceWorker()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  server: {
    host: 'localhost',
    port: 5173,
    strictPort: true,
    proxy: {
      '/api': toMuster(false),
      '/login': toMuster(false),
      '/healthz': toMuster(false),
      '/socket': toMuster(true),
    },
  },
  build: {
    target: 'es2022',
    sourcemap: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // In index.html (first-load-plugin): no script that comes later may ask for them.
    cssCodeSplit: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'base', test: base, priority: 4 },
            { name: 'start', test: /src\/main\.tsx/, priority: 3 },
            {
              name: 'parts',
              test: /(ui\/(field|keys|confirm-dialog|shortcut-list)|lib\/copy-text)\./,
              priority: 2,
            },
            { name: 'attention', test: /src\/app\/attention-here/, priority: 2 },
            { name: 'work', test: /src\/app\/work-pages/, priority: 1 },
            { name: 'overlays', test: /ui\/(menu-parts|dialog-body|sheet-body|tooltip-bubble)/ },
          ],
        },
      },
    },
  },
  test: {
    environment: 'jsdom',
    setupFiles: ['src/test/setup.ts'],
    include: ['src/**/*.test.{ts,tsx}'],
    restoreMocks: true,
  },
});
