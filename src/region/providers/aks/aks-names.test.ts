import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { clusterDigits, clusterKey, defaultNodeResourceGroup, scaleSetName } from './aks-names.ts';

const clusterId = '/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/c1';

describe('names that AKS gives', () => {
  it('the eight digits belong to the cluster, however its id is spelled', () => {
    assert.match(clusterDigits(clusterId), /^\d{8}$/);
    assert.equal(clusterDigits(clusterId.toUpperCase()), clusterDigits(clusterId));
    assert.notEqual(clusterDigits(`${clusterId}2`), clusterDigits(clusterId));
  });

  it('a scale set is named after pool and cluster', () => {
    assert.equal(scaleSetName(clusterId, 'gwpool'), `aks-gwpool-${clusterDigits(clusterId)}-vmss`);
  });

  it('a node resource group has at most 80 characters and no period at its end', () => {
    assert.equal(defaultNodeResourceGroup('rg', 'c1', 'local'), 'MC_rg_c1_local');
    assert.equal(defaultNodeResourceGroup('g'.repeat(75), '..', 'local'), `MC_${'g'.repeat(75)}_`);
  });

  it('every allowed cluster name gives a key that a machine can bear', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9]([\w-]{0,61}[A-Za-z0-9])?$/), (name) => {
        assert.match(clusterKey(`${clusterId}/${name}`, name), /^[a-z0-9-]{1,30}$/);
      }),
    );
  });
});
