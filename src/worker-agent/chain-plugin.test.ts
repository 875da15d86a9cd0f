import assert from 'node:assert/strict';
import { test } from 'node:test';
import { desiredChain, isNamedByOthers } from './chain-plugin.ts';

const foreign = { name: '10-pods.conflist', text: '{"name":"pods","plugins":[{"type":"ptp"}]}' };
const damaged = { name: '10-pods.conflist', text: '{"name":"po' };

function own(text: string): { readonly name: string; readonly text: string } {
  return { name: '05-segw.conflist', text };
}

const first = desiredChain([foreign], true);
const chained = first.step.do === 'write' ? first.step.text : '';

test('the chain is written once, and again when the file of others changes', () => {
  assert.deepEqual(first.state, { isChained: true });
  assert.match(chained, /static-egress-gateway/);
  assert.deepEqual(desiredChain([foreign, own(chained)], true), { step: { do: 'nothing' }, state: { isChained: true } });
  assert.equal(desiredChain([{ ...foreign, text: foreign.text.replace('ptp', 'calico') }, own(chained)], true).step.do, 'write');
});

test('without a file of others, or when the feature goes, our file goes', () => {
  for (const [files, isWanted] of [
    [[own(chained)], true],
    [[foreign, own(chained)], false],
  ] as const) {
    const { step, state } = desiredChain(files, isWanted);
    assert.equal(step.do, 'remove');
    assert.equal(state.isChained, false);
  }
  assert.equal(desiredChain([foreign], false).step.do, 'nothing');
});

test('a damaged file of others changes nothing: the chain that works stays', () => {
  assert.deepEqual(desiredChain([damaged, own(chained)], true).step, { do: 'nothing' });
  assert.equal(desiredChain([damaged, own(chained)], true).state.isChained, true);
  assert.equal(desiredChain([damaged], true).state.isChained, false);
});

test('a file that sorts before ours would win, and is named', () => {
  const { step, state } = desiredChain([{ ...foreign, name: '00-multus.conf' }, own(chained)], true);
  assert.equal(step.do, 'remove');
  assert.match(state.problem ?? '', /00-multus\.conf sorts before/);
});

test('the plugin has to stay for a file of others that names it', () => {
  assert.equal(isNamedByOthers([foreign, own(chained)]), false);
  assert.equal(isNamedByOthers([foreign, { name: '00-multus.conf', text: chained }]), true);
});
