import { createMemoryCloud } from '../../test/support/memory-cloud.ts';
import { testCloudProvider } from './cloud-provider.contract.ts';

testCloudProvider('in memory', async () => createMemoryCloud());
