import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { movePods } from '../../src/dataplane/attachment.ts';
import { describeStep } from '../../src/dataplane/describe-step.ts';
import { desiredGateway } from '../../src/dataplane/desired-gateway.ts';
import { desiredWorker } from '../../src/dataplane/desired-worker.ts';
import { diff } from '../../src/dataplane/diff/diff.ts';
import { failover } from '../../src/dataplane/failover.ts';
import { emptyNamespace, type HostState } from '../../src/dataplane/host-state.ts';
import { applyStep } from '../../src/dataplane/memory/kernel.ts';
import { render } from '../../src/dataplane/render.ts';
import { staleFlows } from '../../src/dataplane/stale-flows.ts';
import type { Step } from '../../src/dataplane/step.ts';
import { gatewayInputs, workerInputs } from '../support/dataplane/scenario-inputs.ts';
import { changedLines, formatScenario, mergePatch, parseScenario, type Section } from '../support/dataplane/scenario.ts';

/**
 * Runs every `dataplane/*.scenario`. `== worker` or `== gateway` begins one; `== verdict`, `== pods` and `== edit` change its inputs
 * (a merge patch), by way of `failover`, `movePods` and `diff`. Expected of what came last: `== steps`, `== state` (all of the host),
 * `== objects` (all but chains), `== changes` (the lines of the state that differ).
 * To write down what is: `node test/scenarios/dataplane.test.ts --update`; then read the difference.
 */
const folder = join(import.meta.dirname, 'dataplane');
const isUpdate = process.argv.includes('--update');

const nothing: HostState = { namespaces: [emptyNamespace('host')] };

class Run {
  #side: 'worker' | 'gateway' = 'worker';
  #inputs: unknown;
  #before = nothing;
  #state = nothing;
  #steps: readonly Step[] = [];

  /** What the section should say. */
  perform({ name, text }: Section): string {
    if (name === 'worker' || name === 'gateway') this.#begin(name, parse(text));
    else if (name === 'verdict' || name === 'pods' || name === 'edit') this.#change(name, parse(text));
    else return `${this.#show(name)}\n`;
    return text;
  }

  #begin(side: 'worker' | 'gateway', inputs: unknown): void {
    this.#side = side;
    this.#inputs = inputs;
    this.#before = nothing;
    this.#take(nothing, diff(nothing, this.#desired(inputs)));
  }

  #change(how: 'verdict' | 'pods' | 'edit', patch: unknown): void {
    const inputs = mergePatch(this.#inputs, patch);
    this.#take(this.#state, this.#stepsTo(how, inputs));
    this.#inputs = inputs;
    assert.deepEqual(diff(this.#state, this.#desired(inputs)), []);
  }

  #stepsTo(how: 'verdict' | 'pods' | 'edit', inputs: unknown): Step[] {
    if (how === 'verdict') return failover(workerInputs(this.#inputs), workerInputs(inputs));
    if (how === 'pods') return movePods(workerInputs(this.#inputs), workerInputs(inputs));
    const desired = this.#desired(inputs);
    return [...diff(this.#state, desired), ...staleFlows(this.#state, desired)];
  }

  #desired(inputs: unknown): HostState {
    return this.#side === 'worker' ? desiredWorker(workerInputs(inputs)) : desiredGateway(gatewayInputs(inputs));
  }

  #take(before: HostState, steps: readonly Step[]): void {
    this.#before = before;
    this.#steps = steps;
    this.#state = steps.reduce(applyStep, before);
  }

  #show(name: string): string {
    if (name === 'steps') return this.#steps.length === 0 ? 'none' : this.#steps.map(describeStep).join('\n');
    if (name === 'state') return render(this.#state);
    if (name === 'objects') return render(withoutChains(this.#state));
    if (name === 'changes') return changedLines(render(this.#before), render(this.#state));
    throw new Error(`no section is called "${name}"`);
  }
}

function withoutChains({ namespaces }: HostState): HostState {
  return {
    namespaces: namespaces.map((space) => ({ ...space, tables: space.tables.map((table) => ({ ...table, chains: [] })) })),
  };
}

for (const file of readdirSync(folder).filter((name) => name.endsWith('.scenario'))) {
  const source = readFileSync(join(folder, file), 'utf8');
  const scenario = parseScenario(source);
  test(`${file}: ${scenario.title.split('\n')[0] ?? ''}`, () => {
    const run = new Run();
    const sections = scenario.sections.map((section) => ({ ...section, text: run.perform(section) }));
    const actual = formatScenario({ ...scenario, sections });
    if (isUpdate) writeFileSync(join(folder, file), actual);
    else assert.equal(actual, source);
  });
}
