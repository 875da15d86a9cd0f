import { SegwError } from '../../base/error.ts';
import type { Kubectl } from '../kubectl.ts';
import { type AddressSample, longestSilenceMs, parseSample, samplingScript } from './address-samples.ts';
import { annotatedPod, demoNamespace } from './demo-objects.ts';

const limitSeconds = 60;
/** Answers by the new address that end the watch: enough to see that it stays. */
const answersAfter = 20;

interface FailoverWatch {
  readonly addressAfter: string;
  readonly silenceMs: number;
}

/**
 * Lets the annotated pod ask for its address without pause, runs `breakGateway` once it has answers, and returns when it has answers by
 * another address. Throws `Timeout` when that does not come within a minute.
 */
export async function watchFailover(
  kubectl: Kubectl,
  addressBefore: string,
  breakGateway: () => Promise<void>,
): Promise<FailoverWatch> {
  const samples: AddressSample[] = [];
  const enough = new AbortController();
  let breaking: Promise<void> | undefined;
  const onLine = (line: string): void => {
    const sample = parseSample(line);
    if (!sample) return;
    samples.push(sample);
    if (breaking === undefined && samples.length > answersAfter) breaking = breakGateway();
    if (samples.filter(({ address }) => address !== undefined && address !== addressBefore).length >= answersAfter)
      enough.abort();
  };
  try {
    await kubectl.run(['exec', '--namespace', demoNamespace, annotatedPod, '--', 'sh', '-c', samplingScript(limitSeconds)], {
      onLine,
      signal: enough.signal,
    });
  } catch (error) {
    if (!enough.signal.aborted) throw error;
  }
  await breaking;
  const addressAfter = samples.find(({ address }) => address !== undefined && address !== addressBefore)?.address;
  if (addressAfter === undefined) {
    throw new SegwError(
      'Timeout',
      `the annotated pod got no other address within ${String(limitSeconds)} s after its gateway was powered off`,
      {
        remedy: 'Look at the gateways: kubectl get gws -n kube-egress-gateway-system; then run segw doctor.',
      },
    );
  }
  return { addressAfter, silenceMs: longestSilenceMs(samples) };
}
