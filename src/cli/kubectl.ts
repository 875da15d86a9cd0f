import { run, type RunOptions } from '../base/exec.ts';
import { clientFiles } from './region-environment.ts';
import type { Context } from './context.ts';

/** kubectl against the local region's cluster, as `segw env` sets it up. */
export interface Kubectl {
  /** Returns standard output. Errors as `run`. */
  run(args: readonly string[], options?: Pick<RunOptions, 'input' | 'onLine' | 'signal'>): Promise<string>;
  /** `kubectl apply` of objects; the API server compares, so twice is once. */
  apply(...objects: readonly object[]): Promise<void>;
  /** The object that kubectl prints as JSON. */
  json(args: readonly string[]): Promise<unknown>;
}

export function createKubectl({ settings, signal }: Pick<Context, 'settings' | 'signal'>): Kubectl {
  const { bin, kubeconfig } = clientFiles(settings);
  const kubectl: Kubectl = {
    run: (args, options = {}) => run(`${bin}/kubectl`, ['--kubeconfig', kubeconfig, ...args], { signal, ...options }),
    async apply(...objects) {
      const list = { apiVersion: 'v1', kind: 'List', items: objects };
      await kubectl.run(['apply', '--filename', '-'], { input: JSON.stringify(list) });
    },
    json: async (args) => JSON.parse(await kubectl.run([...args, '--output', 'json'])) as unknown,
  };
  return kubectl;
}
