import { needsThat } from './needs.ts';
import { inOwnSystem, isOwnSystemPossible } from './own-system.ts';
import { run } from './run.ts';

/** The least of all users, whom every host has. */
export const nobody = { id: 65534, name: 'nobody' } as const;

const asNobody = ['setpriv', `--reuid=${nobody.id}`, `--regid=${nobody.id}`, '--clear-groups'];

/** Runs a shell script as `nobody`, with these variables and no others. */
export function asUser(variables: Readonly<Record<string, string>>, script: string): string[] {
  const words = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  return [...asNobody, 'env', '-i', ...words, '/bin/sh', '-c', script];
}

const namespaces = ['--cgroup', '--pid', '--fork', '--kill-child', '--mount-proc'];
const ownGroups = 'mount -t cgroup2 none /sys/fs/cgroup';

/**
 * The same where a systemd of that user runs, as after a login, although the host may not have been booted with systemd;
 * with the script it ends. `directory` gets what is the host's `/run`.
 */
export function inUserManager(
  directory: string,
  variables: Readonly<Record<string, string>>,
  script: string,
): string[] {
  const runtime = `/run/user/${nobody.id}`;
  const group = `/sys/fs/cgroup/hpc-collector-test-${process.pid}`;
  // The first directory is what sd_booted(3) looks for; the manager needs a control group that is the user's.
  const asRoot = `
mkdir -p /run/systemd/system ${runtime}; chown ${nobody.id} ${runtime}
${ownGroups}; mkdir ${group}; chown -R ${nobody.id} ${group}
set +e; status=0; (echo 0 > ${group}/cgroup.procs; exec timeout 60 "$@") || status=$?
while [ -d ${group} ]; do find ${group} -depth -type d -exec rmdir {} ';' 2>/dev/null; sleep 0.02; done
exit $status`;
  const withManager = `
/usr/lib/systemd/systemd --user 2>/dev/null &
until systemctl --user list-units >/dev/null 2>&1; do sleep 0.02; done
( ${script} ); status=$?
systemctl --user exit; wait
exit $status`;
  const [unshare = '', ...rest] = inOwnSystem(directory, ['/run'], asRoot);
  const user = asUser({ ...variables, XDG_RUNTIME_DIR: runtime }, withManager);
  return [unshare, ...namespaces, ...rest, 'sh', ...user];
}

const isPossible =
  isOwnSystemPossible && run(['unshare', '--mount', ...namespaces, '/bin/sh', '-c', ownGroups]).exit === 0;

/** A test that does so. */
export const inOwnManager = needsThat(isPossible, 'root and the right to mount control groups');
