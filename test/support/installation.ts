import { join } from 'node:path';
import { parseSettings } from '../../src/cli/settings.ts';
import { regionEnvironment } from '../../src/cli/region-environment.ts';
import { run } from '../../src/base/exec.ts';
import { repositoryDir } from './paths.ts';

/** The installation that the level runs on: `segw test` gives it a state folder of its own. */
export const settings = parseSettings(process.env);

/** By these its mounts, cgroups and processes are known. */
export const installationMarks = [settings.stateDir, `segw-${settings.installation}`];

/** `./segw ARGS`; returns standard output. */
export async function segw(...args: readonly string[]): Promise<string> {
  return run(join(repositoryDir, 'segw'), args);
}

/** `kubectl ARGS` as a user who ran `eval "$(./segw env)"`. */
export async function kubectl(...args: readonly string[]): Promise<string> {
  return run('kubectl', args, { env: await regionEnvironment(settings, process.env['PATH'] ?? '') });
}

/** `kubectl apply` of a manifest. */
export async function applyManifest(manifest: string): Promise<void> {
  await run('kubectl', ['apply', '--filename', '-'], {
    input: manifest,
    env: await regionEnvironment(settings, process.env['PATH'] ?? ''),
  });
}

/** The object that kubectl shows as JSON. */
export async function kubectlJson(...args: readonly string[]): Promise<unknown> {
  return JSON.parse(await kubectl(...args, '--output', 'json'));
}
