/** THE table of the commands: every native file of /bin comes from it. Programs are loaded when first run. */
import type { Program, ProgramTable } from '../../subsystems/unix/sys.ts';

type Module = Promise<{ default: Program }>;

/** One line per command, in alphabetical order; each file's default export is its Program. */
const MODULES: Readonly<Record<string, () => Module>> = {
  awk: () => import('./awk.ts'),
  basename: () => import('./basename.ts'),
  cat: () => import('./cat.ts'),
  chgrp: () => import('./chown.ts').then((m) => ({ default: m.chgrp })),
  chmod: () => import('./chmod.ts'),
  chown: () => import('./chown.ts').then((m) => ({ default: m.chown })),
  cp: () => import('./cp.ts'),
  cut: () => import('./cut.ts'),
  date: () => import('./date.ts'),
  dirname: () => import('./dirname.ts'),
  egrep: () => import('./egrep.ts'),
  env: () => import('./env.ts'),
  fgrep: () => import('./fgrep.ts'),
  find: () => import('./find.ts'),
  grep: () => import('./grep.ts'),
  head: () => import('./head.ts'),
  hostname: () => import('./hostname.ts'),
  id: () => import('./id.ts'),
  ln: () => import('./ln.ts'),
  ls: () => import('./ls.ts'),
  mkdir: () => import('./mkdir.ts'),
  mkfifo: () => import('./mkfifo.ts'),
  mktemp: () => import('./mktemp.ts'),
  mv: () => import('./mv.ts'),
  nproc: () => import('./nproc.ts'),
  readlink: () => import('./readlink.ts'),
  realpath: () => import('./realpath.ts'),
  rm: () => import('./rm.ts'),
  rmdir: () => import('./rmdir.ts'),
  sed: () => import('./sed.ts'),
  seq: () => import('./seq.ts'),
  sleep: () => import('./sleep.ts'),
  sort: () => import('./sort.ts'),
  stat: () => import('./stat.ts'),
  sync: () => import('./sync.ts'),
  tail: () => import('./tail.ts'),
  tee: () => import('./tee.ts'),
  touch: () => import('./touch.ts'),
  tr: () => import('./tr.ts'),
  truncate: () => import('./truncate.ts'),
  tty: () => import('./tty.ts'),
  uname: () => import('./uname.ts'),
  uniq: () => import('./uniq.ts'),
  wc: () => import('./wc.ts'),
  which: () => import('./which.ts'),
  whoami: () => import('./whoami.ts'),
  xargs: () => import('./xargs.ts'),
  yes: () => import('./yes.ts'),
};

/** Name → loader of the Program, for the boot description's /bin. */
export const commands: ProgramTable = new Map(
  Object.entries(MODULES).map(([name, load]) => [name, async () => (await load()).default]),
);
