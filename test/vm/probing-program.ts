import { randomBytes } from 'node:crypto';
import { defaultDetectorSettings, type DetectorSettings } from '../../src/tunnel-probe/detector.ts';
import { startProberLoop } from '../../src/tunnel-probe/prober-loop.ts';
import { startResponderLoop } from '../../src/tunnel-probe/responder-loop.ts';
import { patient } from '../support/patience.ts';

/** Two gateways on the loopback of this namespace, each of which could take over for the other. */
const gateways = [
  { number: 1, address: '127.0.0.1' },
  { number: 2, address: '127.0.0.2' },
] as const;
const worker = randomBytes(8).readBigUInt64BE();
const keys = { probe: randomBytes(32), reply: randomBytes(32) };
const { burstProbes, maxRestarts, maxAsks } = defaultDetectorSettings;
const settings: DetectorSettings = {
  interval: patient(defaultDetectorSettings.interval),
  firstMiss: patient(defaultDetectorSettings.firstMiss),
  burstInterval: patient(defaultDetectorSettings.burstInterval),
  lastMiss: patient(defaultDetectorSettings.lastMiss),
  late: patient(defaultDetectorSettings.late),
  lastGatewaySilence: patient(defaultDetectorSettings.lastGatewaySilence),
  returnHold: patient(defaultDetectorSettings.returnHold),
  refusedLimit: patient(defaultDetectorSettings.refusedLimit),
  refusedInterval: patient(defaultDetectorSettings.refusedInterval),
  burstProbes,
  maxRestarts,
  maxAsks,
};

/** Prints a line of JSON (`ProbingState` of the test) every tenth of a second, until it is killed. */
const verdicts: string[] = [];
let answered = 0;
let lost = 0;
const prober = startProberLoop({
  worker,
  settings,
  tunnelPackets: () => 0,
  onVerdict: (number, verdict) => verdicts.push(`${String(number)} ${verdict}`),
});
const targets = gateways.map(async ({ number, address }) => {
  const options = { keysOf: () => keys, answer: () => 'ready' as const, onError: () => undefined };
  const { port } = await startResponderLoop({ at: { address, port: 0 }, ...options });
  const unused = { device: '', tunnelAddress: '' };
  return { number, address, port, keys, alternatives: gateways.map((each) => each.number), ...unused };
});
prober.probe(await Promise.all(targets));
setInterval(() => {
  for (const { tally } of prober.report().gateways) {
    answered += tally.outcomes.answered;
    lost += tally.outcomes.lost;
  }
  process.stdout.write(`${JSON.stringify({ verdicts, answered, lost })}\n`);
}, 100);
