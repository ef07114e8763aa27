// Plants the bugs of the file `bugs` one at a time in a copy of the tree, builds, runs the test that
// should notice, and says which bugs nobody noticed. A bug whose lines are not in the code any more
// fails, too. Usage: node run.mjs [HOW MANY, else all] [SEED], or: node run.mjs 'WORDS OF A NAME'
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const ROOT = new URL('../../', import.meta.url).pathname;
const COPY = `${ROOT}build/sabotage`;
const [what = '', seed = String(Math.floor(Date.now() / 86400000))] = process.argv.slice(2);

// A block: "# name", "in FILE", lines "-" and "+", "by TEST", a blank line.
function parse(text) {
  return text.split(/\n\n+/).filter((b) => b.startsWith('# ')).map((block) => {
    const bug = { from: [], to: [], by: [] };
    for (const line of block.split('\n')) {
      if (line.startsWith('# ')) bug.name = line.slice(2);
      else if (line.startsWith('in ')) bug.file = line.slice(3);
      else if (line.startsWith('by ')) bug.by = line.slice(3).split(' ');
      else if (line.startsWith('-')) bug.from.push(line.slice(1));
      else if (line.startsWith('+')) bug.to.push(line.slice(1));
      else if (line) throw new Error(`bugs: what is "${line}"?`);
    }
    return bug;
  });
}

// What to build, and the command whose failure means that the bug was noticed.
function test([kind, ...rest]) {
  if (kind === 'units')
    return { targets: rest.map((n) => `build/plain/unit/test_${n}`), command: rest.map((n) => `build/plain/unit/test_${n}`).join(' && ') };
  if (kind === 'plays') return { targets: ['build/plain/tools/talk/talk_main'], command: 'tests/talk/run' };
  if (kind === 'replies') return { targets: ['all'], command: 'tests/replies/run' };
  if (kind === 'kill') return { targets: ['all'], command: `node tests/fault/kill.mjs ${rest[0] ?? 40}` };
  if (kind === 'stop') return { targets: ['all'], command: 'node tests/fault/stop.mjs' };
  throw new Error(`bugs: no test called ${kind}`);
}

function copy() {
  mkdirSync(COPY, { recursive: true });
  for (const f of ['Makefile', 'responder', 'keywords', 'db', 'tests', 'scripts'])
    cpSync(ROOT + f, `${COPY}/${f}`, { recursive: true, preserveTimestamps: true, filter: (name) => !name.includes('node_modules') });
  for (const f of ['build/plain', 'build/gen', 'build/responder', 'responder/web/node_modules'])
    cpSync(ROOT + f, `${COPY}/${f}`, { recursive: true, preserveTimestamps: true });
}

const shell = (command, seconds) => spawnSync('timeout', [String(seconds), 'sh', '-c', command], { cwd: COPY, encoding: 'utf8' });

function plant(bug) {
  const path = `${COPY}/${bug.file}`;
  const good = readFileSync(path, 'utf8');
  const from = bug.from.join('\n');
  if (good.split(from).length !== 2) return `its lines stand in ${bug.file} ${good.split(from).length - 1} times`;
  writeFileSync(path, good.replace(from, () => bug.to.join('\n')));
  try {
    const { targets, command } = test(bug.by);
    const built = shell(`make -s -j2 WARN=-w ${targets.join(' ')}`, 300);
    if (built.status !== 0) return `it does not build: ${built.stderr.split('\n').slice(0, 3).join(' ')}`;
    return shell(command, 120).status === 0 ? `NOT NOTICED by ${bug.by.join(' ')}` : null;
  } finally {
    writeFileSync(path, good);
  }
}

// As many as wanted, another choice each day.
function choose(bugs) {
  if (what && !/^\d+$/.test(what)) return bugs.filter((b) => b.name.includes(what));
  const score = (b) => execFileSync('sha1sum', { input: seed + b.name, encoding: 'utf8' });
  return what ? bugs.map((b) => [score(b), b]).sort().slice(0, Number(what)).map(([, b]) => b) : bugs;
}

rmSync(COPY, { recursive: true, force: true });
copy();
let noticed = 0;
const chosen = choose(parse(readFileSync(new URL('bugs', import.meta.url), 'utf8')));
for (const bug of chosen) {
  const trouble = plant(bug);
  if (!trouble) noticed++;
  console.log(`[${trouble ? '  FAILED  ' : '       OK '}] ${bug.name}${trouble ? `: ${trouble}` : ''}`);
}
rmSync(COPY, { recursive: true, force: true });
console.log(`${noticed} ${chosen.length - noticed}`);
process.exit(noticed === chosen.length && noticed ? 0 : 1);
