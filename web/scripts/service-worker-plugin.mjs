import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const template = new URL('./service-worker.js', import.meta.url);
const publicDir = fileURLToPath(new URL('../public', import.meta.url));

/** Emits sw.js: the worker of this build, with the list of its files. Not part of `npm run dev`. */
export function serviceWorker() {
  return {
    name: 'muster-service-worker',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const hash = createHash('sha256');
      const files = ['/'];
      for (const [name, file] of Object.entries(bundle).sort()) {
        hash.update(name).update(file.code ?? file.source);
        if (name.startsWith('assets/')) files.push(`/${name}`);
      }
      for (const name of readdirSync(publicDir, { recursive: true }).sort()) {
        if (!/\.\w+$/.test(name)) continue;
        hash.update(name).update(readFileSync(`${publicDir}/${name}`));
        files.push(`/${name}`);
      }
      const text = readFileSync(template, 'utf8');
      const version = hash.update(text).digest('hex').slice(0, 16);
      const source = text
        .replace('__VERSION__', version)
        .replace('__FILES__', JSON.stringify(files, null, 2));
      this.emitFile({ type: 'asset', fileName: 'sw.js', source });
    },
  };
}
