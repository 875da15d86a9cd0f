import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { execa } from 'execa';
import { pollUntil } from '../../../src/base/poll.ts';
import { addressOfProcess } from '../../../src/cli/public-names/hosts.ts';
import { clientFiles, writeCaBundle } from '../../../src/cli/region-environment.ts';
import { parseSettings } from '../../../src/cli/settings.ts';
import { runCommandLine } from '../../support/command-line.ts';
import { startTestRegion, stopTestRegion } from '../../support/daemon.ts';
import { takeHostSnapshot } from '../../support/host-snapshot.ts';
import { cacheDir, repositoryDir } from '../../support/paths.ts';

/** A region without a cluster. */
let settings = parseSettings({});

before(async () => {
  const stateDir = await mkdtemp(join(tmpdir(), 'segw-exec-'));
  settings = parseSettings({ SEGW_STATE_DIR: stateDir, SEGW_CACHE_DIR: cacheDir });
  await startTestRegion(settings);
  await writeCaBundle(settings);
});

after(async () => {
  await stopTestRegion(settings);
});

function env(): Readonly<Record<string, string>> {
  return { SEGW_STATE_DIR: settings.stateDir, SEGW_CACHE_DIR: cacheDir, SEGW_PORT: '' };
}

/** `./segw exec -- COMMAND` */
function segwExec(...command: readonly string[]) {
  return execa(join(repositoryDir, 'segw'), ['exec', '--', ...command], { reject: false, env: env() });
}

/** What the host itself has at the places where a command sees other files. */
async function hostFiles(): Promise<readonly string[]> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').filter((mount) => / \/etc\//.test(mount));
  return [await readFile('/etc/hosts', 'utf8'), ...mounts];
}

for (const name of ['management.azure.com', 'login.microsoftonline.com', 'graph.microsoft.com']) {
  test(`${name} leads to the region, over a connection that is trusted`, async () => {
    const program = `
      const answer = await fetch('https://${name}/metadata/endpoints?api-version=2022-09-01');
      console.log(answer.status, (await answer.json()).resourceManager);`;
    const { stdout, stderr } = await segwExec(process.execPath, '--input-type=module', '--eval', program);
    assert.match(stdout, new RegExp(`^200 https://`), stderr);
  });
}

test('az signs in to the public cloud, as it comes, and the public cloud is the region', async () => {
  const { became } = await runCommandLine(['az'], { env: env() });
  const secretFile = join(settings.stateDir, 'region/client-secret');
  const script = `
    az() { '${became?.file ?? ''}' -m azure.cli "$@" --only-show-errors; }
    az login --service-principal -u "$AZURE_CLIENT_ID" -p '@${secretFile}' --tenant "$AZURE_TENANT_ID" --output none
    az group create --name public --location westus --output none
    az group list --query '[].name' --output tsv`;
  const { stdout, stderr } = await segwExec(
    'env',
    `AZURE_CONFIG_DIR=${settings.stateDir}/public-az`,
    'AZURE_CORE_COLLECT_TELEMETRY=no',
    'sh',
    '-c',
    script,
  );
  assert.equal(stdout, 'public', stderr);
});

test('the bundle of the system names the authority of the region as well', async () => {
  const { stdout, exitCode } = await segwExec('cmp', '/etc/ssl/certs/ca-certificates.crt', clientFiles(settings).caBundle);
  assert.equal(exitCode, 0, stdout);
});

test('streams and exit code are those of the command', async () => {
  const child = segwExec('sh', '-c', 'read line; echo "out $line"; echo err >&2; exit 7');
  child.stdin?.end('in\n');
  const { stdout, stderr, exitCode } = await child;
  assert.deepEqual({ stdout, stderr, exitCode }, { stdout: 'out in', stderr: 'err', exitCode: 7 });
});

/** Throws when the command ends without a word. */
async function firstOutput(child: ReturnType<typeof segwExec>): Promise<void> {
  const ended = child.then(({ stderr }) => assert.fail(`the command ended: ${stderr}`));
  await Promise.race([once(child.stdout, 'data'), ended]);
}

test('a signal reaches the command, which has no child that it did not start', async () => {
  const script = 'trap "echo caught; exit 3" TERM; echo "$(cat /proc/$$/task/$$/children)"; sleep 30 >/dev/null 2>&1 & wait';
  const child = segwExec('sh', '-c', script);
  await firstOutput(child);
  child.kill('SIGTERM');
  const { stdout, exitCode } = await child;
  assert.match(stdout, /^\d+ ?\ncaught$/);
  assert.equal(exitCode, 3);
});

test('the host sees nothing of it, and nothing is left when the command has ended', async () => {
  const before = await hostFiles();
  const child = segwExec('sh', '-c', 'echo up; read line');
  await firstOutput(child);
  const meanwhile = await hostFiles();
  child.stdin?.end('\n');
  await child;
  assert.deepEqual(meanwhile, before);
  assert.deepEqual(await hostFiles(), before);
  await pollUntil(
    'the relay ends',
    async (note) => {
      const relays = (await takeHostSnapshot([addressOfProcess(child.pid ?? 0)])).processes;
      note(relays.join());
      return relays.length === 0 ? true : undefined;
    },
    { timeoutMs: 10_000, intervalMs: 100 },
  );
});

test('variables that lead to the region by its own address are gone, credentials are there', async () => {
  const { stdout } = await segwExec('env');
  for (const name of ['AZURE_CLIENT_ID', 'AZURE_CLIENT_SECRET', 'AZURE_TENANT_ID', 'AZURE_SUBSCRIPTION_ID', 'KUBECONFIG'])
    assert.match(stdout, new RegExp(`^${name}=.`, 'm'));
  assert.doesNotMatch(stdout, /^(?:AZURE_AUTHORITY_HOST|SEGW_ARM_ENDPOINT)=/m);
});
