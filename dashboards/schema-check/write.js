// Writes each dashboard as TypeScript, so that the compiler sees its literals: an
// imported JSON file has "string" where the type wants one of a few words.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const from = new URL('../', import.meta.url);
const to = new URL('build/', import.meta.url);
rmSync(to, { recursive: true, force: true });
mkdirSync(to);
const names = readdirSync(from).filter((name) => name.endsWith('.json'));
if (names.length === 0) throw new Error('there are no dashboards');
for (const name of names) {
  const text = readFileSync(new URL(name, from), 'utf8');
  writeFileSync(new URL(`${name}.ts`, to), `import type { Checked } from '../dashboard';\nexport const dashboard: Checked = ${text}`);
}
console.log(`checking ${names.join(', ')}`);
